//! `$select` and `$expand` from typed names: which properties of an item the service gives.
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
//! A selection belongs to its kind of item; only whole properties can be selected, as the service
//! documents no way to ask for a part of one.
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
//! Texts still do, unchecked: `.select("id,state")`.

use std::fmt;
use std::marker::PhantomData;

pub use crate::generated::selections::*;

/// Names of properties of `T`, each once; the [module](self) shows how one is made.
///
/// One without names asks for everything, as a call without a selection does.
#[must_use = "a selection does nothing until a call is given it"]
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

/// As it goes to the service.
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

/// What can be selected of `T`: a [`Selection`] of `T`, or a text with names separated by commas.
#[diagnostic::on_unimplemented(
    message = "`{Self}` selects no properties of `{T}`",
    label = "neither a `Selection<{T}>` nor a text",
    note = "a selection belongs to the kind of items that it is made for"
)]
pub trait IntoSelection<T> {
    /// The text as it goes to the service.
    fn into_selection(self) -> String;
}

// Not for all that is `Into<String>`: the compiler would then ask a wrong selection to be a text.
macro_rules! texts {
    ($($text:ty),*) => {$(
        impl<T> IntoSelection<T> for $text {
            #[inline]
            fn into_selection(self) -> String {
                self.into()
            }
        }
    )*};
}

texts!(&str, String, &String, Box<str>, std::borrow::Cow<'_, str>);

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

/// Related data that the service gives only where it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expand {
    /// Statistics, in the property `stats`. A selection beside it has to name `stats`, too.
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
