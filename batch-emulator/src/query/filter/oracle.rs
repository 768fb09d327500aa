//! Property test: filters printed from a tree select the same items as an independent evaluation of
//! the tree.

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::json;

use super::Filter;
use crate::request::Object;
use crate::version::Version;

/// A task, as plain values.
#[derive(Debug, Clone)]
struct Task {
    id: String,
    state: &'static str,
    /// In seconds.
    created: i64,
    exit_code: Option<i32>,
}

impl Task {
    fn object(&self) -> Object {
        let created = DateTime::from_timestamp(self.created, 0).expect("a date");
        let mut task = Object::new();
        task.insert("id".into(), self.id.clone().into());
        task.insert("state".into(), self.state.into());
        task.insert("creationTime".into(), created.to_rfc3339().into());
        if let Some(code) = self.exit_code {
            task.insert("executionInfo".into(), json!({"exitCode": code}));
        }
        task
    }
}

/// A filter as a tree.
#[derive(Debug, Clone)]
enum Tree {
    Id(usize, String),
    Prefix(String),
    State(bool, &'static str),
    Created(usize, i64),
    ExitCode(usize, i32),
    NoExitCode(bool),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
}

const COMPARISONS: [&str; 6] = ["eq", "ne", "gt", "ge", "lt", "le"];

fn compare<T: PartialOrd>(comparison: usize, found: &T, wanted: &T) -> bool {
    match COMPARISONS[comparison] {
        "eq" => found == wanted,
        "ne" => found != wanted,
        "gt" => found > wanted,
        "ge" => found >= wanted,
        "lt" => found < wanted,
        _ => found <= wanted,
    }
}

impl Tree {
    fn holds(&self, task: &Task) -> bool {
        match self {
            Self::Id(comparison, id) => {
                compare(*comparison, &task.id.to_lowercase(), &id.to_lowercase())
            }
            Self::Prefix(prefix) => task.id.to_lowercase().starts_with(&prefix.to_lowercase()),
            Self::State(equal, state) => (task.state == *state) == *equal,
            Self::Created(comparison, seconds) => compare(*comparison, &task.created, seconds),
            Self::ExitCode(comparison, wanted) => match task.exit_code {
                Some(code) => compare(*comparison, &code, wanted),
                None => COMPARISONS[*comparison] == "ne",
            },
            Self::NoExitCode(none) => task.exit_code.is_none() == *none,
            Self::Not(tree) => !tree.holds(task),
            Self::And(one, other) => one.holds(task) && other.holds(task),
            Self::Or(one, other) => one.holds(task) || other.holds(task),
        }
    }

    /// Prints with only the parentheses that precedence requires, to test precedence.
    fn print(&self) -> String {
        let quote = |text: &str| format!("'{}'", text.replace('\'', "''"));
        match self {
            Self::Id(comparison, id) => format!("id {} {}", COMPARISONS[*comparison], quote(id)),
            Self::Prefix(prefix) => format!("startswith(id,{})", quote(prefix)),
            Self::State(equal, state) => {
                format!("state {} '{state}'", if *equal { "eq" } else { "ne" })
            }
            Self::Created(comparison, seconds) => {
                let date = DateTime::from_timestamp(*seconds, 0)
                    .expect("a date")
                    .format("%FT%TZ");
                format!("creationTime {} DateTime'{date}'", COMPARISONS[*comparison])
            }
            Self::ExitCode(comparison, code) => {
                format!("executionInfo/exitCode {} {code}", COMPARISONS[*comparison])
            }
            Self::NoExitCode(none) => format!(
                "executionInfo/exitCode {} null",
                if *none { "eq" } else { "ne" }
            ),
            Self::Not(tree) => match **tree {
                Self::Prefix(_) | Self::Not(_) => format!("not {}", tree.print()),
                _ => format!("not ({})", tree.print()),
            },
            Self::And(one, other) => format!("{} and {}", one.print_in_and(), other.print_in_and()),
            Self::Or(one, other) => format!("{} or {}", one.print(), other.print()),
        }
    }

    fn print_in_and(&self) -> String {
        match self {
            Self::Or(..) => format!("({})", self.print()),
            _ => self.print(),
        }
    }
}

const STATES: [&str; 4] = ["active", "preparing", "running", "completed"];

fn tasks() -> impl Strategy<Value = Vec<Task>> {
    let state = proptest::sample::select(&STATES[..]);
    let task = (
        "[abAB'-]{0,3}",
        state,
        0_i64..4,
        proptest::option::of(-2..3_i32),
    );
    let task = task.prop_map(|(id, state, created, exit_code)| Task {
        id,
        state,
        created,
        exit_code,
    });
    proptest::collection::vec(task, 1..8)
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        (0..6_usize, "[abAB'-]{0,3}").prop_map(|(comparison, id)| Tree::Id(comparison, id)),
        "[abAB'-]{0,2}".prop_map(Tree::Prefix),
        (any::<bool>(), proptest::sample::select(&STATES[..]))
            .prop_map(|(equal, state)| Tree::State(equal, state)),
        (0..6_usize, 0_i64..4).prop_map(|(comparison, seconds)| Tree::Created(comparison, seconds)),
        (0..6_usize, -2..3_i32).prop_map(|(comparison, code)| Tree::ExitCode(comparison, code)),
        any::<bool>().prop_map(Tree::NoExitCode),
    ];
    leaf.prop_recursive(5, 40, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|tree| Tree::Not(Box::new(tree))),
            pair.clone()
                .prop_map(|(one, other)| Tree::And(Box::new(one), Box::new(other))),
            pair.prop_map(|(one, other)| Tree::Or(Box::new(one), Box::new(other))),
        ]
    })
}

proptest! {
    #[test]
    fn a_printed_tree_selects_what_the_tree_selects(tree in trees(), tasks in tasks()) {
        let text = tree.print();
        let model = crate::table::model("CloudTask").expect("a definition");
        let filter = Filter::parse(&text, model, Version::default()).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
        for task in &tasks {
            prop_assert_eq!(filter.matches(&task.object()), tree.holds(task), "{} on {:?}", text, task);
        }
    }
}
