//! The rows, in the order in which data flows: values, requests, calls, listings, bulk adds.

mod adds;
mod calls;
mod lists;
mod sign;
mod throttled;
mod wire;

use crate::arguments::Arguments;
use crate::row::Row;

/// Creates a row, which owns everything it has prepared. The argument is true for a smoke test.
type Make = fn(bool) -> Row;

const ROWS: [(&str, Make); 8] = [
    ("decode", wire::decode),
    ("encode", wire::encode),
    ("size-task", wire::size_of_task),
    ("sign", sign::sign),
    ("call", calls::one),
    ("list-stream", lists::stream),
    ("list-pages", lists::pages),
    ("add", adds::add),
];

/// Rows that only `--scale` includes, because they take longer.
const SCALE: [(&str, Make); 6] = [
    ("scale-add", adds::million),
    ("scale-list", lists::million),
    ("scale-one-client", calls::many_of_one_client),
    ("scale-64-clients", calls::many_clients),
    ("throttled-burst", throttled::burst),
    ("throttled-strict", throttled::strict),
];

/// Creates the selected rows one after the other, and passes each to the callback.
///
/// # Panics
///
/// Panics if a server cannot start.
pub fn each(arguments: &Arguments, mut take: impl FnMut(Row)) {
    let scale = arguments.scale.then_some(SCALE).into_iter().flatten();
    for (name, make) in ROWS.into_iter().chain(scale) {
        if name.contains(&arguments.rows) {
            eprintln!("measuring {name}");
            let row = make(arguments.tiny);
            assert_eq!(row.name, name);
            take(row);
        }
    }
}
