//! Decoding and encoding a page of tasks, and the size of a task.

use std::hint::black_box;

use batch_client::models::{CloudTask, CloudTaskListResult};
use serde_json::Value;

use crate::row::{Kind, Pair, Row, Targets};
use crate::{page, plain};

const TASKS: u32 = 1000;

pub(super) fn decode(tiny: bool) -> Row {
    let page = page::json();
    let same = page.clone();
    Row {
        name: "decode",
        what: "decode a page of 1,000 tasks | plain structs".to_owned(),
        kind: Kind::Work(pair(
            tiny,
            Box::new(move || {
                let page: plain::Page = serde_json::from_str(black_box(&page)).expect("tasks");
                assert_eq!(page.tasks.len(), page::TASKS);
            }),
            Box::new(move || {
                let page: CloudTaskListResult =
                    serde_json::from_str(black_box(&same)).expect("tasks");
                assert_eq!(page.value.map(|tasks| tasks.len()), Some(page::TASKS));
            }),
        )),
        targets: Targets {
            ratio: Some(0.80),
            ..Targets::default()
        },
    }
}

pub(super) fn encode(tiny: bool) -> Row {
    let page = page::json();
    let models: CloudTaskListResult = serde_json::from_str(&page).expect("tasks");
    let models = models.value.expect("a value");
    let mut value: Value = serde_json::from_str(&page).expect("JSON");
    let value = value["value"].take();
    // Both sides have to do the same work, into a buffer that is large enough.
    assert!(serde_json::to_value(&models).expect("JSON") == value);
    let mut buffer = Vec::with_capacity(2 * page.len());
    let mut other = Vec::with_capacity(2 * page.len());
    Row {
        name: "encode",
        what: "encode its tasks | serde_json::Value".to_owned(),
        kind: Kind::Work(pair(
            tiny,
            Box::new(move || {
                buffer.clear();
                serde_json::to_writer(&mut buffer, black_box(&value)).expect("JSON");
                black_box(&buffer);
            }),
            Box::new(move || {
                other.clear();
                serde_json::to_writer(&mut other, black_box(&models)).expect("JSON");
                black_box(&other);
            }),
        )),
        targets: Targets {
            ratio: Some(1.0),
            allocations: Some(1.0),
            ..Targets::default()
        },
    }
}

fn pair(tiny: bool, hand: Box<dyn FnMut()>, ours: Box<dyn FnMut()>) -> Pair {
    Pair {
        most_runs: usize::MAX,
        repeats: if tiny { 1 } else { 20 },
        parts: TASKS,
        part: "task",
        hand,
        ours,
    }
}

pub(super) fn size_of_task(_: bool) -> Row {
    Row {
        name: "size-task",
        what: "size of CloudTask | plain struct".to_owned(),
        kind: Kind::Size {
            hand: size_of::<plain::Task>(),
            ours: size_of::<CloudTask>(),
        },
        targets: Targets {
            size: Some(700.0),
            ..Targets::default()
        },
    }
}
