//! Changing what is there: read it, change it, write it back unless somebody else was faster.
//!
//! What is read (`CloudPool`) and what is written (`PoolPatchParameter`,
//! `PoolUpdatePropertiesParameter`, `PoolAddParameter`) are different models. The part that can be
//! written is taken over by a conversion, which leaves behind what only the service sets;
//! [`if_unchanged`] holds the call to the version that was read:
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
//!             // Somebody changed the pool in between: the same once more, on what it is now.
//!             Err(error) if error.is_precondition_failed() => {}
//!             answer => return answer.map(drop),
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
//! All take a reference to the model or to the [`Response`] with it. A patch keeps what it does not
//! name: in it, `None` is "as it is" and an empty list is "none". An update and a clone take all or
//! nothing, so that they cannot be made of something that was read with a narrow `$select`. Nor can
//! anything be made of a part whose password or key the service keeps to itself: the [`Error`] says
//! which it is, and with it set on what was read, the conversion works. A clone needs an id of its
//! own.
//!
//! The service takes a condition for every change but `update_properties` of a pool; `patch` can be
//! held to a version.
//!
//! [`if_unchanged`]: crate::Call::if_unchanged

use crate::error::Error;
use crate::response::Response;

/// What is known in a certain version, by its `ETag`: answers of the service, and the resources
/// that name their own.
///
/// Operations that take `if_match` take one in `if_unchanged`.
pub trait Versioned {
    /// The `ETag`; `None` where it did not come, as in a listing whose selection leaves it out.
    fn etag(&self) -> Option<&str>;
}

impl<T> Versioned for Response<T> {
    #[inline]
    fn etag(&self) -> Option<&str> {
        Response::etag(self)
    }
}

/// The value for `if_match`. Without an `ETag` it is empty, which the transport refuses: a call
/// that was to be held to a version must not be sent without.
#[inline]
pub(crate) fn version<V: Versioned + ?Sized>(seen: &V) -> String {
    seen.etag().unwrap_or_default().to_owned()
}

/// Why a model that was read cannot be written.
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
    /// A property that every whole answer has, or that the write needs.
    #[inline]
    pub(crate) fn absent(name: &str) -> Self {
        Self {
            path: name.to_owned(),
            why: Why::Absent,
        }
    }

    /// A property that the service takes and never gives.
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

/// Holds that a property came.
#[inline]
pub(crate) fn present<T>(value: Option<&T>, name: &str) -> Result<(), Gap> {
    value.map(drop).ok_or_else(|| Gap::absent(name))
}
