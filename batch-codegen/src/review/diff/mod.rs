//! Comparison of two versions of the description: what the newer one means for callers of the
//! service and for users of the crates.
//!
//! Two files → [`swagger`](crate::swagger) (parse) and the [API as the emitters see it], for both →
//! `view` → `find` (the differences) → `rules` (their severity) → [`Report`] → `render`: text,
//! markdown, JSON or a changelog entry. Nothing here accesses files: `cargo xtask diff` reads and
//! prints.
//!
//! # What is compared
//!
//! The resolved descriptions: a shared parameter or response counts as if it were written where it
//! is used, and the order of keys never matters on the wire. Operations are matched by their ids,
//! models and enums by their names. The items left over on both sides are matched by similarity,
//! one to one: structure and name together give a confidence in percent, and below [`RENAMED`]
//! percent the pair counts as one item removed and another added. Microsoft's sample calls are not
//! part of the API, nor are annotations for other generators that ours ignores
//! (`x-ms-client-flatten`, `x-ms-parameter-location`, `x-ms-parameter-grouping` and the like).
//!
//! # Severity
//!
//! Each change has two classes, worst last: documentation, addition, behaviour, breaking; or none
//! at all.
//!
//! **On the wire** the class depends on who sends the value. A definition is sent if a request body
//! contains it, received if a response contains it, and a property that only the service sets
//! (`readOnly`) is never sent. The worse class counts.
//!
//! | change | sent | received |
//! | --- | --- | --- |
//! | narrower: required, lower maximum, new pattern or format, no longer nullable | breaking | addition: a stronger guarantee |
//! | wider: optional, higher maximum, pattern or format removed, nullable | addition | behaviour: callers see values that they did not see before |
//! | different type | breaking; `int32` → `int64` addition | breaking; `int64` → `int32` addition |
//! | different wire name | breaking | breaking |
//! | property removed | breaking | breaking |
//! | property added | breaking if required, otherwise addition | addition |
//! | now set only by the service, or no longer | breaking, or addition | documentation |
//! | enum value removed | breaking | behaviour: it is no longer returned |
//! | enum value added | addition | addition: enums are open |
//! | enum value in different case | behaviour | behaviour |
//! | number written as text, or no longer | behaviour | behaviour |
//! | different default | behaviour | behaviour |
//! | `modelAsString` | documentation | documentation |
//!
//! | change of an operation | class |
//! | --- | --- |
//! | removed; different path or verb; required parameter or body added; parameter, body, response body or header removed | breaking |
//! | parameter in another place or under another name (except in the path); media type removed | breaking |
//! | body described as the whole resource, or no longer | breaking |
//! | name in a query in different case | behaviour |
//! | now paged; another property holds the items or the next link | breaking |
//! | no longer paged; status code added or removed; deprecated, or no longer | behaviour |
//! | added; optional parameter or body added; response header, response body or media type added | addition |
//! | different operation for the next page (`operationName`) | documentation |
//!
//! A change that all operations have, such as one of a parameter that they share, is one change of
//! the description, with their number.
//!
//! A different version is behaviour, because each call sends it. A different host, base path,
//! scheme or security scheme is breaking. The mere existence of a definition is invisible on the
//! wire: the class comes from its uses.
//!
//! **For the Rust API** the class is computed from the items that the emitters would write on both
//! sides, not from a rule for each case: a path that is removed or whose type or arguments differ
//! is breaking, a new one is an addition. So a required property is breaking if it changes the
//! arguments of `new(…)` (models that are only received have none) or removes `Default`; a wire
//! name hidden by `x-ms-client-name` is not breaking at all; and the order of required properties,
//! invisible on the wire, breaks callers of `new(…)`. Bounds appear only in the docs:
//! documentation. A default, a different wire format under the same method, and the output of Debug
//! are behaviour.
//!
//! A change names the items that it affects, without those that follow from them: a field implies
//! its `with_…` setter and its name in `select`, a model implies the conversions between models
//! that are read and written.
//!
//! # JSON
//!
//! [`Report::json`] is one object. Within one `format` no key is removed or changes its meaning.
//!
//! | key | value |
//! | --- | --- |
//! | `format` | `1` |
//! | `old`, `new` | `{"title", "version"}` of the descriptions |
//! | `wire`, `rust` | `{"worst": class or null, "breaking": n, "behaviour": n, "addition": n, "documentation": n}` |
//! | `changes` | a list, in the order of the text report |
//! | `changes[].subject` | `{"kind": "description"}`, or `{"kind": "operation", "model" or "enum", "name": …}` |
//! | `changes[].part` | the place in the subject (`property vmSize`), `null` for the subject itself |
//! | `changes[].kind` | `added`, `removed`, `renamed`, `changed`, or `texts`: only descriptions differ |
//! | `changes[].what` | one sentence; names and values in backticks |
//! | `changes[].renamed` | `{"from", "to", "confidence", "how"}` for `renamed`, otherwise `null` |
//! | `changes[].wire`, `changes[].rust` | `breaking`, `behaviour`, `addition`, `documentation`, or `null`: not affected |
//! | `changes[].items` | `{"path", "in"}`, a Rust item and the side that has it: `old`, `new` or `both` |
//!
//! [API as the emitters see it]: crate::generate

mod change;
mod error;
mod facts;
mod find;
mod render;
mod report;
mod rules;
mod similarity;
mod view;

pub use change::{Change, Class, Item, Kind, Renaming, Side, Subject};
pub use error::Error;
pub use report::Report;
pub use similarity::RENAMED;

use crate::described::{self, Shaped};
use crate::dialect::Names;

/// Compares two descriptions, given as the content of their Swagger 2.0 files, in either dialect.
/// The names of a TypeSpec file are translated by a table, and for the rest by the other file if
/// that is in our dialect.
///
/// # Errors
///
/// Returns an error with the side and the place if a text is not a description of Batch.
pub fn compare(old: &str, new: &str, names: &Names) -> Result<Report, Error> {
    let in_old = |cause| Error::new(Side::Old, cause);
    let in_new = |cause| Error::new(Side::New, cause);
    let before = described::read_other(old).map_err(in_old)?;
    let after = described::read_other(new).map_err(in_new)?;
    let (left, right) = (before.json().clone(), after.json().clone());
    let ours = |other: &'_ Shaped<'_>, json| (!other.is_typespec()).then_some(json);
    let (of_old, of_new) = (ours(&after, &right), ours(&before, &left));
    let old = before.named(names, of_old).map_err(in_old)?;
    let new = after.named(names, of_new).map_err(in_new)?;
    let old = view::View::of(old.swagger).map_err(in_old)?;
    let new = view::View::of(new.swagger).map_err(in_new)?;
    Ok(find::find(&old, &new))
}
