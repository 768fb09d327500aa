//! `$filter` from typed names: which items a listing gives.
//!
//! A module for each kind of item holds the properties that the service filters it by, and nothing else. A
//! property has the comparisons that the service documents for it, with values of its own type; what comes out is
//! a [`Filter`], to be combined with others and given to the listing:
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
//! A filter belongs to its listing: one for jobs does not compile in a listing of pools, nor does a comparison that
//! the service does not know for a property.
//!
//! ```compile_fail,E0277
//! # use batch_client::filter;
//! # fn example(client: batch_client::Client) {
//! client.pool().list().filter(filter::job::id().eq("nightly"));
//! # }
//! ```
//!
//! ```compile_fail,E0599
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
//! Texts still do, unchecked and unquoted: `.filter("state eq 'completed'")`. How the service compares: texts without
//! regard to case, dates to the tick of 100 ns; a property that an item does not have is only unequal to every value.

use chrono::{DateTime, Utc};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

pub use crate::generated::filters::*;

/// A condition on the items `T` of a listing; the [module](self) shows how one is made.
///
/// It shows itself as it goes to the service. `a & b`, `a | b` and `!a` are [`and`](Self::and), [`or`](Self::or) and
/// [`not`](Self::not). Several of a kind are joined by [`Iterator::reduce`]:
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
#[must_use = "a filter does nothing until a listing is given it"]
pub struct Filter<T> {
    text: String,
    shape: Shape,
    items: PhantomData<fn() -> T>,
}

/// What stands outermost in a text, which decides where it needs parentheses.
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
    fn new(text: String, shape: Shape) -> Self {
        Self {
            text,
            shape,
            items: PhantomData,
        }
    }

    /// A filter from text, for what the service takes beyond what it documents. Nothing in it is checked or quoted.
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
    pub fn raw(text: impl Into<String>) -> Self {
        // What stands in it is not known, so it gets parentheses everywhere.
        Self::new(text.into(), Shape::Or)
    }

    /// The text as it goes to the service.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Items that meet both conditions.
    pub fn and(self, other: Self) -> Self {
        let text = format!("{} and {}", self.in_and(), other.in_and());
        Self::new(text, Shape::And)
    }

    /// Items that meet one of the conditions or both.
    pub fn or(self, other: Self) -> Self {
        Self::new([self.text, other.text].join(" or "), Shape::Or)
    }

    /// Items that do not meet the condition, those without the property among them.
    #[allow(
        clippy::should_implement_trait,
        reason = "the trait is implemented, too; callers need not import it"
    )]
    pub fn not(self) -> Self {
        let text = match self.shape {
            Shape::Function => format!("not {}", self.text),
            _ => format!("not ({})", self.text),
        };
        Self::new(text, Shape::Test)
    }

    fn in_and(self) -> String {
        match self.shape {
            Shape::Or => format!("({})", self.text),
            _ => self.text,
        }
    }
}

impl<T> BitAnd for Filter<T> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.and(other)
    }
}

impl<T> BitOr for Filter<T> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl<T> Not for Filter<T> {
    type Output = Self;

    fn not(self) -> Self {
        Filter::not(self)
    }
}

// Written out, since derived ones would ask the same of the items.
impl<T> Clone for Filter<T> {
    fn clone(&self) -> Self {
        Self::new(self.text.clone(), self.shape)
    }
}

impl<T> fmt::Display for Filter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T> fmt::Debug for Filter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

/// A property of the items `T`, of the type `V`, that the service compares by the `Operators`.
///
/// The functions of this [module](self)'s modules give them. The comparisons of texts have no regard to case.
pub struct Property<T, V, Operators> {
    path: &'static str,
    marker: Marker<T, V, Operators>,
}

/// Types that a value is of without holding any.
type Marker<T, V, O> = PhantomData<fn() -> (T, V, O)>;

impl<T, V, O> Property<T, V, O> {
    pub(crate) const fn new(path: &'static str) -> Self {
        Self {
            path,
            marker: PhantomData,
        }
    }

