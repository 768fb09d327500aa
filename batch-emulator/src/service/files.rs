//! Operations on files of a task or a node.

use super::Account;
use super::listing::Listing;
use super::reply;
use crate::refusal::Refusal;
use crate::refusal::wrong_state;
use crate::request::{Content, Reply, Request};
use crate::state::State;
use crate::state::files::{Entry, Place};
use crate::state::numbers::PoolNumber;

fn of_node<'a>(state: &'a State, request: &Request) -> Result<Place<'a>, Refusal> {
    let (_, pool) = state.find_pool(request.path("poolId"))?;
    let (_, node) = pool.find_node(request.path("nodeId"))?;
    Ok(state.node_files(pool, node, &request.base))
}

fn of_task<'a>(state: &'a State, request: &Request) -> Result<Place<'a>, Refusal> {
    let (_, job) = state.find_job(request.path("jobId"))?;
    let (_, task) = job.find_task(request.path("taskId"))?;
    state.task_files(job, task, &request.base)
}

/// Lists the files of a node.
///
/// Source: description of `File_ListFromComputeNode`.
pub(super) fn list_from_node(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let place = of_node(&account.state, request)?;
    Ok(list(&listing, &place, request))
}

/// Lists the files of a task.
///
/// Source: recorded, `File_ListFromTask`.
pub(super) fn list_from_task(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let place = of_task(&account.state, request)?;
    Ok(list(&listing, &place, request))
}

/// Lists the files below a folder.
///
/// Source: description of the parameter `recursive`.
fn list(listing: &Listing<'_>, place: &Place<'_>, request: &Request) -> Reply {
    let entries = place.list(request.flag("recursive"));
    listing.reply_all(entries.map(|(name, entry)| (name, place.object(name, entry))))
}

pub(super) fn properties_from_node(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let place = of_node(&account.state, request)?;
    properties(&place, place.find(request.path("filePath"))?, request)
}

pub(super) fn properties_from_task(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let place = of_task(&account.state, request)?;
    properties(&place, place.find(request.path("filePath"))?, request)
}

/// Returns the properties of a file as headers.
///
/// Source: recorded, `File_GetPropertiesFromTask`: a last modified time and no `ETag`.
fn properties(place: &Place<'_>, entry: &Entry, request: &Request) -> Result<Reply, Refusal> {
    entry.stamp().check_read(&request.conditions)?;
    Ok(Reply {
        // Files have no ETag.
        etag: None,
        file: Some(place.headers(entry)),
        ..reply::stamped(entry.stamp())
    })
}

pub(super) fn get_from_node(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let place = of_node(&account.state, request)?;
    content(&place, place.find(request.path("filePath"))?, request)
}

pub(super) fn get_from_task(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let place = of_task(&account.state, request)?;
    content(&place, place.find(request.path("filePath"))?, request)
}

/// Returns the content of a file, or a range of it.
///
/// Source: recorded, `File_GetFromTask`. No source for rejecting a directory; chosen because it has
/// no content.
fn content(place: &Place<'_>, entry: &Entry, request: &Request) -> Result<Reply, Refusal> {
    let reply = properties(place, entry, request)?;
    let Some(text) = &entry.content else {
        return Err(wrong_state("The path is a directory."));
    };
    let bytes = match &request.range {
        Some(range) => part(text.as_bytes(), range).ok_or_else(|| out_of_range(range))?,
        None => text.as_bytes(),
    };
    Ok(Reply {
        content: Content::Bytes(bytes.to_vec()),
        ..reply
    })
}

/// Creates the error for an invalid range.
///
/// Source: "Batch Status and Error Codes": `InvalidRange` is a 416.
pub(super) fn out_of_range(range: &str) -> Refusal {
    let message = "The range is outside the file.";
    Refusal::new(416, "InvalidRange", message)
        .with("HeaderName", "ocp-range")
        .with("HeaderValue", range)
}

/// Returns the bytes of a range.
fn part<'a>(bytes: &'a [u8], range: &str) -> Option<&'a [u8]> {
    let (first, length) = bounds(range, bytes.len() as u64)?;
    let (first, length) = (usize::try_from(first).ok()?, usize::try_from(length).ok()?);
    bytes.get(first..first + length)
}

/// Parses a range `bytes=first-last` to its start and length. `last` may be absent, or beyond the
/// end of the file.
///
/// Source: description of the header `ocp-range`: `bytes=startRange-endRange`. For an end beyond
/// the file's: RFC 9110, 14.1.2.
pub(super) fn bounds(range: &str, length: u64) -> Option<(u64, u64)> {
    let (first, last) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
    let first: u64 = first.trim().parse().ok()?;
    let last: u64 = match last.trim() {
        "" => u64::MAX,
        last => last.parse().ok()?,
    };
    let end = last.saturating_add(1).min(length);
    (first < end).then(|| (first, end - first))
}

/// Deletes a file of a node.
///
/// Source: recorded, `File_DeleteFromComputeNode`.
pub(super) fn delete_from_node(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let file_to_delete = file_to_delete(&of_node(&account.state, request)?, request)?;
    Ok(delete(&mut account.state, file_to_delete))
}

/// Deletes a file of a task.
///
/// Source: description of `File_DeleteFromTask`.
pub(super) fn delete_from_task(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let file_to_delete = file_to_delete(&of_task(&account.state, request)?, request)?;
    Ok(delete(&mut account.state, file_to_delete))
}

/// Returns pool, node and path of the file to delete.
fn file_to_delete(
    place: &Place<'_>,
    request: &Request,
) -> Result<(PoolNumber, String, String), Refusal> {
    let entry = place.find(request.path("filePath"))?;
    place.check_delete(entry, request.flag("recursive"))?;
    Ok((place.pool, place.node.id().to_owned(), entry.path.clone()))
}

fn delete(state: &mut State, (pool, node, path): (PoolNumber, String, String)) -> Reply {
    state.delete_file(pool, &node, path);
    Reply::default()
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn ranges() {
        let cases: [(&str, Option<&str>); 11] = [
            ("bytes=0-0", Some("a")),
            ("bytes=1-2", Some("bc")),
            ("bytes=2-", Some("cde")),
            ("bytes=0-99", Some("abcde")),
            ("bytes=4-4", Some("e")),
            ("bytes=5-9", None),
            ("bytes=7-9", None),
            ("bytes=3-2", None),
            ("bytes=-2", None),
            ("bytes=99999999999999999999-", None),
            ("lines=1-2", None),
        ];
        for (range, expected) in cases {
            assert_eq!(
                part(b"abcde", range),
                expected.map(str::as_bytes),
                "{range}"
            );
        }
        assert_eq!(part(b"", "bytes=0-0"), None);
    }
}
