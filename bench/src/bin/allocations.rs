//! Prints the allocations of each row, by the hand-written code and by the client: a line of JSON
//! for each.

use allocation_counter::measure;
use batch_bench::arguments::Arguments;
use batch_bench::row::{Kind, Row, Work};
use batch_bench::rows;
use serde_json::{Value, json};

fn main() -> Result<(), lexopt::Error> {
    let arguments = Arguments::read(lexopt::Parser::from_env())?;
    rows::each(&arguments, |row| {
        if let Some(line) = counted(row) {
            println!("{line}");
        }
    });
    Ok(())
}

fn counted(row: Row) -> Option<Value> {
    let Kind::Work(mut pair) = row.kind else {
        return None;
    };
    let side = |work: &mut Work| {
        // Warm-up, for allocations made only once.
        work();
        let counts = measure(work);
        let allocations = u32::try_from(counts.count_total).map(f64::from);
        let allocations = allocations.unwrap_or(f64::INFINITY) / f64::from(pair.parts);
        json!({"allocations": allocations, "peak": counts.bytes_max})
    };
    let (hand, ours) = (side(&mut pair.hand), side(&mut pair.ours));
    Some(json!({"row": row.name, "part": pair.part, "hand": hand, "ours": ours}))
}
