//! Handwritten requests, so that a test can send bytes that no HTTP library would.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use batch_auth::{RequestView, SharedKey};
use batch_emulator::{DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, Emulator};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Time limit for everything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The received bytes, and how the connection ended.
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: std::io::Result<()>,
}

/// Sends bytes, closes the sending side and reads to the end.
pub(crate) async fn exchange(emulator: &Emulator, bytes: &[u8]) -> Vec<u8> {
    let shown = &bytes[..bytes.len().min(200)];
    let received = tokio::time::timeout(PATIENCE, receive(emulator, bytes)).await;
    received
        .unwrap_or_else(|_| panic!("hangs on {:?}", String::from_utf8_lossy(shown)))
        .bytes
}

/// Does the same without a time limit.
pub(crate) async fn receive(emulator: &Emulator, bytes: &[u8]) -> Received {
    let address = emulator.endpoint().trim_start_matches("http://");
    let address: SocketAddr = address.parse().unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let write = async {
        // The service may close first if it has seen enough.
        let _ = writer.write_all(bytes).await;
        let _ = writer.shutdown().await;
    };
    let read = async {
        let mut bytes = Vec::new();
        let end = reader.read_to_end(&mut bytes).await.map(drop);
        Received { bytes, end }
    };
    tokio::join!(write, read).1
}

/// Source of the header `Authorization`.
#[derive(Debug, Clone)]
enum Authorization {
    Signed,
    Given(String),
    Absent,
}

/// A request to sign and send.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: String,
    sent_method: String,
    target: String,
    account: String,
    key: String,
    date: Option<SystemTime>,
    authorization: Authorization,
    signed: Vec<(String, String)>,
    sent: Vec<(String, String)>,
    body: Vec<u8>,
    chunked: bool,
}

