//! Stub of operations on real files for systems other than Unix.

use super::Account;
use crate::folders::Folders;
use crate::generated::OperationId;
use crate::refusal::Refusal;
use crate::request::{Reply, Request};

pub(super) enum Place {}

impl Place {
    pub(super) fn of(_: &Account, _: &Request) -> Result<Self, Refusal> {
        Err(Refusal::new(
            501,
            "NotImplemented",
            "Real files are not supported on this system.",
        ))
    }
}

type Action = fn(&Folders, &Place, &Request) -> Result<Reply, Refusal>;

pub(super) fn action(_: OperationId) -> Option<Action> {
    None
}
