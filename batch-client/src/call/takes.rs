//! Which operations take a parameter: a trait for each parameter that several operations share.
//!
//! The page of a trait lists its operations; [`Call`](crate::Call) has the setters.

use super::Operation;

/// Operations that take `$select`.
#[diagnostic::on_unimplemented(message = "`{Self}` takes no `$select`")]
pub trait Select: Operation {
    /// Model whose properties are selected.
    type Item;
}

/// Operations that take `$filter`.
#[diagnostic::on_unimplemented(message = "`{Self}` takes no `$filter`")]
pub trait Filter: Operation {
    /// Model of the filtered items.
    type Item;
}

/// Operations that take `$expand`.
#[diagnostic::on_unimplemented(message = "`{Self}` takes no `$expand`")]
pub trait Expand: Operation {}

/// Operations that take `maxresults`.
#[diagnostic::on_unimplemented(message = "`{Self}` takes no `maxresults`")]
pub trait MaxResults: Operation {}

/// Operations that take the header `If-Match`.
#[diagnostic::on_unimplemented(message = "`{Self}` takes no `If-Match`")]
pub trait IfMatch: Operation {}

/// Operations that take the header `If-None-Match`.
#[diagnostic::on_unimplemented(message = "`{Self}` takes no `If-None-Match`")]
pub trait IfNoneMatch: Operation {}

/// Operations that take the header `If-Modified-Since`.
#[diagnostic::on_unimplemented(message = "`{Self}` takes no `If-Modified-Since`")]
pub trait IfModifiedSince: Operation {}

/// Operations that take the header `If-Unmodified-Since`.
#[diagnostic::on_unimplemented(message = "`{Self}` takes no `If-Unmodified-Since`")]
pub trait IfUnmodifiedSince: Operation {}

/// Operations that add a resource and can accept an existing one.
#[diagnostic::on_unimplemented(message = "`{Self}` does not add a resource that can be read")]
pub trait IfAbsent: Operation {}

/// Operations that delete a resource and can accept that there is none.
#[diagnostic::on_unimplemented(message = "`{Self}` does not delete")]
pub trait IfPresent: Operation {}
