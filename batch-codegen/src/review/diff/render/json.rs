//! The report for machines. The docs of [`diff`](crate::review::diff) describe its format and
//! change with it.

use serde::Serialize;

use crate::review::diff::change::{Change, Class};
use crate::review::diff::report::{Counts, Described, Report};

/// Raised when a key is removed or changes its meaning.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    old: &'a Described,
    new: &'a Described,
    wire: Sum,
    rust: Sum,
    changes: &'a [Change],
}

#[derive(Serialize)]
struct Sum {
    worst: Option<Class>,
    breaking: usize,
    behaviour: usize,
    addition: usize,
    documentation: usize,
}

impl Sum {
    fn of(worst: Option<Class>, counts: &Counts) -> Self {
        // In the order of `Class::WORST_FIRST`.
        let [breaking, behaviour, addition, documentation] = counts.map(|(_, count)| count);
        Self {
            worst,
            breaking,
            behaviour,
            addition,
            documentation,
        }
    }
}

impl Report {
    /// Returns the report as JSON; [`diff`](crate::review::diff) describes the format.
    pub fn json(&self) -> String {
        render(self)
    }
}

fn render(report: &Report) -> String {
    let document = Document {
        format: FORMAT,
        old: &report.old,
        new: &report.new,
        wire: Sum::of(report.worst_wire(), &report.wire_counts()),
        rust: Sum::of(report.worst_rust(), &report.rust_counts()),
        changes: report.changes(),
    };
    let mut text = serde_json::to_string_pretty(&document)
        .expect("the report contains only strings, numbers and lists");
    text.push('\n');
    text
}
