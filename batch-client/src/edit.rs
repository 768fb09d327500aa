//! Changing existing resources: read one, change it, and write it back unless somebody else has
//! changed it meanwhile.
//!
//! The models that are read (`CloudPool`) and written (`PoolPatchParameter`,
//! `PoolUpdatePropertiesParameter`, `PoolAddParameter`) differ. A conversion takes the properties
//! that can be written from a model that was read; [`if_unchanged`] makes the call conditional on
//! the version that was read:
//!
//! ```no_run
//! use batch_client::models::{MetadataItem, PoolPatchParameter};
//! use batch_client::{Client, Error};
//!
//! async fn mark(client: &Client, id: &str) -> Result<(), Error> {
//!     loop {
//!         let pool = client.pool().get(id).await?;
//!         let mut patch = PoolPatchParameter::try_from(&pool)?;
//!         patch.metadata.get_or_insert_default().push(MetadataItem::new("owner", "render"));
//!         match client.pool().patch(id, patch).if_unchanged(&pool).await {
//!             // Somebody changed the pool in the meantime: start from the new version.
//!             Err(error) if error.is_precondition_failed() => {}
//!             result => return result.map(drop),
//!         }
//!     }
//! }
//! ```
//!
//! | read | changed by `patch` | replaced by `update` | cloned by `add` |
//! | --- | --- | --- | --- |
//! | `CloudPool` | `PoolPatchParameter` | `PoolUpdatePropertiesParameter` | `PoolAddParameter` |
//! | `CloudJob` | `JobPatchParameter` | `JobUpdateParameter` | `JobAddParameter` |
//! | `CloudJobSchedule` | `JobSchedulePatchParameter` | `JobScheduleUpdateParameter` | `JobScheduleAddParameter` |
//! | `CloudTask` | | `TaskUpdateParameter` | `TaskAddParameter` |
//!
//! All conversions take a reference to the model or to the [`Response`] with it. A patch leaves
//! properties that it does not name as they are: in it, `None` means "unchanged" and an empty list
//! means "none". An update and a clone replace everything, so they cannot be made from a model that
//! was read with a narrow `$select`. Nor can a part whose required password or key the service does
//! not return: the [`Error`] names it, and after setting it on the model that was read, the
//! conversion works. A clone needs its own id.
//!
//! Every change can be conditional except `update_properties` of a pool; use `patch` there.
//!
//! [`if_unchanged`]: crate::Call::if_unchanged

use crate::error::Error;
use crate::response::Response;

/// A response or resource whose version is known by its `ETag`.
///
/// Operations with `if_match` take one in `if_unchanged`.
pub trait Versioned {
    /// Returns the `ETag`; `None` if the service did not return it, as in a listing whose selection
    /// excludes it.
    fn etag(&self) -> Option<&str>;
}

impl<T> Versioned for Response<T> {
    #[inline]
    fn etag(&self) -> Option<&str> {
        Response::etag(self)
    }
}

/// Returns the value for `if_match`. Without an `ETag` it is empty, which the transport refuses: a
/// call that should be conditional must not be sent without a condition.
#[inline]
pub(crate) fn version<V: Versioned + ?Sized>(seen: &V) -> String {
    seen.etag().unwrap_or_default().to_owned()
}

/// The reason why a model that was read cannot be written.
#[derive(Debug)]
pub(crate) struct Gap {
    path: String,
    why: Why,
}

#[derive(Debug, Clone, Copy)]
enum Why {
    Absent,
    Secret,
}

impl Gap {
    /// A property that every complete response has, or that the request needs.
    #[inline]
    pub(crate) fn absent(name: &str) -> Self {
        Self {
            path: name.to_owned(),
            why: Why::Absent,
        }
    }

    /// A property that the service accepts and never returns.
    #[inline]
    pub(crate) fn secret(name: &str) -> Self {
        Self {
            path: name.to_owned(),
            why: Why::Secret,
        }
    }

    #[inline]
    pub(crate) fn inside(mut self, name: &str) -> Self {
        self.path = format!("{name}/{}", self.path);
        self
    }

    #[inline]
    pub(crate) fn error(self, read: &str, write: &str) -> Error {
        let path = self.path;
        let why = match self.why {
            Why::Absent => "is missing; read the resource again without `$select`",
            Why::Secret => "is secret, so the service does not return it; set it before converting",
        };
        Error::invalid_request(format!("cannot convert {read} to {write}: `{path}` {why}"))
    }
}

/// Checks that the service returned a property.
#[inline]
pub(crate) fn present<T>(value: Option<&T>, name: &str) -> Result<(), Gap> {
    value.map(drop).ok_or_else(|| Gap::absent(name))
}
