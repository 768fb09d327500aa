//! Changes of blobs.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::events::Event;

use super::account::{Blob, Container, Entry};
use super::auth::Access;
use super::content::Content;
use super::request::Asked;
use super::{read, response};
use crate::refusal::Refusal;

/// Headers of contents. A request sets them with `x-ms-blob-` before their name, or with its own
/// headers if it is the content.
const HEADERS: [&str; 6] = [
    "content-type",
    "content-encoding",
    "content-language",
    "content-disposition",
    "cache-control",
    "content-md5",
];
/// Longest id of a block before it is encoded.
const ID: usize = 64;
/// Most blocks of a blob.
const BLOCKS: usize = 50_000;
/// Most characters of a blob's name.
const NAME: usize = 1024;

/// Checks whether the request may write its blob.
pub(super) fn check(
    asked: &Asked<'_>,
    container: &Container,
    access: Access,
) -> Result<(), Refusal> {
    let blob = container.blobs.get(&asked.blob);
    if asked.blob.chars().count() > NAME {
        let text = "The name of the blob has more than 1024 characters.";
        return Err(Refusal::new(400, "InvalidResourceName", text));
    }
    if blob.is_some() && asked.header("if-none-match") == "*" {
        let text = "The blob exists already.";
        return Err(Refusal::new(409, "BlobAlreadyExists", text));
    }
    if blob.is_some() && !access.may_replace {
        let text = "The signature allows to create blobs, not to replace them.";
        return Err(Refusal::new(403, "UnauthorizedBlobOverwrite", text));
    }
    read::check_match(asked, blob)
}

/// Writes a blob with the request's body as its content.
pub(super) fn whole(
    asked: &Asked<'_>,
    container: &mut Container,
    entry: Entry,
    body: Content,
) -> Response {
    let block = (String::new(), body);
    let own = |name: &str| match asked.header(&format!("x-ms-blob-{name}")) {
        "" => asked.header(name).to_owned(),
        value => value.to_owned(),
    };
    store(asked, container, entry, vec![block], own)
}

/// Keeps a block until it becomes a part of a blob.
pub(super) fn block(
    asked: &Asked<'_>,
    container: &mut Container,
    body: Content,
) -> Result<Response, Refusal> {
    let id = asked.parameter("blockid");
    let decoded = STANDARD.decode(id).ok();
    if !decoded.is_some_and(|decoded| (1..=ID).contains(&decoded.len())) {
        let text = "The id of the block is not base64 of up to 64 bytes.";
        return Err(Refusal::new(400, "InvalidQueryParameterValue", text));
    }
    let blocks = container.blocks.entry(asked.blob.clone()).or_default();
    if blocks.len() >= 2 * BLOCKS {
        let text = "The blob has too many blocks that are not committed.";
        return Err(Refusal::new(
            409,
            "RequestEntityTooLargeBlockCountExceedsLimit",
            text,
        ));
    }
    blocks.insert(id.to_owned(), body);
    Ok(response::empty(201))
}

/// Writes a blob that consists of these blocks, and discards its other uncommitted ones.
pub(super) fn block_list(
    asked: &Asked<'_>,
    container: &mut Container,
    entry: Entry,
    body: &Content,
) -> Result<Response, Refusal> {
    let invalid = |code, text| Refusal::new(400, code, text);
    let named = std::str::from_utf8(body.bytes()).ok().and_then(block_ids);
    let named =
        named.ok_or_else(|| invalid("InvalidXmlDocument", "The block list is malformed."))?;
    let uncommitted = container.blocks.get(&asked.blob);
    let committed = container.blobs.get(&asked.blob);
    let blocks = named.into_iter().map(|(place, id)| {
        let new = || uncommitted?.get(&id);
        let old = || {
            let mut blocks = committed?.blocks.iter();
            blocks
                .find(|(known, _)| *known == id)
                .map(|(_, block)| block)
        };
        let found = match place.as_str() {
            "Committed" => old(),
            "Uncommitted" => new(),
            _ => new().or_else(old),
        };
        let found = found.cloned();
        found.map(|block| (id, block)).ok_or_else(|| {
            invalid(
                "InvalidBlockList",
                "The list has a block that does not exist.",
            )
        })
    });
    let blocks: Vec<_> = blocks.collect::<Result<_, _>>()?;
    if blocks.len() > BLOCKS {
        return Err(invalid(
            "BlockListTooLong",
            "The list has more than 50,000 blocks.",
        ));
    }
    container.blocks.remove(&asked.blob);
    let own = |name: &str| asked.header(&format!("x-ms-blob-{name}")).to_owned();
    Ok(store(asked, container, entry, blocks, own))
}

/// Returns the elements of a block list: `Committed`, `Uncommitted` or `Latest`, and the id.
fn block_ids(text: &str) -> Option<Vec<(String, String)>> {
    let mut reader = quick_xml::Reader::from_str(text.trim_start_matches('\u{feff}'));
    let (mut ids, mut value, mut depth) = (Vec::new(), String::new(), 0_u32);
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) => {
                depth += 1;
                value.clear();
            }
            Event::Text(part) => value.push_str(&part),
            Event::End(tag) => {
                let place = tag.name().as_ref().to_owned();
                if ["Committed", "Uncommitted", "Latest"].contains(&place.as_str()) {
                    ids.push((place, value.trim().to_owned()));
                }
                depth = depth.checked_sub(1)?;
            }
            Event::Eof => return (depth == 0).then_some(ids),
            _ => {}
        }
    }
}

fn store(
    asked: &Asked<'_>,
    container: &mut Container,
    entry: Entry,
    blocks: Vec<(String, Content)>,
    header: impl Fn(&str) -> String,
) -> Response {
    let headers = HEADERS.map(|name| (name, header(name)));
    let mut headers: Vec<_> = headers
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    if headers.iter().all(|(name, _)| *name != "content-type") {
        headers.push(("content-type", "application/octet-stream".to_owned()));
    }
    let response = response::version(201, &entry);
    let blob = Blob {
        entry,
        headers,
        blocks,
    };
    container.blobs.insert(asked.blob.clone(), blob);
    response
}

pub(super) fn metadata(
    asked: &Asked<'_>,
    container: &mut Container,
    entry: Entry,
) -> Result<Response, Refusal> {
    let blob = container.blobs.get_mut(&asked.blob);
    read::check_match(asked, blob.as_deref())?;
    let blob = blob.ok_or_else(read::missing)?;
    blob.entry = entry;
    Ok(response::version(200, &blob.entry))
}

pub(super) fn delete(asked: &Asked<'_>, container: &mut Container) -> Result<Response, Refusal> {
    read::check_match(asked, container.blobs.get(&asked.blob))?;
    let removed = container.blobs.remove(&asked.blob);
    removed.ok_or_else(read::missing)?;
    Ok(response::empty(202))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_lists_are_read() {
        let list = "\u{feff}<?xml version=\"1.0\"?><BlockList><Latest>YQ==</Latest>\n\
                    <Committed>Yg==</Committed></BlockList>";
        let pair = |place: &str, id: &str| (place.to_owned(), id.to_owned());
        let expected = vec![pair("Latest", "YQ=="), pair("Committed", "Yg==")];
        assert_eq!(block_ids(list), Some(expected));
        assert_eq!(block_ids("<BlockList></BlockList>"), Some(Vec::new()));
        for broken in ["<BlockList>", "<BlockList><Latest></BlockList>"] {
            assert_eq!(block_ids(broken), None, "{broken}");
        }
    }
}
