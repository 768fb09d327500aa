//! Display and Debug: one line of limited length, without secrets.

use std::borrow::Cow;
use std::fmt;

use super::signature::{Diagnosis, echoed};
use super::{Error, Response};
use crate::wire::json::without_mark;
use crate::wire::redact;

/// Most characters of a message, and of the client's own text.
const TEXT: usize = 2000;
/// Most characters of a code, an id or a key.
const NAME: usize = 200;
/// Most characters of a detail, and of a body that is not the service's.
const EXCERPT: usize = 200;
/// Most details that are shown.
const DETAILS: usize = 10;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.inner.operation {
            f.write_str(operation)?;
            if let Some(subject) = &self.inner.subject {
                write!(f, " {:?}", self.line(subject, NAME))?;
            }
            f.write_str(": ")?;
        }
        let kind = &self.inner.kind;
        f.write_str(&self.line(&kind.text, TEXT))?;
        if let Some(response) = &self.inner.response {
            if !kind.text.is_empty() {
                f.write_str("; status ")?;
            }
            self.write_response(f, response)?;
        }
        self.write_notes(f)?;
        match &kind.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl Error {
    /// Text of the response as one line, without secrets.
    fn line<'a>(&self, text: &'a str, most: usize) -> Cow<'a, str> {
        match &self.inner.token {
            Some(token) if text.contains(&**token) => {
                let hidden = text.replace(&**token, "[redacted]");
                Cow::Owned(redact::line(&hidden, most).into_owned())
            }
            _ => redact::line(text, most),
        }
    }

    fn write_response(&self, f: &mut fmt::Formatter<'_>, response: &Response) -> fmt::Result {
        write!(f, "{}", response.status.as_u16())?;
        let Some(error) = &response.error else {
            return self.write_foreign(f, response);
        };
        match &error.code {
            Some(code) => write!(f, " {}", self.line(code, NAME))?,
            None => write!(f, " {}", reason(response))?,
        }
        if let Some(diagnosis) = self.diagnosis() {
            return write_diagnosis(f, &diagnosis);
        }
        // The service puts its request id and the time into further lines of the message.
        let message = error.message.as_ref().and_then(|m| m.value.as_deref());
        if let Some(line) = message.and_then(|text| text.lines().next()) {
            write!(f, ": {}", self.line(line, TEXT))?;
        }
        let details = error.values.as_deref().unwrap_or_default();
        for detail in details.iter().take(DETAILS) {
            let key = self.line(detail.key.as_deref().unwrap_or("?"), NAME);
            let value = without_signed(detail.value.as_deref().unwrap_or_default());
            write!(f, " [{key}: {}]", self.line(&value, EXCERPT))?;
        }
        match details.len().saturating_sub(DETAILS) {
            0 => Ok(()),
            more => write!(f, " [{more} more details]"),
        }
    }

    /// A response that is not an error of the service, such as the HTML of a proxy.
    fn write_foreign(&self, f: &mut fmt::Formatter<'_>, response: &Response) -> fmt::Result {
        write!(f, " {}", reason(response))?;
        let body = without_mark(&response.body).trim_ascii();
        // A successful response can hold values that no Debug shows, such as the environment of a
        // task.
        if body.is_empty() || (response.status.is_success() && body.starts_with(b"{")) {
            return Ok(());
        }
        if let Some(text) = beginning(body) {
            write!(f, ": {:?}", self.line(text, EXCERPT))?;
        }
        let media = crate::wire::header::text(&response.headers, "content-type");
        let media = self.line(media.unwrap_or("unknown type"), NAME);
        if response.status.is_success() {
            return write!(f, " ({media})");
        }
        let length = response.body.len();
        write!(f, " ({length} bytes, {media}, not an error of the service)")
    }

    /// Attempts and request id, in parentheses.
    fn write_notes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.inner.history.attempts, self.request_id()) {
            (None, None) => Ok(()),
            (None, Some(id)) => write!(f, " (request {})", self.line(id, NAME)),
            (Some((count, time)), id) => {
                write!(f, " ({count} attempts in {:.1} s", time.as_secs_f64())?;
                if let Some(id) = id {
                    write!(f, ", request {}", self.line(id, NAME))?;
                }
                f.write_str(")")
            }
        }
    }
}

fn reason(response: &Response) -> &'static str {
    response
        .status
        .canonical_reason()
        .unwrap_or("unknown status")
}

/// The beginning of a body that is text. Its last character may be cut off.
fn beginning(body: &[u8]) -> Option<&str> {
    let body = &body[..body.len().min(16 * 1024)];
    match std::str::from_utf8(body) {
        Ok(text) => Some(text),
        Err(why) if why.error_len().is_none() => {
            std::str::from_utf8(&body[..why.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

fn write_diagnosis(f: &mut fmt::Formatter<'_>, diagnosis: &Diagnosis<'_>) -> fmt::Result {
    match diagnosis {
        Diagnosis::Different(difference) => write!(
            f,
            ": the signature does not match: {difference}; check what changes the request on its way"
        ),
        Diagnosis::OtherKey(account) => write!(
            f,
            ": the key does not belong to account {}: both sides signed the same text; copy one of \
             the account's keys again",
            account.unwrap_or("?"),
        ),
    }
}

/// A detail without the string to sign, which can be long.
fn without_signed(detail: &str) -> Cow<'_, str> {
    match echoed(detail) {
        Some(signed) => Cow::Owned(detail.replace(signed, "…")),
        None => Cow::Borrowed(detail),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("reason", &self.inner.kind.reason)
            .field("text", &self.to_string())
            .field("source", &self.inner.source)
            .finish()
    }
}
