//! Operations on real files, if tasks are executed.
//!
//! Real files are not part of the state, which only provides the folder of a node or task.
//! Everything else happens in the folder, through [`Dir`], which no path or link can escape: one
//! that would is not found.
//!
//! The rules are those of simulated files, in `files` and [`state::files`](crate::state::files);
//! this module names sources only for differences.

use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use cap_std::fs::{Dir, Metadata, MetadataExt as _};
use chrono::{DateTime, Utc};

use super::Account;
use super::listing::{Listing, Pages};
use super::reply;
use crate::folders::{Folders, inside, open_file};
use crate::generated::OperationId;
use crate::refusal::Refusal;
use crate::refusal::{conflict, wrong_state};
use crate::request::{Content, FileHeaders, Object, Reply, Request};
use crate::state::files::{not_found, not_run};
use crate::state::resource::{Stamp, object, put};
use crate::time::Time;

/// Maximum number of entries that a listing scans, so that a task cannot make one arbitrarily
/// expensive.
///
/// No source; the live service splits such listings into pages of 1,000.
const MAX_ENTRIES: usize = 100_000;

/// The folder that a request addresses.
pub(super) struct Place {
    node: String,
    /// Path from the node's root; empty for the node itself.
    directory: String,
    /// Prefix of the URLs of files.
    url: String,
    pages: Pages,
}

impl Place {
    pub(super) fn of(account: &Account, request: &Request) -> Result<Self, Refusal> {
        let (state, base) = (&account.state, &request.base);
        let pages = account.pages.clone();
        if is_of_node(request) {
            let (_, pool) = state.find_pool(request.path("poolId"))?;
            let (_, node) = pool.find_node(request.path("nodeId"))?;
            return Ok(Self {
                node: node.id().to_owned(),
                directory: String::new(),
                url: format!("{}/files", node.seat.url(base)),
                pages,
            });
        }
        let (_, job) = state.find_job(request.path("jobId"))?;
        let (_, task) = job.find_task(request.path("taskId"))?;
        let seat = task.seat().ok_or_else(not_run)?;
        let pool = state.pool(seat.pool);
        if pool.is_none_or(|pool| pool.find_node(&seat.node_id).is_err()) {
            let text = "The node that ran the task no longer exists, nor do its files.";
            return Err(conflict("TaskFilesUnavailable", text));
        }
        Ok(Self {
            node: seat.node_id.to_string(),
            directory: task.directory(&job.id),
            url: format!("{}/files", task.url(&job.id, base)),
            pages,
        })
    }

    fn open(&self, folders: &Folders) -> Result<Dir, Refusal> {
        let node = folders.node(&self.node).map_err(|_| not_found())?;
        if self.directory.is_empty() {
            return Ok(node);
        }
        node.open_dir(&self.directory).map_err(|_| not_found())
    }
}

/// A function that carries out a file operation.
type Action = fn(&Folders, &Place, &Request) -> Result<Reply, Refusal>;

pub(super) fn action(id: OperationId) -> Option<Action> {
    use OperationId as Id;
    match id {
        Id::FileDeleteFromComputeNode | Id::FileDeleteFromTask => Some(delete),
        Id::FileGetFromComputeNode | Id::FileGetFromTask => Some(get),
        Id::FileGetPropertiesFromComputeNode | Id::FileGetPropertiesFromTask => Some(properties),
        Id::FileListFromComputeNode | Id::FileListFromTask => Some(list),
        // All other operations work on the state.
        _ => None,
    }
}

/// Returns true if the request is for a node's files rather than a task's.
fn is_of_node(request: &Request) -> bool {
    use OperationId as Id;
    let action = request.operation.action;
    action.is_some_and(|id| {
        matches!(
            id,
            Id::FileDeleteFromComputeNode
                | Id::FileGetFromComputeNode
                | Id::FileGetPropertiesFromComputeNode
                | Id::FileListFromComputeNode
        )
    })
}

/// Returns the requested path. A path that leaves the folder is not found.
fn path(request: &Request) -> Result<PathBuf, Refusal> {
    inside(request.path("filePath")).ok_or_else(not_found)
}

/// Properties of a file or folder.
struct FileInfo {
    directory: bool,
    length: u64,
    mode: u32,
    stamp: Stamp,
}

impl FileInfo {
    fn of(about: &Metadata) -> Self {
        let time = |time: io::Result<cap_std::time::SystemTime>| {
            let time = time.map(cap_std::time::SystemTime::into_std);
            time.map_or(DateTime::UNIX_EPOCH, DateTime::<Utc>::from)
        };
        let modified = time(about.modified());
        // Not every file system records when a file was created.
        let created = about
            .created()
            .map_or(modified, |created| time(Ok(created)));
        Self {
            directory: about.is_dir(),
            length: about.len(),
            mode: about.mode(),
            stamp: Stamp {
                created: Time::from(created),
                modified: Time::from(modified),
            },
        }
    }

    fn mode(&self) -> String {
        format!("0o{:o}", self.mode)
    }

    fn headers(&self, url: String, path: &Path) -> FileHeaders {
        FileHeaders {
            created: self.stamp.created.date(),
            is_directory: self.directory,
            url,
            mode: Some(self.mode()),
            content_type: content_type(path).to_owned(),
            length: if self.directory { 0 } else { self.length },
        }
    }
}

