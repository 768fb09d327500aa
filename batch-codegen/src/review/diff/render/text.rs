//! The report for a terminal of 100 columns.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::wrapped;
use crate::review::diff::change::{Change, Class, Kind, Side};
use crate::review::diff::report::Report;

const WIDTH: usize = 100;
/// The column at which the description of a change begins.
const INDENT: usize = 30;

impl Report {
    /// Returns the report for a terminal of 100 columns, with ANSI colours by severity if wanted.
    pub fn text(&self, colour: bool) -> String {
        render(self, colour)
    }
}

fn render(report: &Report, colour: bool) -> String {
    let mut out = Painter {
        text: String::new(),
        colour,
    };
    if report.is_empty() {
        return format!("{}: no differences\n", report.title());
    }
    out.head(report);
    let mut subject = None;
    let facts = report.changes().iter();
    for change in facts.filter(|change| change.kind != Kind::Descriptions) {
        if subject != Some(&change.subject) {
            let name = change.subject.to_string();
            out.line(&format!("\n{}", out.bold(&name)));
            subject = Some(&change.subject);
        }
        out.change(change);
    }
    out.descriptions(report);
    out.text
}

struct Painter {
    text: String,
    colour: bool,
}

impl Painter {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self, report: &Report) {
        self.line(&self.bold(&report.title()));
        for (name, counts) in [
            ("wire", report.wire_counts()),
            ("Rust", report.rust_counts()),
        ] {
            self.line(&format!("  {name}   {}", Report::summary(&counts)));
        }
        self.line(&format!("  crates {}", report.versions()));
        if report.facts_differ() {
            self.line("\nColumns: class on the wire, class in the Rust API, change.");
        } else {
            self.line("\nOnly descriptions differ.");
        }
    }

    /// Lists the differing descriptions without quoting them.
    fn descriptions(&mut self, report: &Report) {
        let descriptions = report.descriptions();
        if !descriptions.is_empty() {
            self.line(&format!("\n{}", self.bold("descriptions")));
        }
        for (what, whose) in descriptions {
            for (index, line) in wrapped(&format!("{whose}: {what}"), WIDTH - 4)
                .iter()
                .enumerate()
            {
                let indent = if index == 0 { 2 } else { 4 };
                self.line(&format!("{:indent$}{line}", ""));
            }
        }
    }

    fn change(&mut self, change: &Change) {
        let mut words = String::new();
        if let Some(part) = &change.part {
            let _ = write!(words, "{part}: ");
        }
        words.push_str(&change.what);
        let classes = format!("  {} {} ", self.class(change.wire), self.class(change.rust));
        let lines = wrapped(&words, WIDTH - INDENT);
        let mut lines = lines.iter();
        let first = lines.next().map(AsRef::as_ref).unwrap_or_default();
        self.line(&format!("{classes}{first}"));
        for line in lines {
            self.line(&format!("{:INDENT$}{line}", ""));
        }
        for item in &change.items {
            let mark = match item.side {
                Side::Old => "-",
                Side::New => "+",
                Side::Both => "~",
            };
            // Long paths omit the crate's name, and the longest begin further left.
            let mut path = item.path.as_str();
            if INDENT + 2 + path.len() > WIDTH {
                path = path.strip_prefix("batch_client::").unwrap_or(path);
            }
            let indent = INDENT.min(WIDTH.saturating_sub(2 + path.len()));
            self.line(&format!("{:indent$}{mark} {path}", ""));
        }
    }

    /// Formats a class for its column, in its colour.
    fn class(&self, class: Option<Class>) -> String {
        let word = class.map_or("-", Class::as_str);
        let padded = format!("{word:13}");
        let style = match class {
            Some(Class::Breaking) => AnsiColor::Red.on_default(),
            Some(Class::Behaviour) => AnsiColor::Yellow.on_default(),
            Some(Class::Addition) => AnsiColor::Green.on_default(),
            _ => Style::new().dimmed(),
        };
        self.painted(&padded, style)
    }

    fn bold(&self, text: &str) -> String {
        self.painted(text, Style::new().bold())
    }

    fn painted(&self, text: &str, style: Style) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
