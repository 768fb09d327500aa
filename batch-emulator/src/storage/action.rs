//! The operations of the service, by method and parameters.

use axum::http::Method;

use super::request::Asked;
use crate::refusal::Refusal;

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    ListContainers,
    CreateContainer,
    DeleteContainer,
    ReadContainer,
    SetContainerMetadata,
    ListBlobs,
    PutBlob,
    PutBlock,
    PutBlockList,
    ReadBlob,
    SetBlobMetadata,
    DeleteBlob,
}

impl Action {
    pub(super) fn of(asked: &Asked<'_>) -> Result<Self, Refusal> {
        let is_blob = !asked.blob.is_empty();
        let is_container = asked.parameter("restype") == "container" && !is_blob;
        let comp = asked.parameter("comp");
        let read = [Method::GET, Method::HEAD].contains(asked.method());
        let action = match asked.method().as_str() {
            "GET" if comp == "list" && asked.container.is_empty() => Self::ListContainers,
            "GET" if comp == "list" && is_container => Self::ListBlobs,
            "PUT" if comp.is_empty() && is_container => Self::CreateContainer,
            "PUT" if comp == "metadata" && is_container => Self::SetContainerMetadata,
            "DELETE" if comp.is_empty() && is_container => Self::DeleteContainer,
            _ if read && matches!(comp, "" | "metadata") && is_container => Self::ReadContainer,
            "PUT" if comp.is_empty() && is_blob => Self::PutBlob,
            "PUT" if comp == "block" && is_blob => Self::PutBlock,
            "PUT" if comp == "blocklist" && is_blob => Self::PutBlockList,
            "PUT" if comp == "metadata" && is_blob => Self::SetBlobMetadata,
            "DELETE" if comp.is_empty() && is_blob => Self::DeleteBlob,
            _ if read && matches!(comp, "" | "metadata") && is_blob => Self::ReadBlob,
            _ => return Err(unsupported("the operation")),
        };
        let copies = !asked.header("x-ms-copy-source").is_empty();
        let kind = asked.header("x-ms-blob-type");
        match action {
            Self::PutBlob if copies => Err(unsupported("copying blobs")),
            Self::PutBlob if kind != "BlockBlob" => {
                Err(unsupported("blobs other than block blobs"))
            }
            action => Ok(action),
        }
    }

    /// Returns the permissions of a signature, one of which is needed.
    pub(super) fn permissions(self) -> &'static str {
        match self {
            Self::ListContainers | Self::ListBlobs => "l",
            Self::ReadContainer | Self::ReadBlob => "r",
            Self::DeleteContainer | Self::DeleteBlob => "d",
            Self::SetContainerMetadata | Self::SetBlobMetadata => "w",
            Self::CreateContainer | Self::PutBlob | Self::PutBlock | Self::PutBlockList => "wc",
        }
    }

    /// Returns the resource type of an account's signature: service, container or object.
    pub(super) fn resource(self) -> char {
        match self {
            Self::ListContainers => 's',
            Self::CreateContainer
            | Self::DeleteContainer
            | Self::ReadContainer
            | Self::SetContainerMetadata
            | Self::ListBlobs => 'c',
            Self::PutBlob
            | Self::PutBlock
            | Self::PutBlockList
            | Self::ReadBlob
            | Self::SetBlobMetadata
            | Self::DeleteBlob => 'o',
        }
    }
}

fn unsupported(what: &str) -> Refusal {
    let text = format!("The storage of the emulator does not support {what}.");
    Refusal::new(501, "NotImplemented", text)
}
