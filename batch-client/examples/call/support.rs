//! Types for the generated dispatch: [`Input`] reads the arguments of a call, [`Output`] holds its
//! response.
//!
//! ```text
//! strings and JSON ──► Input ──► dispatch (generated) ──► typed call ──► Output, or Failure
//! ```
//!
//! The dispatch is not part of the library, because programs call operations by their methods. The
//! `call` example includes it and prints the result; the project's tests include it by its path and
//! check the result. So nothing here prints, exits or reads the environment.

// Not everything that includes this file uses all of it.
#![allow(dead_code)]

use batch_client::chrono::{DateTime, SecondsFormat, Utc};
use batch_client::reqwest::StatusCode;
use batch_client::reqwest::header::HeaderMap;
use batch_client::{Download, FileProperties, PageStream, RawResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Arguments of a call.
///
/// The dispatch reads every parameter that the operation takes, then calls
/// [`finish`](Self::finish): a parameter that has not been read by then does not belong to the
/// operation.
#[derive(Debug)]
pub(crate) struct Input {
    /// Names on the wire and values of the parameters not yet read.
    parameters: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    all: bool,
    /// Parameters requested by the operation, for error messages.
    requested: Vec<&'static str>,
    takes_body: bool,
    is_listing: bool,
}

impl Input {
    /// Creates the input from parameters by their names on the wire, the body as JSON, and whether
    /// to follow all pages of a listing.
    ///
    /// Parameter names are not case-sensitive: HTTP headers are not, and no operation has two names
    /// that differ only in case.
    pub(crate) fn new(parameters: Vec<(String, String)>, body: Option<Vec<u8>>, all: bool) -> Self {
        Self {
            parameters,
            body,
            all,
            requested: Vec::new(),
            takes_body: false,
            is_listing: false,
        }
    }

    /// Reads a required parameter with one of the readers below.
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
        self.read(name, "a 32-bit integer", |text| text.parse().ok())
    }

    pub(crate) fn long(&mut self, name: &'static str) -> Result<Option<i64>, Failure> {
        self.read(name, "a 64-bit integer", |text| text.parse().ok())
    }

    pub(crate) fn boolean(&mut self, name: &'static str) -> Result<Option<bool>, Failure> {
        self.read(name, "true or false", |text| text.parse().ok())
    }

    /// Reads a date in RFC 3339 form, even if the parameter is a header that is sent as an HTTP
    /// date.
    pub(crate) fn date(&mut self, name: &'static str) -> Result<Option<DateTime<Utc>>, Failure> {
        let expected = "a date as RFC 3339, such as 2024-03-05T01:02:03Z";
        self.read(name, expected, |text| {
            let date = DateTime::parse_from_rfc3339(text).ok()?;
            Some(date.to_utc())
        })
    }

    /// Reads the body, if there is one, as the model that the operation takes.
    pub(crate) fn body<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        self.takes_body = true;
        self.body.take().map(|body| read_body(&body)).transpose()
    }

    pub(crate) fn required_body<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let body = self.body()?;
        body.ok_or_else(|| Failure::usage("the operation needs a body".to_owned()))
    }

    /// True if all pages should be followed; only listings call this.
    pub(crate) fn all(&mut self) -> bool {
        self.is_listing = true;
        self.all
    }

    /// Rejects arguments that the operation did not request. Call it after everything is read and
    /// before anything is sent.
    pub(crate) fn finish(self, operation: &str) -> Result<(), Failure> {
        if let Some((name, _)) = self.parameters.first() {
            let takes = self.requested.join(", ");
            return Err(Failure::usage(if self.has_requested(name) {
                format!("the parameter `{name}` is given more than once")
            } else {
                format!("{operation} does not have a parameter `{name}`; it takes {takes}")
            }));
        }
        if self.body.is_some() && !self.takes_body {
            return Err(Failure::usage(format!("{operation} does not take a body")));
        }
        if self.all && !self.is_listing {
            return Err(Failure::usage(format!(
                "{operation} is not a listing, so it does not have pages"
            )));
        }
        Ok(())
    }

    fn has_requested(&self, name: &str) -> bool {
        self.requested
            .iter()
            .any(|requested| requested.eq_ignore_ascii_case(name))
    }

    fn take(&mut self, name: &'static str) -> Option<String> {
        self.requested.push(name);
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
                "the parameter `{name}` must be {expected}, not {text:?}"
            ))
        })
    }
}

