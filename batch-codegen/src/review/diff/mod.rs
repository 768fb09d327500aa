//! What a new version of the description means: for those who talk to the service, and for those
//! who use the crates.
//!
//! Beside the way of data: two texts → [`swagger`](crate::swagger) (1, parse) and the
//! [API as the emitters see it], of both → `view` → `find` (what differs) → `rules` (how grave it
//! is) → [`Report`] → `render`: text, markdown, JSON or a changelog entry. Nothing here touches a
//! file: `cargo xtask diff` reads and prints.
//!
//! # What is compared
//!
//! The resolved descriptions: a shared parameter or response counts as if it stood where it is
//! used, and the order of keys never matters on the wire. Operations are matched by their ids,
//! models and enums by their names. What is left over on both sides is matched by likeness, one to
//! one: structure and name together give a confidence in percent, and below [`RENAMED`] percent it
//! is one thing gone and another come. Microsoft's sample calls are no part of the API, nor are
//! marks for other generators that ours does not act on (`x-ms-client-flatten`,
//! `x-ms-parameter-location`, `x-ms-parameter-grouping` and the like).
//!
//! # How grave it is
//!
//! Each change has two classes, worst last: documentation, addition, behaviour, breaking; or none
//! at all.
//!
//! **On the wire** it depends on who sends. A definition is sent where a request's body holds it,
//! received where an answer holds it, and a property that only the service sets (`readOnly`) is
//! never sent. The worse one counts.
//!
//! | change | sent | received |
//! | --- | --- | --- |
//! | allows less: required, lower maximum, new pattern or format, no longer nullable | breaking | addition: a firmer promise |
//! | allows more: optional, higher maximum, pattern or format gone, nullable | addition | behaviour: callers meet what they have not met |
//! | another type | breaking; `int32` → `int64` addition | breaking; `int64` → `int32` addition |
//! | another wire name | breaking | breaking |
//! | property gone | breaking | breaking |
//! | property new | breaking where required, else addition | addition |
//! | only the service sets it now, or no longer | breaking, or addition | documentation |
//! | enum value gone | breaking | behaviour: it is not answered any more |
//! | enum value new | addition | addition: enums are open |
//! | enum value in another case | behaviour | behaviour |
//! | another default | behaviour | behaviour |
//! | `modelAsString` | documentation | documentation |
//!
//! | change of an operation | class |
//! | --- | --- |
//! | gone; another path or verb; required parameter or body new; parameter, body, answer's body or header gone | breaking |
//! | parameter in another place or under another name (but in the path); media type gone | breaking |
//! | pages where it did not; another property holds the items or the next link | breaking |
//! | pages no more; a status code new or gone; deprecated, or no longer | behaviour |
//! | new; optional parameter or body new; answer's header, answer's body or media type new | addition |
//! | another operation that gets the next page (`operationName`) | documentation |
//!
//! Another version is behaviour (each call asks for it). Host, base path, schemes or security that
//! differ break. That a definition is there under a name is nothing that the wire knows: where it
//! is used, the use is classed.
//!
//! **For the Rust API** it is computed from the items that the emitters would write on both sides,
//! not from a rule for each case: a path that is gone or whose type or arguments differ breaks, a
//! new one is an addition. So a required property breaks where `new(…)` takes another argument
//! (models that are only received have none) or `Default` is lost, a wire name that
//! `x-ms-client-name` hides does not break at all, and the order of required properties, which the
//! wire does not know, breaks callers of `new(…)`. Bounds stand in the docs alone: documentation. A
//! default, another way on the wire under the same method, what Debug shows: behaviour.
//!
//! A change names the items that it touches. What follows from an item is not named again: with a
//! field its `with_…` setter and its name in `select`, with a model the conversions between models
//! that are read and written.
//!
//! # JSON
//!
//! [`Report::json`] is one object. Within one `format` nothing is taken away or gets another
//! meaning.
//!
//! | key | value |
//! | --- | --- |
//! | `format` | `1` |
//! | `old`, `new` | `{"title", "version"}` of the descriptions |
//! | `wire`, `rust` | `{"worst": class or null, "breaking": n, "behaviour": n, "addition": n, "documentation": n}` |
//! | `changes` | a list, in the order of the text report |
//! | `changes[].subject` | `{"kind": "description"}`, or `{"kind": "operation", "model" or "enum", "name": …}` |
//! | `changes[].part` | where in the subject (`property vmSize`), `null` for the subject itself |
//! | `changes[].kind` | `added`, `removed`, `renamed`, `changed` or `texts` |
//! | `changes[].what` | one sentence; names and values in backticks |
//! | `changes[].renamed` | `{"from", "to", "confidence", "how"}` for `renamed`, else `null` |
//! | `changes[].wire`, `changes[].rust` | `breaking`, `behaviour`, `addition`, `documentation`, or `null`: not touched |
//! | `changes[].items` | `{"path", "in"}`, a Rust item and whether it is in the `old`, the `new` or `both` |
//!
//! [API as the emitters see it]: crate::generate

mod change;
mod error;
mod facts;
mod find;
mod likeness;
mod render;
mod report;
mod rules;
mod view;

pub use change::{Change, Class, Item, Kind, Renaming, Side, Subject};
pub use error::Error;
pub use likeness::RENAMED;
pub use report::Report;

/// Compares two descriptions, given as the texts of their Swagger 2.0 files.
///
/// # Errors
///
/// A text that is no description of Batch, with the side and the place.
pub fn compare(old: &str, new: &str) -> Result<Report, Error> {
    let old = view::View::read(old).map_err(|cause| Error::new(Side::Old, cause))?;
    let new = view::View::read(new).map_err(|cause| Error::new(Side::New, cause))?;
    Ok(find::find(&old, &new))
}
