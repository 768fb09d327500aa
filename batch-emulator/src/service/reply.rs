//! How replies are put together.

use crate::query::{Expand, Select};
use crate::refusal::Refusal;
use crate::request::{Content, Object, Reply, Request};
use crate::state::resource::Stamp;
use crate::table::{self, Answer, Model};

/// The body of a request; empty where there is none.
pub(super) fn body(request: &Request) -> Object {
    request.body.clone().unwrap_or_default()
}

/// A reply with an object.
pub(super) fn object(object: Object) -> Reply {
    Reply {
        content: Content::Object(object),
        ..Reply::default()
    }
}

/// A reply with the resource's `ETag` and time of change.
///
/// Source: the description's headers of each answer; recorded, `Pool_Get`.
pub(super) fn stamped(stamp: Stamp) -> Reply {
    Reply {
        etag: Some(stamp.etag()),
        last_modified: Some(stamp.modified.date()),
        ..Reply::default()
    }
}

/// The reply to an addition, with the address of what was added.
///
/// Source: recorded, `Pool_Add`: the headers `DataServiceId` and `Location`.
pub(super) fn added(request: &Request, stamp: Option<Stamp>, path: &str) -> Reply {
    Reply {
        data_service_id: Some(format!("{}/{path}", request.base)),
        ..stamp.map(stamped).unwrap_or_default()
    }
}

/// The definition of what the operation answers with.
pub(super) fn model(request: &Request) -> Result<&'static Model, Refusal> {
    let (Answer::Model(name) | Answer::Page { item: name, .. }) = request.operation.answer else {
        return Err(unknown());
    };
    table::model(name).ok_or_else(unknown)
}

/// The tables name a definition for all that is asked of them.
fn unknown() -> Refusal {
    Refusal::new(
        500,
        "InternalError",
        "The description does not say what the operation answers with.",
    )
}

/// What a reading wants of an item.
pub(super) struct Wanted {
    select: Select,
    pub(super) stats: bool,
}

impl Wanted {
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        let select = Select::parse(request.query("$select"), model(request)?)?;
        let stats = Expand::parse(request.query("$expand"), &select)?;
        Ok(Self { select, stats })
    }

    pub(super) fn project(&self, item: &Object) -> Object {
        self.select.project(item)
    }

    /// The reply to the reading of one resource.
    pub(super) fn reply(&self, item: &Object, stamp: Option<Stamp>) -> Reply {
        Reply {
            content: Content::Object(self.project(item)),
            ..stamp.map(stamped).unwrap_or_default()
        }
    }
}