/// Returns the content type by the file name extension.
///
/// Source: recorded, `File_GetPropertiesFromTask`: `text/plain` for `stdout.txt`. No source for the
/// others; chosen as the registered types of these extensions.
fn content_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.unwrap_or_default().to_ascii_lowercase().as_str() {
        "txt" | "log" => "text/plain",
        "json" => "application/json",
        "csv" => "text/csv",
        "htm" | "html" => "text/html",
        "xml" => "text/xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        _ => "application/octet-stream",
    }
}

fn properties(folders: &Folders, place: &Place, request: &Request) -> Result<Reply, Refusal> {
    let path = path(request)?;
    let about = place.open(folders)?.metadata(&path);
    described(
        &FileInfo::of(&about.map_err(|_| not_found())?),
        &path,
        place,
        request,
    )
}

fn described(
    info: &FileInfo,
    path: &Path,
    place: &Place,
    request: &Request,
) -> Result<Reply, Refusal> {
    info.stamp.check_read(&request.conditions)?;
    let url = format!("{}/{}", place.url, path.display());
    Ok(Reply {
        // Files have no ETag.
        etag: None,
        file: Some(info.headers(url, path)),
        ..reply::stamped(info.stamp)
    })
}

/// Returns the content of a file, or a range of it.
///
/// No source for rejecting pipes and devices; chosen because reading one may never end.
fn get(folders: &Folders, place: &Place, request: &Request) -> Result<Reply, Refusal> {
    let path = path(request)?;
    let file = open_file(&place.open(folders)?, &path).map_err(|_| not_found())?;
    let about = file.metadata().map_err(|_| not_found())?;
    let info = FileInfo::of(&about);
    let reply = described(&info, &path, place, request)?;
    if info.directory {
        return Err(wrong_state("The path is a directory."));
    }
    // A pipe or a device may never reach its end.
    if !about.is_file() {
        return Err(wrong_state("The path is not a regular file."));
    }
    let mut file = file.into_std();
    let (first, length) = match &request.range {
        Some(range) => super::files::bounds(range, info.length)
            .ok_or_else(|| super::files::out_of_range(range))?,
        None => (0, info.length),
    };
    file.seek(SeekFrom::Start(first))
        .map_err(|error| broken(&error))?;
    Ok(Reply {
        content: Content::File(file, length),
        ..reply
    })
}

fn broken(error: &io::Error) -> Refusal {
    Refusal::new(
        500,
        "InternalError",
        format!("The file cannot be read: {error}."),
    )
}

/// Deletes a file or a directory.
///
/// No source for links; chosen because their target does not belong to the task.
fn delete(folders: &Folders, place: &Place, request: &Request) -> Result<Reply, Refusal> {
    let path = path(request)?;
    let dir = place.open(folders)?;
    // Deletes a link itself, not its target.
    let about = dir.symlink_metadata(&path).map_err(|_| not_found())?;
    let removed = if !about.is_dir() {
        dir.remove_file(&path)
    } else if request.flag("recursive") {
        dir.remove_dir_all(&path)
    } else {
        dir.remove_dir(&path)
    };
    match removed {
        Ok(()) => Ok(Reply::default()),
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
            Err(wrong_state("The directory is not empty."))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(not_found()),
        Err(error) => Err(wrong_state(&format!(
            "The file cannot be deleted: {error}."
        ))),
    }
}

/// Lists files.
fn list(folders: &Folders, place: &Place, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&place.pages, request)?;
    let entries = match place.open(folders) {
        Ok(dir) => entries(&dir, request.flag("recursive")).map_err(|error| broken(&error))?,
        // Its folder is about to be created, or was deleted.
        Err(_) => Vec::new(),
    };
    let objects = entries
        .iter()
        .map(|(name, info)| (name.as_str(), describe(place, name, info)));
    Ok(listing.reply_all(objects))
}

fn describe(place: &Place, name: &str, info: &FileInfo) -> Object {
    let mut object = object([
        ("name", name.into()),
        ("url", format!("{}/{name}", place.url).into()),
        ("isDirectory", info.directory.into()),
    ]);
    if !info.directory {
        let mut properties = Object::new();
        put(
            &mut properties,
            "creationTime",
            info.stamp.created.to_string(),
        );
        put(
            &mut properties,
            "lastModified",
            info.stamp.modified.to_string(),
        );
        put(&mut properties, "contentLength", info.length);
        put(
            &mut properties,
            "contentType",
            content_type(Path::new(name)),
        );
        put(&mut properties, "fileMode", info.mode());
        put(&mut object, "properties", properties);
    }
    object
}

/// Returns the entries of a folder. The target of a link is listed if it is inside, but links are
/// not followed when recursing.
fn entries(dir: &Dir, recursive: bool) -> io::Result<Vec<(String, FileInfo)>> {
    let mut found = Vec::new();
    let mut left = vec![(dir.try_clone()?, String::new())];
    while let Some((dir, path)) = left.pop() {
        // A folder may be deleted during the scan.
        let Ok(inner) = dir.entries() else { continue };
        for entry in inner.flatten() {
            // No request could name a path that is not valid UTF-8.
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            let (Ok(kind), Ok(about)) = (entry.file_type(), dir.metadata(&name)) else {
                continue;
            };
            let path = if path.is_empty() {
                name
            } else {
                format!("{path}/{name}")
            };
            if recursive
                && kind.is_dir()
                && let Ok(dir) = entry.open_dir()
            {
                left.push((dir, path.clone()));
            }
            found.push((path, FileInfo::of(&about)));
            if found.len() >= MAX_ENTRIES {
                return Ok(found);
            }
        }
    }
    Ok(found)
}
