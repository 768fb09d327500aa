//! Construction of replies.

use crate::query::{Expand, Select};
use crate::refusal::Refusal;
use crate::request::{Content, Object, Reply, Request};
use crate::state::resource::Stamp;
use crate::table::{self, Model, Returns};

/// Returns the body of a request; empty if there is none.
pub(super) fn body(request: &Request) -> Object {
    request.body.clone().unwrap_or_default()
}

/// Creates a reply with an object.
pub(super) fn object(object: Object) -> Reply {
    Reply {
        content: Content::Object(object),
        ..Reply::default()
    }
}

/// Creates a reply with the resource's `ETag` and last modified time.
///
/// Source: the headers of each response in the description; recorded, `Pool_Get`.
pub(super) fn stamped(stamp: Stamp) -> Reply {
    Reply {
        etag: Some(stamp.etag()),
        last_modified: Some(stamp.modified.date()),
        ..Reply::default()
    }
}

/// Creates the reply to an addition, with the URL of the new resource.
///
/// Source: recorded, `Pool_Add`: the headers `DataServiceId` and `Location`.
pub(super) fn added(request: &Request, stamp: Option<Stamp>, path: &str) -> Reply {
    Reply {
        data_service_id: Some(format!("{}/{path}", request.base)),
        ..stamp.map(stamped).unwrap_or_default()
    }
}

/// Returns the definition of the operation's response.
pub(super) fn model(request: &Request) -> Result<&'static Model, Refusal> {
    let (Returns::Model(name) | Returns::Page { item: name, .. }) = request.operation.returns
    else {
        return Err(unknown());
    };
    table::model(name).ok_or_else(unknown)
}

/// Creates the error for a missing definition, which the tables rule out.
fn unknown() -> Refusal {
    Refusal::new(
        500,
        "InternalError",
        "The description does not define the response of the operation.",
    )
}

/// The requested projection of an item.
pub(super) struct Projection {
    select: Select,
    pub(super) stats: bool,
}

impl Projection {
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        let select = Select::parse(request.query("$select"), model(request)?, request.version)?;
        let stats = Expand::parse(request.query("$expand"), &select)?;
        Ok(Self { select, stats })
    }

    pub(super) fn project(&self, item: &Object) -> Object {
        self.select.project(item)
    }

    /// Creates the reply to reading one resource.
    pub(super) fn reply(&self, item: &Object, stamp: Option<Stamp>) -> Reply {
        Reply {
            content: Content::Object(self.project(item)),
            ..stamp.map(stamped).unwrap_or_default()
        }
    }
}
