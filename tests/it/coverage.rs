//! Promise: every operation of the description has a method, documentation and a wire test.

use std::collections::BTreeSet;

use batch_tests::description::{DESCRIPTION, workspace};

use crate::calls::{OPERATIONS, report};
use crate::wire;

#[test]
fn every_operation_can_be_called() {
    let described: BTreeSet<&str> = DESCRIPTION.operations.iter().map(|o| &*o.id).collect();
    let callable: BTreeSet<&str> = OPERATIONS.into_iter().collect();
    assert_eq!(
        described.len(),
        76,
        "the Batch API 2024-02-01.19.0 has 76 operations"
    );
    let missing: Vec<&&str> = described.difference(&callable).collect();
    assert_eq!(missing, [&""; 0]);
    // Later versions add two; `versions.rs` calls them.
    let later: Vec<&str> = callable.difference(&described).copied().collect();
    assert_eq!(later, ["ComputeNode_Deallocate", "ComputeNode_Start"]);
}

#[test]
fn every_operation_has_a_wire_test() {
    let described: BTreeSet<&str> = DESCRIPTION.operations.iter().map(|o| &*o.id).collect();
    for kind in wire::Kind::ALL {
        let tested: BTreeSet<&str> = wire::cases(kind).map(|case| &*case.operation.id).collect();
        assert_eq!(tested, described, "{kind:?}");
    }
}

#[test]
fn every_operation_has_a_documented_method() {
    let folder = workspace().join("batch-client/src/generated/operations");
    let mut problems = Vec::new();
    for operation in &DESCRIPTION.operations {
        let (group, name) = operation.id.split_once('_').expect("an id of two halves");
        let file = folder.join(format!("{}.rs", snake_case(group)));
        let source = std::fs::read_to_string(&file).unwrap_or_default();
        let method = format!("    pub fn {}(&self", snake_case(name));
        match doc_of(&source, &method) {
            Ok(doc) => problems.extend(
                defect(&doc, &operation.id).map(|why| format!("{}: the doc {why}", operation.id)),
            ),
            Err(why) => problems.push(format!("{}: {why} in {}", operation.id, file.display())),
        }
    }
    report(&problems);
}

/// Defect of a doc comment, if any.
fn defect(doc: &[&str], id: &str) -> Option<String> {
    let text = doc.join("\n");
    let first = doc.first().copied().unwrap_or_default();
    if !first.ends_with('.') || first.split(' ').count() < 2 {
        return Some(format!("does not begin with a sentence: {first:?}"));
    }
    for part in [
        &format!("`{id}`"),
        "](https://learn.microsoft.com/rest/api/batchservice/",
    ] {
        if !text.contains(part) {
            return Some(format!("does not contain {part}"));
        }
    }
    None
}

/// The lines of the doc comment above a method of the group.
fn doc_of<'a>(source: &'a str, method: &str) -> Result<Vec<&'a str>, String> {
    // Builders further down sometimes have methods with the same names.
    let group = source
        .split("\nimpl Operations {")
        .nth(1)
        .ok_or("no methods found")?;
    let group = group.split("\n}\n").next().unwrap_or_default();
    // A method with parameters may span several lines.
    let method = method.trim_end_matches("&self");
    let (above, _) = group
        .split_once(method)
        .ok_or_else(|| format!("no {method} found"))?;
    let lines = above
        .lines()
        .rev()
        .skip_while(|line| !line.trim().starts_with("///"));
    let mut doc: Vec<&str> = lines
        .map_while(|line| line.trim().strip_prefix("///"))
        .map(str::trim)
        .collect();
    doc.reverse();
    Ok(doc)
}

/// `ComputeNode` → `compute_node`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (place, letter) in name.char_indices() {
        if letter.is_uppercase() && place > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
