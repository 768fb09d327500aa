//! Containers and blobs in memory.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use axum::body::Bytes;
use batch_client::chrono::{DateTime, Utc};

use super::{Answer, Asked};

#[derive(Clone)]
struct Blob {
    content: Bytes,
    metadata: Vec<(String, String)>,
    written: DateTime<Utc>,
    etag: String,
}

pub(super) struct Account {
    containers: BTreeMap<String, BTreeMap<String, Blob>>,
    /// Blocks that belong to no blob yet, by container, blob and id.
    blocks: HashMap<(String, String, String), Bytes>,
    pub(super) page_size: usize,
    changes: u64,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            containers: BTreeMap::new(),
            blocks: HashMap::new(),
            page_size: 5000,
            changes: 0,
        }
    }
}

impl Account {
    pub(super) fn contents(&self, container: &str) -> BTreeMap<String, Bytes> {
        let blobs = self.containers.get(container).into_iter().flatten();
        blobs
            .map(|(name, blob)| (name.clone(), blob.content.clone()))
            .collect()
    }

    pub(super) fn put(&mut self, container: &str, name: &str, content: &str) {
        self.containers.entry(container.to_owned()).or_default();
        self.store(container, name, Bytes::from(content.to_owned()), Vec::new());
    }

    pub(super) fn handle(&mut self, asked: &Asked) -> Answer {
        let comp = asked.query.get("comp").map(String::as_str);
        if asked.container.is_empty() {
            return self.list_containers(asked);
        }
        if asked.blob.is_empty() {
            return match (asked.method.as_str(), comp) {
                ("PUT", None) if self.containers.contains_key(&asked.container) => {
                    Answer::refused(409, "ContainerAlreadyExists")
                }
                ("PUT", None) => {
                    self.containers
                        .insert(asked.container.clone(), BTreeMap::new());
                    Answer::ok(201)
                }
                ("DELETE", None) => match self.containers.remove(&asked.container) {
                    Some(_) => Answer::ok(202),
                    None => Answer::refused(404, "ContainerNotFound"),
                },
                ("GET", Some("list")) => self.list(asked),
                _ => Answer::refused(400, "UnsupportedOperation"),
            };
        }
        if !self.containers.contains_key(&asked.container) {
            return Answer::refused(404, "ContainerNotFound");
        }
        match (asked.method.as_str(), comp) {
            ("PUT", None) => self.write(asked, asked.body.clone()),
            ("PUT", Some("block")) => {
                let id = asked.query.get("blockid").cloned().unwrap_or_default();
                self.blocks.insert(key(asked, id), asked.body.clone());
                Answer::ok(201)
            }
            ("PUT", Some("blocklist")) => self.commit(asked),
            ("GET" | "HEAD", None) => self.read(asked),
            ("DELETE", None) => {
                let blobs = self.containers.entry(asked.container.clone()).or_default();
                match blobs.remove(&asked.blob) {
                    Some(_) => Answer::ok(202),
                    None => Answer::refused(404, "BlobNotFound"),
                }
            }
            _ => Answer::refused(400, "UnsupportedOperation"),
        }
    }

    fn write(&mut self, asked: &Asked, content: Bytes) -> Answer {
        let metadata = asked.headers.iter().filter_map(|(name, value)| {
            let name = name.strip_prefix("x-ms-meta-")?;
            Some((name.to_owned(), value.clone()))
        });
        let metadata = metadata.collect();
        let etag = self.store(&asked.container, &asked.blob, content, metadata);
        Answer {
            headers: vec![("etag".to_owned(), etag)],
            ..Answer::ok(201)
        }
    }

    fn store(
        &mut self,
        container: &str,
        name: &str,
        content: Bytes,
        metadata: Vec<(String, String)>,
    ) -> String {
        self.changes += 1;
        let etag = format!("\"0x{:X}\"", self.changes);
        let blob = Blob {
            content,
            metadata,
            written: Utc::now(),
            etag: etag.clone(),
        };
        let blobs = self.containers.entry(container.to_owned()).or_default();
        blobs.insert(name.to_owned(), blob);
        etag
    }

