//! Prints the times of each row, by the hand-written code and by the client: a line of JSON for
//! each, with all runs.

use batch_bench::arguments::{Arguments, Side};
use batch_bench::row::{Kind, Pair, Row, Work};
use batch_bench::{clock, rows};
use serde_json::{Value, json};

fn main() -> Result<(), lexopt::Error> {
    let arguments = Arguments::read(lexopt::Parser::from_env())?;
    rows::each(&arguments, |row| println!("{}", measured(row, &arguments)));
    Ok(())
}

fn measured(row: Row, arguments: &Arguments) -> Value {
    let (unit, hand, ours) = match row.kind {
        Kind::Work(mut pair) => {
            match arguments.side {
                Some(Side::Hand) => pair.ours = Box::new(|| ()),
                Some(Side::Ours) => pair.hand = Box::new(|| ()),
                None => {}
            }
            let (hand, ours) = taking_turns(&mut pair, arguments.runs);
            ("s", hand, ours)
        }
        Kind::Size { hand, ours } => ("bytes", vec![bytes(hand)], vec![bytes(ours)]),
        Kind::Share(mut share) => ("share", vec![1.0], vec![share()]),
    };
    json!({
        "row": row.name, "what": row.what, "unit": unit, "hand": hand, "ours": ours,
        "targets": row.targets,
    })
}

fn bytes(size: usize) -> f64 {
    f64::from(u32::try_from(size).expect("the size of a type is small"))
}

/// Measures the seconds of each run. The two versions alternate, and so does which one is first, so
/// that other load on the machine affects both.
fn taking_turns(pair: &mut Pair, runs: usize) -> (Vec<f64>, Vec<f64>) {
    let Pair { hand, ours, .. } = pair;
    // Warm-up, for connections, caches and lazy initialization.
    hand();
    ours();
    let (mut by_hand, mut by_us) = (Vec::new(), Vec::new());
    for run in 0..runs.clamp(1, pair.most_runs) {
        if run % 2 == 0 {
            by_hand.push(seconds(hand, pair.repeats));
            by_us.push(seconds(ours, pair.repeats));
        } else {
            by_us.push(seconds(ours, pair.repeats));
            by_hand.push(seconds(hand, pair.repeats));
        }
    }
    (by_hand, by_us)
}

fn seconds(work: &mut Work, repeats: u32) -> f64 {
    let start = clock::cpu();
    for _ in 0..repeats {
        work();
    }
    clock::cpu().saturating_sub(start).as_secs_f64() / f64::from(repeats)
}