impl Call {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            sent_method: method.to_owned(),
            target: target.to_owned(),
            account: DEVELOPMENT_ACCOUNT.to_owned(),
            key: DEVELOPMENT_KEY.to_owned(),
            date: Some(SystemTime::now()),
            authorization: Authorization::Signed,
            signed: Vec::new(),
            sent: Vec::new(),
            body: Vec::new(),
            chunked: false,
        }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// Replaces the method after signing.
    pub(crate) fn altered(mut self, method: &str) -> Self {
        method.clone_into(&mut self.sent_method);
        self.signed_header("content-length", "0")
    }

    pub(crate) fn signed_as(mut self, account: &str, key: &str) -> Self {
        account.clone_into(&mut self.account);
        key.clone_into(&mut self.key);
        self
    }

    pub(crate) fn without_date(mut self) -> Self {
        self.date = None;
        self.authorization = Authorization::Given(self.made_up());
        self
    }

    pub(crate) fn aged(mut self, seconds: i64) -> Self {
        let span = Duration::from_secs(seconds.unsigned_abs());
        let now = SystemTime::now();
        self.date = Some(if seconds < 0 { now + span } else { now - span });
        self
    }

    pub(crate) fn authorization(mut self, text: Option<&str>) -> Self {
        self.authorization = match text {
            Some(text) => Authorization::Given(text.to_owned()),
            None => Authorization::Absent,
        };
        self
    }

    pub(crate) fn signed_header(mut self, name: &str, value: &str) -> Self {
        self.signed.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replaces or adds a header after signing.
    pub(crate) fn sent_header(mut self, name: &str, value: &str) -> Self {
        self.sent.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, content_type: &str, bytes: &[u8]) -> Self {
        self.body = bytes.to_vec();
        if !content_type.is_empty() {
            self = self.signed_header("content-type", content_type);
        }
        let length = bytes.len().to_string();
        self.signed_header("content-length", &length)
    }

    pub(crate) fn chunked(mut self) -> Self {
        self.signed.retain(|(name, _)| name != "content-length");
        self.chunked = true;
        self.signed_header("transfer-encoding", "chunked")
    }

    /// Returns the bytes of the request on the wire.
    pub(crate) fn bytes(&self, emulator: &Emulator) -> Vec<u8> {
        let mut headers = self.signed.clone();
        if let Some(date) = self.date {
            headers.push(("ocp-date".to_owned(), httpdate::fmt_http_date(date)));
        }
        let authorization = match &self.authorization {
            Authorization::Given(text) => Some(text.clone()),
            Authorization::Signed => Some(self.sign(&headers)),
            Authorization::Absent => None,
        };
        headers.extend(authorization.map(|text| ("authorization".to_owned(), text)));
        let (_, host) = emulator.endpoint().split_once("://").unwrap();
        let host = host.to_owned();
        headers.push(("host".to_owned(), host));
        for (name, value) in &self.sent {
            headers.retain(|(known, _)| known != name);
            headers.push((name.clone(), value.clone()));
        }
        let mut text = format!("{} {} HTTP/1.1\r\n", self.sent_method, self.target);
        for (name, value) in headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        if self.chunked {
            for chunk in self.body.chunks(60_000) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        } else {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }

    fn sign(&self, headers: &[(String, String)]) -> String {
        let key = SharedKey::new(&self.account, &self.key).unwrap();
        let view = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        match key.sign(&RequestView::new(&self.method, &self.target, view)) {
            Ok(signature) => signature.into_authorization(),
            // Some requests cannot be signed; a made-up signature will do.
            Err(_) => self.made_up(),
        }
    }

    fn made_up(&self) -> String {
        format!("SharedKey {}:{}=", self.account, "A".repeat(43))
    }

    pub(crate) async fn send(self, emulator: &Emulator) -> Answer {
        let bytes = self.bytes(emulator);
        let received = exchange(emulator, &bytes).await;
        Answer::parse(&received).unwrap_or_else(|| panic!("no answer to {self:?}"))
    }
}

/// A parsed response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let body = bytes[end + 4..].to_vec();
        Some(Self {
            status,
            headers,
            body,
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the names of the headers, in lower case.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the body, joined if it came in chunks.
    pub(crate) fn content(&self) -> Vec<u8> {
        if self.header("transfer-encoding") != Some("chunked") {
            return self.body.clone();
        }
        let (mut content, mut rest) = (Vec::new(), self.body.as_slice());
        while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
            let size = std::str::from_utf8(&rest[..end]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            let from = end + 2;
            content.extend_from_slice(&rest[from..from + size]);
            rest = &rest[(from + size + 2).min(rest.len())..];
        }
        content
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// Checks that the response has the service's error format.
    pub(crate) fn is_refusal(&self) {
        let json = self.json();
        let metadata = json["odata.metadata"].as_str().unwrap();
        assert!(
            metadata.ends_with("Container.errors/@Element"),
            "{metadata}"
        );
        assert_eq!(json["message"]["lang"], "en-US");
        let id = self.header("request-id").unwrap();
        let message = json["message"]["value"].as_str().unwrap();
        assert!(
            message.contains(&format!("\nRequestId:{id}\nTime:20")),
            "{message}"
        );
    }
}

/// Pseudo-random numbers that are the same in every run: xorshift64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (bound.max(1) as u64)).unwrap()
    }

    /// Returns noise, or a valid request with a few bytes changed, inserted or removed.
    pub(crate) fn request(&mut self, emulator: &Emulator) -> Vec<u8> {
        if self.below(4) == 0 {
            let length = self.below(400);
            return (0..length).map(|_| self.byte()).collect();
        }
        let mut call = self.call();
        if self.below(3) == 0 {
            call = call.chunked();
        }
        let mut bytes = call.bytes(emulator);
        for _ in 0..=self.below(4) {
            if self.below(4) == 0 {
                let at = self.below(bytes.len());
                bytes.truncate(at.max(1));
            } else {
                self.change(&mut bytes);
            }
        }
        bytes
    }

    /// Returns a valid request.
    pub(crate) fn good(&mut self, emulator: &Emulator) -> Vec<u8> {
        self.call().bytes(emulator)
    }

    fn call(&mut self) -> Call {
        let targets = [
            "/pools?api-version=2024-02-01.19.0",
            "/pools?api-version=2024-02-01.19.0&$filter=state%20eq%20'active'&$select=id&maxresults=2",
            "/jobs/j%2F/tasks/t/files/wd%2Fa?api-version=2024-02-01.19.0",
            "/certificates(thumbprintAlgorithm=sha1,thumbprint=ab)?api-version=2024-02-01.19.0",
            "/jobs?api-version=2024-02-01.19.0",
            "/jobs/a/tasks?api-version=2024-02-01.19.0",
        ];
        let bodies: [&[u8]; 3] = [
            br#"{"id":"a","poolInfo":{"poolId":"p"}}"#,
            br#"{"id":"a","commandLine":"echo","constraints":{"maxWallClockTime":"PT1H"}}"#,
            br#"{"id":"p","vmSize":"a","resizeTimeout":"PT15M","metadata":[{"name":"a","value":"\u00e4"}]}"#,
        ];
        let methods = ["GET", "POST", "HEAD", "DELETE", "PATCH"];
        let target = targets[self.below(targets.len())];
        Call::new(methods[self.below(methods.len())], target)
            .authorization(Some("Bearer t0ken"))
            .body("application/json", bodies[self.below(bodies.len())])
    }

    /// Changes, inserts or removes a byte.
    pub(crate) fn change(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let at = self.below(bytes.len());
        match self.below(3) {
            0 => bytes[at] = self.byte(),
            1 => bytes.insert(at, self.byte()),
            _ => drop(bytes.remove(at)),
        }
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}
