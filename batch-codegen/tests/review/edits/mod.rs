//! A table of edits of our description, each with every change in both directions: place, kind,
//! both classes, and Rust items.

mod enums;
mod models;
mod operations;
mod parameters;
mod properties;
mod responses;
mod whole;

use batch_codegen::review::diff::Side;
use serde_json::Value;

use super::items::check_items;
use super::support::{base, compare, edited, lines};

#[derive(Clone)]
struct Edit {
    name: &'static str,
    apply: fn(&mut Value),
    /// The changes from ours to the edited description.
    forward: &'static [&'static str],
    /// The changes from the edited description to ours.
    backward: &'static [&'static str],
}

#[test]
fn edits_of_models_are_classified_in_both_directions() {
    check_table(&[properties::PROPERTIES, models::MODELS, enums::ENUMS]);
}

#[test]
fn edits_of_operations_are_classified_in_both_directions() {
    check_table(&[operations::OPERATIONS, parameters::PARAMETERS]);
    check_table(&[responses::RESPONSES, whole::WHOLE]);
}

fn check_table(tables: &[&[Edit]]) {
    let table = tables.concat();
    let mut wrong = Vec::new();
    for Edit {
        name,
        apply,
        forward,
        backward,
    } in &table
    {
        let other = edited(apply);
        let (to, from) = (compare(base(), &other), compare(&other, base()));
        for (direction, expected, report) in
            [("forward", forward, &to), ("backward", backward, &from)]
        {
            let found = lines(report);
            if found != *expected {
                wrong.push(format!(
                    "{name}, {direction}:\n  expected {expected:#?}\n  found {found:#?}"
                ));
            }
            let facts = found.iter().any(|line| !line.contains(": descriptions, "));
            assert_eq!(report.facts_differ(), facts, "{name}");
        }
        check_items(&to, Side::Old);
        check_items(&from, Side::New);
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        2 * table.len(),
        wrong.join("\n")
    );
    println!("{} edits, in both directions", table.len());
}
