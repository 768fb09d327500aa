//! Typed `$filter` expressions, which restrict the items of a listing.
//!
//! Each kind of item has a module with the properties that the service can filter by. A property
//! has the comparisons that the service documents for it, with values of its type. They return a
//! [`Filter`], which can be combined with others and passed to the listing:
//!
//! ```
//! use batch_client::filter;
//! use batch_client::models::JobState;
//!
//! let nightly = filter::job::id().starts_with("nightly-");
//! let open = filter::job::state().ne(JobState::Completed);
//! assert_eq!(
//!     nightly.and(open).to_string(),
//!     "startswith(id,'nightly-') and state ne 'completed'"
//! );
//! ```
//!
//! ```no_run
//! # use batch_client::filter;
//! # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
//! let failed = filter::task::execution_info::exit_code().ne(0);
//! let mut tasks = client.task().list("nightly").filter(failed).stream();
//! while let Some(task) = tasks.try_next().await? {
//!     println!("{:?}", task.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A filter belongs to its listing: one for jobs does not compile in a listing of pools, and
//! neither does a comparison that the service does not support for a property.
//!
//! ```compile_fail,E0277
//! # use batch_client::filter;
//! # fn example(client: batch_client::Client) {
//! client.pool().list().filter(filter::job::id().eq("nightly"));
//! # }
//! ```
//!
//! ```compile_fail,E0277
//! # use batch_client::{filter, models::JobState};
//! filter::job::state().lt(JobState::Active);
//! ```
//!
//! ```compile_fail,E0277
//! # use batch_client::filter;
//! filter::task::execution_info::exit_code().eq("0");
//! ```
//!
//! ```compile_fail,E0308
//! # use batch_client::filter;
//! filter::job::id().eq("a").and(filter::pool::id().eq("a"));
//! ```
//!
//! Plain strings work too, without checks or quoting: `.filter("state eq 'completed'")`. The
//! service compares strings without regard to case and dates to 100 ns; a property that an item
//! lacks is unequal to every value and meets no other comparison.

mod property;

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

pub use crate::generated::filters::*;
pub use property::{Property, Value};
pub(crate) use property::{quoted, sealed};

/// Condition on the items `T` of a listing; see the [module](self).
///
/// Display prints the expression as it is sent. `a & b`, `a | b` and `!a` are [`and`](Self::and),
/// [`or`](Self::or) and [`not`](Self::not). [`Iterator::reduce`] joins several filters:
///
/// ```
/// use batch_client::{Filter, filter};
///
/// let wanted = ["it's", "plain"].map(|id| filter::pool::id().eq(id));
/// let any = wanted.into_iter().reduce(Filter::or).expect("two of them");
/// assert_eq!(any.to_string(), "id eq 'it''s' or id eq 'plain'");
///
/// let large = any & !filter::pool::vm_size().eq("standard_a1");
/// assert_eq!(
///     large.to_string(),
///     "(id eq 'it''s' or id eq 'plain') and not (vmSize eq 'standard_a1')"
/// );
/// ```
#[must_use = "a filter does nothing until it is passed to a listing"]
pub struct Filter<T> {
    text: String,
    shape: Shape,
    items: PhantomData<fn() -> T>,
}

/// Outermost operator of an expression, which decides where it needs parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Alternatives; `and` and `not` bind closer.
    Or,
    /// Conditions joined by `and`.
    And,
    /// A comparison or a negation: `not` binds closer than `eq`.
    Test,
    /// A function, which ends by itself.
    Function,
}

impl<T> Filter<T> {
    #[inline]
    fn new(text: String, shape: Shape) -> Self {
        Self {
            text,
            shape,
            items: PhantomData,
        }
    }

    /// Creates a filter from a string, for undocumented expressions. It is neither checked nor
    /// quoted.
    ///
    /// ```
    /// use batch_client::Filter;
    /// use batch_client::models::{CloudTask, TaskState};
    ///
    /// let started = Filter::<CloudTask>::raw("executionInfo/startTime ne null");
    /// let open = batch_client::filter::task::state().ne(TaskState::Completed);
    /// assert_eq!(
    ///     open.and(started).to_string(),
    ///     "state ne 'completed' and (executionInfo/startTime ne null)"
    /// );
    /// ```
    #[inline]
    pub fn raw(text: impl Into<String>) -> Self {
        // Its operators are unknown, so it always gets parentheses.
        Self::new(text.into(), Shape::Or)
    }

