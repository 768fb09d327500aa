//! The containers of an account.

use std::collections::BTreeMap;

use axum::response::Response;
use chrono::{DateTime, Utc};

use super::action::Action;
use super::auth::Access;
use super::content::{Content, Quota, Share};
use super::request::Asked;
use super::{list, read, response, write};
use crate::refusal::Refusal;

/// Bytes that an entry counts beside its name and its metadata.
const OVERHEAD: usize = 512;

/// Time, version and metadata of a container or a blob.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) changed: DateTime<Utc>,
    pub(super) etag: String,
    pub(super) metadata: BTreeMap<String, String>,
    _share: Share,
}

/// A block blob.
#[derive(Debug)]
pub(super) struct Blob {
    pub(super) entry: Entry,
    /// Headers of its contents, such as `content-type`.
    pub(super) headers: Vec<(&'static str, String)>,
    /// Blocks by id, in their order; the whole content as one block without an id if it was put at
    /// once.
    pub(super) blocks: Vec<(String, Content)>,
}

impl Blob {
    pub(super) fn len(&self) -> u64 {
        let blocks = self.blocks.iter();
        blocks.map(|(_, block)| block.bytes().len() as u64).sum()
    }
}

/// A container.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) entry: Entry,
    pub(super) blobs: BTreeMap<String, Blob>,
    /// Blocks that belong to no blob yet, by the blob's name and their id.
    pub(super) blocks: BTreeMap<String, BTreeMap<String, Content>>,
}

/// The account.
#[derive(Debug)]
pub(super) struct Account {
    containers: BTreeMap<String, Container>,
    quota: Quota,
    page_size: Option<usize>,
    changes: u64,
}

impl Account {
    pub(super) fn new(quota: Quota, page_size: Option<usize>) -> Self {
        Self {
            containers: BTreeMap::new(),
            quota,
            page_size,
            changes: 0,
        }
    }

    pub(super) fn perform(
        &mut self,
        asked: &Asked<'_>,
        action: Action,
        access: Access,
        body: Content,
    ) -> Result<Response, Refusal> {
        match action {
            Action::ListContainers => list::containers(asked, &self.containers, self.page_size),
            Action::CreateContainer => self.create(asked),
            Action::DeleteContainer => {
                self.container(asked)?;
                self.containers.remove(&asked.container);
                Ok(response::empty(202))
            }
            Action::ReadContainer => Ok(response::entry(200, &self.container(asked)?.entry)),
            Action::ListBlobs => {
                let page_size = self.page_size;
                list::blobs(asked, self.container(asked)?, page_size)
            }
            Action::ReadBlob => read::blob(asked, self.container(asked)?),
            Action::SetContainerMetadata => {
                let entry = self.entry(asked)?;
                let container = self.container(asked)?;
                container.entry = entry;
                Ok(response::version(200, &container.entry))
            }
            Action::SetBlobMetadata => {
                let entry = self.entry(asked)?;
                write::metadata(asked, self.container(asked)?, entry)
            }
            Action::DeleteBlob => write::delete(asked, self.container(asked)?),
            Action::PutBlock => write::block(asked, self.container(asked)?, body),
            Action::PutBlob | Action::PutBlockList => {
                let entry = self.entry(asked)?;
                let container = self.container(asked)?;
                write::check(asked, container, access)?;
                if action == Action::PutBlob {
                    return Ok(write::whole(asked, container, entry, body));
                }
                write::block_list(asked, container, entry, &body)
            }
        }
    }

    fn create(&mut self, asked: &Asked<'_>) -> Result<Response, Refusal> {
        let name = &asked.container;
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_edge = |edge: Option<char>| edge.is_some_and(|c| c != '-');
        if !(3..=63).contains(&name.len())
            || !name.bytes().all(legal)
            || name.contains("--")
            || !is_edge(name.chars().next())
            || !is_edge(name.chars().next_back())
        {
            let text = "The name of the container is not a legal one.";
            return Err(Refusal::new(400, "InvalidResourceName", text));
        }
        if self.containers.contains_key(name) {
            let text = "The container exists already.";
            return Err(Refusal::new(409, "ContainerAlreadyExists", text));
        }
        let container = Container {
            entry: self.entry(asked)?,
            blobs: BTreeMap::new(),
            blocks: BTreeMap::new(),
        };
        let response = response::version(201, &container.entry);
        self.containers.insert(name.clone(), container);
        Ok(response)
    }

    fn container(&mut self, asked: &Asked<'_>) -> Result<&mut Container, Refusal> {
        let container = self.containers.get_mut(&asked.container);
        container
            .ok_or_else(|| Refusal::new(404, "ContainerNotFound", "The container does not exist."))
    }

    /// Makes a new version of what the request changes, with its metadata.
    fn entry(&mut self, asked: &Asked<'_>) -> Result<Entry, Refusal> {
        let metadata = asked.metadata();
        let pairs = metadata.iter();
        let size: usize = pairs.map(|(name, value)| name.len() + value.len()).sum();
        let size = OVERHEAD + asked.container.len() + asked.blob.len() + size;
        let share = self.quota.take(size as u64)?;
        self.changes += 1;
        Ok(Entry {
            changed: Utc::now(),
            etag: format!("\"0x8D{:013X}\"", self.changes),
            metadata,
            _share: share,
        })
    }
}
