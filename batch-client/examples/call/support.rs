//! What the generated dispatch stands on: [`Input`] reads the arguments of a call, [`Output`] takes
//! its answer.
//!
//! ```text
//! texts and JSON ──► Input ──► dispatch (generated) ──► typed call ──► Output, or Failure
//! ```
//!
//! The dispatch is no part of the library, because a program calls the operations that it knows by
//! their methods. The example `call` takes it in and prints; the project's tests take it in by its
//! path and assert. So nothing here prints, exits or reads the environment.

// Who takes the file in uses the part that it needs.
#![allow(dead_code)]

use batch_client::chrono::{DateTime, SecondsFormat, Utc};
use batch_client::reqwest::StatusCode;
use batch_client::reqwest::header::HeaderMap;
use batch_client::{Download, FileProperties, PageStream, RawResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The arguments of one call.
///
/// The dispatch reads every parameter that the operation takes, then calls
/// [`finish`](Self::finish): what has not been read by then is not of this operation.
#[derive(Debug)]
pub(crate) struct Input {
    /// Wire names and values, as far as they are not read yet.
    parameters: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    all: bool,
    /// What the operation asked for, to say what it takes.
    asked: Vec<&'static str>,
    takes_body: bool,
    is_listing: bool,
}

impl Input {
    /// Takes parameters by their wire names, the body as JSON, and whether to follow all pages of a
    /// listing.
    ///
    /// Letter case of the names makes no difference: HTTP's headers are so, and no operation has
    /// two names that differ in nothing else.
    pub(crate) fn new(parameters: Vec<(String, String)>, body: Option<Vec<u8>>, all: bool) -> Self {
        Self {
            parameters,
            body,
            all,
            asked: Vec::new(),
            takes_body: false,
            is_listing: false,
        }
    }

    /// A parameter that the operation cannot do without, read by one of the readers below.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        read(self, name)?
            .ok_or_else(|| Failure::usage(format!("the required parameter `{name}` is missing")))
    }

    #[allow(clippy::unnecessary_wraps)] // All readers have one shape, for `required`.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Failure> {
        Ok(self.take(name))
    }

    pub(crate) fn integer(&mut self, name: &'static str) -> Result<Option<i32>, Failure> {
        self.read(name, "a whole number of 32 bits", |text| text.parse().ok())
    }

    pub(crate) fn long(&mut self, name: &'static str) -> Result<Option<i64>, Failure> {
        self.read(name, "a whole number of 64 bits", |text| text.parse().ok())
    }

    pub(crate) fn boolean(&mut self, name: &'static str) -> Result<Option<bool>, Failure> {
        self.read(name, "true or false", |text| text.parse().ok())
    }

    /// A date as RFC 3339, also where the parameter is a header that goes out as an HTTP date.
    pub(crate) fn date(&mut self, name: &'static str) -> Result<Option<DateTime<Utc>>, Failure> {
        let expected = "a date as RFC 3339, such as 2024-03-05T01:02:03Z";
        self.read(name, expected, |text| {
            let date = DateTime::parse_from_rfc3339(text).ok()?;
            Some(date.to_utc())
        })
    }

    /// The body, where there is one, as the model that the operation takes.
    pub(crate) fn body<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        self.takes_body = true;
        self.body.take().map(|body| read_body(&body)).transpose()
    }

    pub(crate) fn required_body<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let body = self.body()?;
        body.ok_or_else(|| Failure::usage("the operation needs a body".to_owned()))
    }

    /// Whether to follow all pages; only listings ask.
    pub(crate) fn all(&mut self) -> bool {
        self.is_listing = true;
        self.all
    }

    /// Refuses what the operation did not ask for. To be called when everything is read and nothing
    /// is sent.
    pub(crate) fn finish(self, operation: &str) -> Result<(), Failure> {
        if let Some((name, _)) = self.parameters.first() {
            let takes = self.asked.join(", ");
            return Err(Failure::usage(if self.has_asked(name) {
                format!("the parameter `{name}` is given more than once")
            } else {
                format!("{operation} has no parameter `{name}`; it takes {takes}")
            }));
        }
        if self.body.is_some() && !self.takes_body {
            return Err(Failure::usage(format!("{operation} takes no body")));
        }
        if self.all && !self.is_listing {
            return Err(Failure::usage(format!(
                "{operation} is no listing; it has no pages to follow"
            )));
        }
        Ok(())
    }

    fn has_asked(&self, name: &str) -> bool {
        self.asked
            .iter()
            .any(|asked| asked.eq_ignore_ascii_case(name))
    }

    fn take(&mut self, name: &'static str) -> Option<String> {
        self.asked.push(name);
        let given = |(given, _): &(String, String)| given.eq_ignore_ascii_case(name);
        let place = self.parameters.iter().position(given)?;
        Some(self.parameters.remove(place).1)
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.take(name) else {
            return Ok(None);
        };
        let value = parse(&text);
        value.map(Some).ok_or_else(|| {
            Failure::usage(format!(
                "the parameter `{name}` is {expected}, not {text:?}"
            ))
        })
    }
}