    /// The expression as it is sent.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Matches items that meet both conditions.
    #[inline]
    pub fn and(self, other: Self) -> Self {
        let text = format!("{} and {}", self.in_and(), other.in_and());
        Self::new(text, Shape::And)
    }

    /// Matches items that meet at least one of the conditions.
    #[inline]
    pub fn or(self, other: Self) -> Self {
        Self::new([self.text, other.text].join(" or "), Shape::Or)
    }

    /// Matches items that do not meet the condition, including those without the property.
    #[allow(
        clippy::should_implement_trait,
        reason = "the trait is implemented, too; callers need not import it"
    )]
    #[inline]
    pub fn not(self) -> Self {
        let text = match self.shape {
            Shape::Function => format!("not {}", self.text),
            _ => format!("not ({})", self.text),
        };
        Self::new(text, Shape::Test)
    }

    #[inline]
    fn in_and(self) -> String {
        match self.shape {
            Shape::Or => format!("({})", self.text),
            _ => self.text,
        }
    }
}

impl<T> BitAnd for Filter<T> {
    type Output = Self;

    #[inline]
    fn bitand(self, other: Self) -> Self {
        self.and(other)
    }
}

impl<T> BitOr for Filter<T> {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl<T> Not for Filter<T> {
    type Output = Self;

    #[inline]
    fn not(self) -> Self {
        Filter::not(self)
    }
}

// Not derived, because a derived implementation would require it of the items too.
impl<T> Clone for Filter<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self::new(self.text.clone(), self.shape)
    }
}

impl<T> fmt::Display for Filter<T> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T> fmt::Debug for Filter<T> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

/// Comparisons of a [`Property`]. Each type is a set of operators that the service documents
/// together.
pub mod operators {
    /// `eq`.
    #[diagnostic::on_unimplemented(
        message = "the service does not document `eq` for this property",
        label = "the property has other comparisons"
    )]
    pub trait Equal {}
    /// `ne`.
    #[diagnostic::on_unimplemented(
        message = "the service does not document `ne` for this property",
        label = "the property has other comparisons"
    )]
    pub trait NotEqual {}
    /// `gt`, `ge`, `lt`, `le`.
    #[diagnostic::on_unimplemented(
        message = "the service does not document `gt`, `ge`, `lt` and `le` for this property",
        label = "the property has other comparisons"
    )]
    pub trait Ordered {}
    /// `startswith`.
    #[diagnostic::on_unimplemented(
        message = "the service does not document `startswith` for this property",
        label = "the property has other comparisons"
    )]
    pub trait Prefix {}

    pub use crate::generated::filters::sets::*;
}

/// Argument of `filter` in a listing of `T`: a [`Filter`] of `T`, or a string.
#[diagnostic::on_unimplemented(
    message = "a listing of `{T}` cannot be filtered by `{Self}`",
    label = "neither a `Filter<{T}>` nor a string",
    note = "a filter works only for the kind of items that it was created for"
)]
pub trait IntoFilter<T> {
    /// Returns the expression as it is sent.
    fn into_filter(self) -> String;
}

// Not for all `Into<String>`: the compiler would then ask for a wrong filter to be a string.
macro_rules! strings {
    ($($string:ty),*) => {$(
        impl<T> IntoFilter<T> for $string {
            #[inline]
            fn into_filter(self) -> String {
                self.into()
            }
        }
    )*};
}

strings!(&str, String, &String, Box<str>, std::borrow::Cow<'_, str>);

impl<T> IntoFilter<T> for Filter<T> {
    #[inline]
    fn into_filter(self) -> String {
        self.text
    }
}

impl<T> IntoFilter<T> for &Filter<T> {
    #[inline]
    fn into_filter(self) -> String {
        self.text.clone()
    }
}

#[cfg(test)]
mod tests;