fn read_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let read = serde_json::from_slice(body);
    let model = read.map_err(|why| {
        Failure::usage(if why.is_data() {
            format!("the body does not match the operation's model: {why}")
        } else {
            format!("the body is not JSON: {why}")
        })
    })?;
    // serde would read a list as a model's fields in order, which is never meant in the service's
    // JSON.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Failure::usage("the body is not a JSON object".to_owned()));
    }
    Ok(model)
}

/// The response to a call.
#[derive(Debug)]
pub(crate) enum Output {
    /// Success without content.
    Nothing {
        status: StatusCode,
        headers: HeaderMap,
    },
    /// The contents of the typed model, as JSON. For all pages of a listing, status and headers are
    /// those of the last page.
    Json {
        status: StatusCode,
        headers: HeaderMap,
        value: Value,
    },
    /// Existence of a resource; the typed call returns neither status nor headers.
    Bool(bool),
    /// The contents of a file, not yet read.
    Bytes(Response<Download>),
}

// The dispatch ends in one of these functions and passes what it has.
#[allow(clippy::unnecessary_wraps, clippy::needless_pass_by_value)]
impl Output {
    pub(crate) fn nothing(response: Response<()>) -> Result<Self, Failure> {
        Ok(Self::Nothing {
            status: response.status(),
            headers: response.headers().clone(),
        })
    }

    pub(crate) fn existence(exists: bool) -> Result<Self, Failure> {
        Ok(Self::Bool(exists))
    }

    pub(crate) fn download(response: Response<Download>) -> Result<Self, Failure> {
        Ok(Self::Bytes(response))
    }

    pub(crate) fn file_properties(response: Response<FileProperties>) -> Result<Self, Failure> {
        let value = headers_of(&response);
        Self::json(response.status(), response.headers().clone(), &value)
    }

    pub(crate) fn model<T: Serialize>(response: Response<T>) -> Result<Self, Failure> {
        Self::json(response.status(), response.headers().clone(), &*response)
    }

    /// A single page as its list result, with the link to the next page.
    pub(crate) async fn page<T: DeserializeOwned + Serialize>(
        response: RawResponse,
    ) -> Result<Self, Failure> {
        let (status, headers) = (response.status(), response.headers().clone());
        let list: T = response.json().await?;
        Self::json(status, headers, &list)
    }

    /// Items of all pages.
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

/// File properties under the names of their headers, if received: numbers and booleans as JSON,
/// dates as RFC 3339 like those in models, the URL decoded.
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

/// Reasons why there is no response.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments do not match the operation; nothing was sent.
    Usage(String),
    /// An error from the client.
    Client(batch_client::Error),
    /// The response contains a date after the year 9999, which the model cannot write.
    Unwritable(serde_json::Error),
}

impl Failure {
    /// An unknown operation, with the operations in its group, or with the groups.
    pub(crate) fn unknown_operation(operation: &str, operations: &[&str]) -> Self {
        let group = group(operation);
        let is_near = |id: &&&str| self::group(id).eq_ignore_ascii_case(group);
        let near: Vec<&str> = operations.iter().filter(is_near).copied().collect();
        let hint = if near.is_empty() {
            let mut groups: Vec<&str> = operations.iter().map(|id| self::group(id)).collect();
            groups.dedup();
            format!("the operation groups are {}", groups.join(", "))
        } else {
            format!("operations in this group: {}", near.join(", "))
        };
        Self::usage(format!("unknown operation `{operation}`; {hint}"))
    }

    fn usage(text: String) -> Self {
        Self::Usage(text)
    }
}

/// The group of an operation, such as `Pool` for `Pool_Get`.
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