fn read_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let read = serde_json::from_slice(body);
    let model = read.map_err(|why| {
        Failure::usage(if why.is_data() {
            format!("the body is not what the operation takes: {why}")
        } else {
            format!("the body is no JSON: {why}")
        })
    })?;
    // serde reads a list as the fields of a model in their order; JSON of the service never means
    // that.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Failure::usage("the body is no JSON object".to_owned()));
    }
    Ok(model)
}

/// The answer to one call.
#[derive(Debug)]
pub(crate) enum Output {
    /// Success without content.
    Nothing {
        status: StatusCode,
        headers: HeaderMap,
    },
    /// What the typed model holds, as JSON. Of all pages of a listing, status and headers are the
    /// last page's.
    Json {
        status: StatusCode,
        headers: HeaderMap,
        value: Value,
    },
    /// Whether a resource exists; the typed call has neither status nor headers.
    Bool(bool),
    /// The content of a file, unread.
    Bytes(Response<Download>),
}

// The dispatch ends in any of these and hands over what it has.
#[allow(clippy::unnecessary_wraps, clippy::needless_pass_by_value)]
impl Output {
    pub(crate) fn nothing(answer: Response<()>) -> Result<Self, Failure> {
        Ok(Self::Nothing {
            status: answer.status(),
            headers: answer.headers().clone(),
        })
    }

    pub(crate) fn existence(exists: bool) -> Result<Self, Failure> {
        Ok(Self::Bool(exists))
    }

    pub(crate) fn download(answer: Response<Download>) -> Result<Self, Failure> {
        Ok(Self::Bytes(answer))
    }

    pub(crate) fn file_properties(answer: Response<FileProperties>) -> Result<Self, Failure> {
        let value = headers_of(&answer);
        Self::json(answer.status(), answer.headers().clone(), &value)
    }

    pub(crate) fn model<T: Serialize>(answer: Response<T>) -> Result<Self, Failure> {
        Self::json(answer.status(), answer.headers().clone(), &*answer)
    }

    /// One page as the list result that it is, with its link to the next.
    pub(crate) async fn page<T: DeserializeOwned + Serialize>(
        answer: RawResponse,
    ) -> Result<Self, Failure> {
        let (status, headers) = (answer.status(), answer.headers().clone());
        let list: T = answer.json().await?;
        Self::json(status, headers, &list)
    }

    /// The items of all pages.
    pub(crate) async fn items<T: Serialize>(mut pages: PageStream<T>) -> Result<Self, Failure> {
        let mut items = Vec::new();
        let (mut status, mut headers) = (StatusCode::OK, HeaderMap::new());
        while let Some(page) = pages.try_next().await? {
            (status, headers) = (page.status(), page.headers().clone());
            for item in &page.items {
                items.push(serde_json::to_value(item)?);
            }
        }
        Self::json(status, headers, &items)
    }

    fn json(
        status: StatusCode,
        headers: HeaderMap,
        value: &impl Serialize,
    ) -> Result<Self, Failure> {
        Ok(Self::Json {
            status,
            headers,
            value: serde_json::to_value(value)?,
        })
    }
}

/// File properties under the names of the headers that they came in, as far as they came: numbers
/// and booleans as JSON has them, dates as RFC 3339 like those of models, the address decoded.
fn headers_of(file: &FileProperties) -> Map<String, Value> {
    let date = |date: DateTime<Utc>| date.to_rfc3339_opts(SecondsFormat::AutoSi, true).into();
    let text = |text: &String| text.as_str().into();
    let properties: [(&str, Option<Value>); 7] = [
        ("Content-Length", file.content_length.map(Value::from)),
        ("Content-Type", file.content_type.as_ref().map(text)),
        ("Last-Modified", file.last_modified.map(date)),
        (
            "ocp-batch-file-isdirectory",
            file.is_directory.map(Value::from),
        ),
        ("ocp-batch-file-mode", file.mode.as_ref().map(text)),
        ("ocp-batch-file-url", file.url.as_ref().map(text)),
        ("ocp-creation-time", file.creation_time.map(date)),
    ];
    let present = properties
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    present.collect()
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Arguments that do not fit the operation; nothing was sent.
    Usage(String),
    /// What the client says.
    Client(batch_client::Error),
    /// An answer that the model cannot write: a date after the year 9999.
    Unwritable(serde_json::Error),
}

impl Failure {
    /// An operation that is none, with those of its group, or with the groups.
    pub(crate) fn unknown_operation(operation: &str, operations: &[&str]) -> Self {
        let group = group(operation);
        let is_near = |id: &&&str| self::group(id).eq_ignore_ascii_case(group);
        let near: Vec<&str> = operations.iter().filter(is_near).copied().collect();
        let hint = if near.is_empty() {
            let mut groups: Vec<&str> = operations.iter().map(|id| self::group(id)).collect();
            groups.dedup();
            format!("the groups of operations are {}", groups.join(", "))
        } else {
            format!("near it are {}", near.join(", "))
        };
        Self::usage(format!("there is no operation `{operation}`; {hint}"))
    }

    fn usage(text: String) -> Self {
        Self::Usage(text)
    }
}

/// `Pool` of `Pool_Get`.
fn group(operation: &str) -> &str {
    operation.split('_').next().unwrap_or_default()
}

impl From<batch_client::Error> for Failure {
    fn from(error: batch_client::Error) -> Self {
        Self::Client(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Unwritable(error)
    }
}