    fn commit(&mut self, asked: &Asked) -> Answer {
        let text = String::from_utf8_lossy(&asked.body).into_owned();
        let mut content = Vec::new();
        for part in text.split('<').filter_map(|part| part.split_once('>')) {
            let ("Latest" | "Uncommitted", id) = part else {
                continue;
            };
            match self.blocks.remove(&key(asked, id.to_owned())) {
                Some(block) => content.extend_from_slice(&block),
                None => return Answer::refused(400, "InvalidBlockList"),
            }
        }
        self.write(asked, content.into())
    }

    fn read(&self, asked: &Asked) -> Answer {
        let blob = self
            .containers
            .get(&asked.container)
            .and_then(|all| all.get(&asked.blob));
        let Some(blob) = blob else {
            return Answer::refused(404, "BlobNotFound");
        };
        let len = blob.content.len();
        let range = asked
            .headers
            .get("x-ms-range")
            .or(asked.headers.get("range"));
        let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let (status, range) = match range {
            Some((start, end)) => {
                let start: usize = start.parse().expect("a start");
                let end = end.parse::<usize>().map_or(len, |end| len.min(end + 1));
                if start >= len {
                    return Answer::refused(416, "InvalidRange");
                }
                (206, start..end)
            }
            None => (200, 0..len),
        };
        let mut headers = vec![
            ("etag".to_owned(), blob.etag.clone()),
            ("last-modified".to_owned(), shown(blob.written)),
            ("content-length".to_owned(), range.len().to_string()),
        ];
        if status == 206 {
            let end = range.end - 1;
            let value = format!("bytes {}-{end}/{len}", range.start);
            headers.push(("content-range".to_owned(), value));
        }
        let is_head = asked.method.as_str() == "HEAD";
        let body = blob.content.slice(range);
        Answer {
            headers,
            body: if is_head { Bytes::new() } else { body },
            ..Answer::ok(status)
        }
    }

    fn list(&self, asked: &Asked) -> Answer {
        let Some(blobs) = self.containers.get(&asked.container) else {
            return Answer::refused(404, "ContainerNotFound");
        };
        let part = |name: &str| {
            asked
                .query
                .get(name)
                .map(String::as_str)
                .unwrap_or_default()
        };
        let (prefix, marker) = (part("prefix"), part("marker"));
        let wanted = |(name, _): &(&String, &Blob)| name.starts_with(prefix) && &***name >= marker;
        let mut found = blobs.iter().filter(wanted);
        let mut text = String::from("\u{feff}<?xml version=\"1.0\"?><EnumerationResults><Blobs>");
        for (name, blob) in found.by_ref().take(self.page_size) {
            let _ = write!(
                text,
                "<Blob><Name>{}</Name><Properties><Last-Modified>{}</Last-Modified>\
                 <Content-Length>{}</Content-Length></Properties>",
                escaped(name),
                shown(blob.written),
                blob.content.len()
            );
            if part("include") == "metadata" {
                text.push_str("<Metadata>");
                for (name, value) in &blob.metadata {
                    let _ = write!(text, "<{name}>{}</{name}>", escaped(value));
                }
                text.push_str("</Metadata>");
            }
            text.push_str("</Blob>");
        }
        let next = found
            .next()
            .map(|(name, _)| escaped(name))
            .unwrap_or_default();
        let _ = write!(
            text,
            "</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"
        );
        Answer {
            body: text.into(),
            ..Answer::ok(200)
        }
    }

    fn list_containers(&self, asked: &Asked) -> Answer {
        let prefix = asked
            .query
            .get("prefix")
            .map(String::as_str)
            .unwrap_or_default();
        let mut text = String::from("<EnumerationResults><Containers>");
        for name in self
            .containers
            .keys()
            .filter(|name| name.starts_with(prefix))
        {
            let _ = write!(text, "<Container><Name>{name}</Name></Container>");
        }
        text.push_str("</Containers><NextMarker /></EnumerationResults>");
        Answer {
            body: text.into(),
            ..Answer::ok(200)
        }
    }
}

fn key(asked: &Asked, id: String) -> (String, String, String) {
    (asked.container.clone(), asked.blob.clone(), id)
}

fn shown(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
