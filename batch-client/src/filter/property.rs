//! Properties of filters, and the literals of their values.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};

use super::{Filter, Shape, operators};

/// Property of the items `T` with values of type `V`, which the service compares by the
/// `Operators`.
///
/// The functions in the modules of [`filter`](crate::filter) return them. Comparisons of strings
/// ignore case.
pub struct Property<T, V, Operators> {
    path: &'static str,
    marker: Marker<T, V, Operators>,
}

/// Marks types without storing their values.
type Marker<T, V, O> = PhantomData<fn() -> (T, V, O)>;

impl<T, V, O> Property<T, V, O> {
    #[inline]
    pub(crate) const fn new(path: &'static str) -> Self {
        Self {
            path,
            marker: PhantomData,
        }
    }

    /// The path of the property on the wire, such as `executionInfo/exitCode`.
    #[inline]
    pub fn path(&self) -> &'static str {
        self.path
    }
}

impl<T, V: Value, O> Property<T, V, O> {
    #[inline]
    fn compared(self, operator: &str, value: impl Into<V>) -> Filter<T> {
        let text = format!("{} {operator} {}", self.path, value.into().literal());
        Filter::new(text, Shape::Test)
    }

    /// Matches if the property is equal to the value.
    #[inline]
    pub fn eq(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Equal,
    {
        self.compared("eq", value)
    }

    /// Matches if the property is not equal to the value, or absent.
    #[inline]
    pub fn ne(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::NotEqual,
    {
        self.compared("ne", value)
    }

    /// Matches if the property is less than the value, or earlier.
    #[inline]
    pub fn lt(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Ordered,
    {
        self.compared("lt", value)
    }

    /// Matches if the property is less than or equal to the value.
    #[inline]
    pub fn le(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Ordered,
    {
        self.compared("le", value)
    }

    /// Matches if the property is greater than the value, or later.
    #[inline]
    pub fn gt(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Ordered,
    {
        self.compared("gt", value)
    }

    /// Matches if the property is greater than or equal to the value.
    #[inline]
    pub fn ge(self, value: impl Into<V>) -> Filter<T>
    where
        O: operators::Ordered,
    {
        self.compared("ge", value)
    }
}

impl<T, O: operators::Prefix> Property<T, String, O> {
    /// Matches if the property starts with the prefix; an empty prefix matches every value.
    #[inline]
    pub fn starts_with(self, prefix: impl AsRef<str>) -> Filter<T> {
        let text = format!("startswith({},{})", self.path, quoted(prefix.as_ref()));
        Filter::new(text, Shape::Function)
    }
}

impl<T, V, O> Clone for Property<T, V, O> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, V, O> Copy for Property<T, V, O> {}

impl<T, V, O> fmt::Debug for Property<T, V, O> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Property").field(&self.path).finish()
    }
}

/// Type of the values in filters: strings, integers, booleans, dates and the enums of the API.
pub trait Value: sealed::Value {}

impl<V: sealed::Value> Value for V {}

pub(crate) mod sealed {
    /// Writes a value as a literal of a filter.
    pub trait Value {
        fn literal(&self) -> String;
    }
}

impl sealed::Value for String {
    #[inline]
    fn literal(&self) -> String {
        quoted(self)
    }
}

impl sealed::Value for bool {
    #[inline]
    fn literal(&self) -> String {
        self.to_string()
    }
}

impl sealed::Value for i32 {
    #[inline]
    fn literal(&self) -> String {
        self.to_string()
    }
}

impl sealed::Value for i64 {
    #[inline]
    fn literal(&self) -> String {
        self.to_string()
    }
}

impl sealed::Value for DateTime<Utc> {
    #[inline]
    fn literal(&self) -> String {
        format!("DateTime'{}'", crate::wire::timestamp::to_text(self))
    }
}

/// Returns a string literal: in single quotes, with those inside doubled.
#[inline]
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
