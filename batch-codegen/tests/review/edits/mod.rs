//! A table of edits of our description, each with every change that it makes there and back: place,
//! what happened, both classes, and the Rust items.

mod answers;
mod enums;
mod models;
mod operations;
mod parameters;
mod properties;
mod whole;

use batch_codegen::review::diff::Side;
use serde_json::Value;

use super::items::hold;
use super::support::{base, compare, edited, lines};

#[derive(Clone)]
struct Edit {
    name: &'static str,
    apply: fn(&mut Value),
    /// From ours to the edited one.
    there: &'static [&'static str],
    /// From the edited one to ours.
    back: &'static [&'static str],
}

#[test]
fn edits_of_models_are_classed_both_ways() {
    hold_table(&[properties::PROPERTIES, models::MODELS, enums::ENUMS]);
}

#[test]
fn edits_of_operations_are_classed_both_ways() {
    hold_table(&[operations::OPERATIONS, parameters::PARAMETERS]);
    hold_table(&[answers::ANSWERS, whole::WHOLE]);
}

fn hold_table(tables: &[&[Edit]]) {
    let table = tables.concat();
    let mut wrong = Vec::new();
    for Edit {
        name,
        apply,
        there,
        back,
    } in &table
    {
        let other = edited(apply);
        let (to, from) = (compare(base(), &other), compare(&other, base()));
        for (way, expected, report) in [("there", there, &to), ("back", back, &from)] {
            let found = lines(report);
            if found != *expected {
                wrong.push(format!(
                    "{name}, {way}:\n  expected {expected:#?}\n  found {found:#?}"
                ));
            }
            let facts = found.iter().any(|line| !line.contains(": texts, "));
            assert_eq!(report.facts_differ(), facts, "{name}");
        }
        hold(&to, Side::Old);
        hold(&from, Side::New);
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        2 * table.len(),
        wrong.join("\n")
    );
    println!("{} edits, both ways", table.len());
}
