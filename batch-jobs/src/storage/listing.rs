//! The lists of Azure Storage, in XML.

use batch_client::chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use quick_xml::events::Event;
use quick_xml::{Reader, escape};

/// A blob of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Blob {
    pub(crate) name: String,
    pub(crate) len: u64,
    pub(crate) changed: Option<DateTime<Utc>>,
    /// The metadata `lastmodified`: the time of the local file that was uploaded.
    pub(crate) last_modified: Option<String>,
}

/// Reads a page of blobs; returns the marker of the next page, empty if there is none.
pub(super) fn blobs(page: &str, out: &mut Vec<Blob>) -> Result<String, String> {
    let mut blob = Blob::default();
    read(page, |path, value, encoded| match path {
        [.., "Blob", "Name"] => {
            blob.name = if encoded {
                percent_decode_str(value).decode_utf8_lossy().into_owned()
            } else {
                value.to_owned()
            };
        }
        [.., "Blob", "Properties", "Content-Length"] => blob.len = value.parse().unwrap_or(0),
        [.., "Blob", "Properties", "Last-Modified"] => {
            let time = DateTime::parse_from_rfc2822(value).ok();
            blob.changed = time.map(|time| time.with_timezone(&Utc));
        }
        [.., "Blob", "Metadata", name] if name.eq_ignore_ascii_case("lastmodified") => {
            blob.last_modified = Some(value.to_owned());
        }
        [.., "Blobs", "Blob"] => out.push(std::mem::take(&mut blob)),
        _ => {}
    })
}

/// Reads a page of containers; returns the marker of the next page, empty if there is none.
pub(super) fn containers(page: &str, out: &mut Vec<String>) -> Result<String, String> {
    read(page, |path, value, _| {
        if let [.., "Container", "Name"] = path {
            out.push(value.to_owned());
        }
    })
}

/// Calls back at the end of each element with its path, its text, and whether the text is encoded
/// as in a URL, which Azure does to names that XML cannot contain.
fn read(page: &str, mut ended: impl FnMut(&[&str], &str, bool)) -> Result<String, String> {
    let mut reader = Reader::from_str(page.trim_start_matches('\u{feff}'));
    let mut path: Vec<(String, bool)> = Vec::new();
    let mut value = String::new();
    let mut marker = String::new();
    let text = |error: &dyn std::fmt::Display| error.to_string();
    loop {
        match reader.read_event().map_err(|error| text(&error))? {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                let encoded = tag.attributes().flatten().any(|attribute| {
                    attribute.key.as_ref() == b"Encoded" && &*attribute.value == b"true"
                });
                path.push((name, encoded));
                value.clear();
            }
            Event::Text(part) => value.push_str(&part.decode().map_err(|error| text(&error))?),
            Event::GeneralRef(part) => {
                let name = part.decode().map_err(|error| text(&error))?;
                let whole = format!("&{name};");
                let read = escape::unescape(&whole).map_err(|error| text(&error))?;
                value.push_str(&read);
            }
            Event::End(_) => {
                let names: Vec<&str> = path.iter().map(|(name, _)| &**name).collect();
                let encoded = path.last().is_some_and(|(_, encoded)| *encoded);
                if let [_, "NextMarker"] = *names {
                    marker.clone_from(&value);
                }
                ended(&names, &value, encoded);
                value.clear();
                path.pop();
            }
            Event::Eof if path.is_empty() => return Ok(marker),
            Event::Eof => return Err("it ends early".to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_read_with_their_metadata() {
        let page = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults \
            ContainerName=\"c\"><Blobs><Blob><Name>a &amp; b/&#x41; c.txt</Name><Properties>\
            <Last-Modified>Tue, 05 Mar 2024 01:02:03 GMT</Last-Modified>\
            <Content-Length>12</Content-Length></Properties><Metadata>\
            <LastModified>1700000000.5</LastModified><other>x</other></Metadata></Blob>\
            <Blob><Name Encoded=\"true\">d%EF%BF%BE</Name><Properties /><Metadata /></Blob>\
            </Blobs><NextMarker>2!m</NextMarker></EnumerationResults>";
        let mut found = Vec::new();
        assert_eq!(blobs(page, &mut found).as_deref(), Ok("2!m"));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].name, "a & b/A c.txt");
        assert_eq!(found[0].len, 12);
        let time = found[0].changed.expect("a time").to_rfc3339();
        assert_eq!(time, "2024-03-05T01:02:03+00:00");
        assert_eq!(found[0].last_modified.as_deref(), Some("1700000000.5"));
        assert_eq!(found[1].name, "d\u{fffe}");
        assert_eq!(found[1].last_modified, None);
        let last = "<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>";
        assert_eq!(blobs(last, &mut found).as_deref(), Ok(""));
        for broken in [
            "<a><b></a>",
            "<EnumerationResults><Blobs>",
            "<a>&nothing;</a>",
        ] {
            assert!(blobs(broken, &mut found).is_err(), "{broken}");
        }
    }

    #[test]
    fn containers_are_read() {
        let page = "<EnumerationResults><Containers><Container><Name>fgrp-a</Name><Properties>\
            <Etag>x</Etag></Properties></Container></Containers></EnumerationResults>";
        let mut found = Vec::new();
        assert_eq!(containers(page, &mut found).as_deref(), Ok(""));
        assert_eq!(found, ["fgrp-a"]);
    }
}
