//! Typed `$select` and `$expand`, which choose the properties that the service returns.
//!
//! ```
//! use batch_client::select;
//!
//! let wanted = select::pool().id().state().vm_size();
//! assert_eq!(wanted.to_string(), "id,state,vmSize");
//! ```
//!
//! ```no_run
//! # use batch_client::{Expand, select};
//! # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
//! let pool = client.pool().get("render").select(select::pool().id().state().vm_size()).await?;
//! println!("{:?} of {:?}", pool.state, pool.vm_size);
//! let job = client.job().get("nightly").expand(Expand::Stats).await?;
//! println!("{:?}", job.stats);
//! # Ok(())
//! # }
//! ```
//!
//! A selection belongs to its kind of item. Only whole properties can be selected, because the
//! service documents no way to select a part of one.
//!
//! ```compile_fail,E0277
//! # use batch_client::select;
//! # fn example(client: batch_client::Client) {
//! client.pool().list().select(select::job().id());
//! # }
//! ```
//!
//! ```compile_fail,E0599
//! batch_client::select::job().vm_size();
//! ```
//!
//! Plain strings work too, without checks: `.select("id,state")`.

use std::fmt;
use std::marker::PhantomData;

pub use crate::generated::selections::*;

/// Names of properties of `T`, each once; see the [module](self).
///
/// An empty selection selects all properties, like a call without a selection.
#[must_use = "a selection does nothing until it is passed to a call"]
pub struct Selection<T> {
    names: Vec<&'static str>,
    item: PhantomData<fn() -> T>,
}

impl<T> Selection<T> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            names: Vec::new(),
            item: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn with(mut self, name: &'static str) -> Self {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
        self
    }
}

impl<T> Clone for Selection<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self {
            names: self.names.clone(),
            item: PhantomData,
        }
    }
}

/// Prints the names as they are sent.
impl<T> fmt::Display for Selection<T> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join(","))
    }
}

impl<T> fmt::Debug for Selection<T> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Selection").field(&self.names).finish()
    }
}

/// Argument of `select` for `T`: a [`Selection`] of `T`, or a string of names separated by commas.
#[diagnostic::on_unimplemented(
    message = "`{Self}` selects no properties of `{T}`",
    label = "neither a `Selection<{T}>` nor a string",
    note = "a selection works only for the kind of items that it was created for"
)]
pub trait IntoSelection<T> {
    /// Returns the names as they are sent.
    fn into_selection(self) -> String;
}

// Not for all `Into<String>`: the compiler would then ask for a wrong selection to be a string.
macro_rules! strings {
    ($($string:ty),*) => {$(
        impl<T> IntoSelection<T> for $string {
            #[inline]
            fn into_selection(self) -> String {
                self.into()
            }
        }
    )*};
}

strings!(&str, String, &String, Box<str>, std::borrow::Cow<'_, str>);

impl<T> IntoSelection<T> for Selection<T> {
    #[inline]
    fn into_selection(self) -> String {
        self.to_string()
    }
}

impl<T> IntoSelection<T> for &Selection<T> {
    #[inline]
    fn into_selection(self) -> String {
        self.to_string()
    }
}

/// Related data that the service returns only on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expand {
    /// Statistics, in the property `stats`. A selection in the same call has to include `stats`.
    Stats,
}

impl Expand {
    /// The name on the wire.
    #[inline]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stats => "stats",
        }
    }
}

impl fmt::Display for Expand {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Expand> for String {
    #[inline]
    fn from(expand: Expand) -> Self {
        expand.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use crate::select;

    #[test]
    fn names_stand_once_in_the_order_of_the_calls() {
        let selection = select::task().state().id().state().etag();
        assert_eq!(selection.to_string(), "state,id,eTag");
        assert_eq!(
            format!("{:?}", selection.clone()),
            r#"Selection(["state", "id", "eTag"])"#
        );
        assert_eq!(select::pool().to_string(), "");
    }
}