    /// The way to the property, as it stands on the wire: `executionInfo/exitCode`.
    pub fn path(&self) -> &'static str {
        self.path
    }
}

impl<T, V: Value, O> Property<T, V, O> {
    fn compared(self, operator: &str, value: impl Into<V>) -> Filter<T> {
        let text = format!("{} {operator} {}", self.path, value.into().literal());
        Filter::new(text, Shape::Test)
    }

    /// Equal to the value.
    pub fn eq(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Equal,
    {
        self.compared("eq", value)
    }

    /// Not equal to the value, or absent.
    pub fn ne(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::NotEqual,
    {
        self.compared("ne", value)
    }

    /// Less than the value, or earlier.
    pub fn lt(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Ordered,
    {
        self.compared("lt", value)
    }

    /// Less than the value or equal to it.
    pub fn le(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Ordered,
    {
        self.compared("le", value)
    }

    /// Greater than the value, or later.
    pub fn gt(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Ordered,
    {
        self.compared("gt", value)
    }

    /// Greater than the value or equal to it.
    pub fn ge(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Ordered,
    {
        self.compared("ge", value)
    }
}

impl<T, O: operators::Prefix> Property<T, String, O> {
    /// Begins with the text; everything begins with an empty one.
    pub fn starts_with(self, prefix: impl AsRef<str>) -> Filter<T> {
        let text = format!("startswith({},{})", self.path, quoted(prefix.as_ref()));
        Filter::new(text, Shape::Function)
    }
}

impl<T, V, O> Clone for Property<T, V, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, V, O> Copy for Property<T, V, O> {}

impl<T, V, O> fmt::Debug for Property<T, V, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Property").field(&self.path).finish()
    }
}

/// What comparisons a [`Property`] has. The types say which operators the service documents together.
pub mod operators {
    /// `eq`.
    pub trait Equal {}
    /// `ne`.
    pub trait NotEqual {}
    /// `gt`, `ge`, `lt`, `le`.
    pub trait Ordered {}
    /// `startswith`.
    pub trait Prefix {}

    pub use crate::generated::filters::sets::*;
}

/// A type of values that can stand in a filter: texts, whole numbers, booleans, dates and the enums of the API.
pub trait Value: sealed::Value {}

impl<V: sealed::Value> Value for V {}

pub(crate) mod sealed {
    /// How a value is written in a filter.
    pub trait Value {
        fn literal(&self) -> String;
    }
}

impl sealed::Value for String {
    fn literal(&self) -> String {
        quoted(self)
    }
}

impl sealed::Value for bool {
    fn literal(&self) -> String {
        self.to_string()
    }
}

impl sealed::Value for i32 {
    fn literal(&self) -> String {
        self.to_string()
    }
}

impl sealed::Value for i64 {
    fn literal(&self) -> String {
        self.to_string()
    }
}

impl sealed::Value for DateTime<Utc> {
    fn literal(&self) -> String {
        format!("DateTime'{}'", crate::wire::timestamp::to_text(self))
    }
}

/// A text of the language of filters: in single quotes, those inside doubled.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What a listing of `T` can be filtered by: a [`Filter`] of `T`, or a text in the service's language.
#[diagnostic::on_unimplemented(
    message = "a listing of `{T}` cannot be filtered by `{Self}`",
    label = "neither a `Filter<{T}>` nor a text",
    note = "a filter belongs to the kind of items that it is made for"
)]
pub trait IntoFilter<T> {
    /// The text as it goes to the service.
    fn into_filter(self) -> String;
}

impl<T, S: Into<String>> IntoFilter<T> for S {
    fn into_filter(self) -> String {
        self.into()
    }
}

impl<T> IntoFilter<T> for Filter<T> {
    fn into_filter(self) -> String {
        self.text
    }
}

impl<T> IntoFilter<T> for &Filter<T> {
    fn into_filter(self) -> String {
        self.text.clone()
    }
}

#[cfg(test)]
mod tests;
