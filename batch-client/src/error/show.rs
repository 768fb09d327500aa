//! Display and Debug: one line, without secrets.

use std::borrow::Cow;
use std::fmt;

use super::signature::{Diagnosis, echoed};
use super::{Answer, Error};
use crate::wire::redact;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.inner.operation {
            f.write_str(operation)?;
            if let Some(subject) = &self.inner.subject {
                write!(f, " {:?}", redact::text(subject))?;
            }
            f.write_str(": ")?;
        }
        let kind = &self.inner.kind;
        f.write_str(&redact::text(&kind.text))?;
        if let Some(answer) = &self.inner.answer {
            if !kind.text.is_empty() {
                f.write_str("; status ")?;
            }
            self.write_answer(f, answer)?;
        }
        self.write_notes(f)?;
        match &kind.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl Error {
    fn write_answer(&self, f: &mut fmt::Formatter<'_>, answer: &Answer) -> fmt::Result {
        write!(f, "{}", answer.status.as_u16())?;
        let Some(error) = &answer.error else {
            return write_foreign(f, answer);
        };
        write!(f, " {}", error.code.as_deref().unwrap_or("unknown code"))?;
        if let Some(diagnosis) = self.diagnosis() {
            return write_diagnosis(f, &diagnosis);
        }
        // The service puts its request id and the time into further lines of the message.
        let message = error.message.as_ref().and_then(|m| m.value.as_deref());
        if let Some(line) = message.and_then(|text| text.lines().next()) {
            write!(f, ": {}", redact::text(line))?;
        }
        for detail in error.values.iter().flatten() {
            let key = detail.key.as_deref().unwrap_or("?");
            let value = one_line(detail.value.as_deref().unwrap_or_default());
            write!(f, " [{key}: {}]", redact::text(&value))?;
        }
        Ok(())
    }

    /// Attempts and request id, in parentheses.
    fn write_notes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.inner.history.attempts, self.request_id()) {
            (None, None) => Ok(()),
            (None, Some(id)) => write!(f, " (request {id})"),
            (Some((count, time)), id) => {
                write!(f, " ({count} attempts in {:.1} s", time.as_secs_f64())?;
                if let Some(id) = id {
                    write!(f, ", request {id}")?;
                }
                f.write_str(")")
            }
        }
    }
}

/// A response that is not an error of the service, such as the HTML of a proxy.
fn write_foreign(f: &mut fmt::Formatter<'_>, answer: &Answer) -> fmt::Result {
    let reason = answer.status.canonical_reason().unwrap_or("unknown status");
    write!(f, " {reason}")?;
    if answer.body.is_empty() || answer.status.is_success() {
        return Ok(());
    }
    let media = crate::wire::header::text(&answer.headers, "content-type");
    let media = media.unwrap_or("unknown type");
    let length = answer.body.len();
    write!(
        f,
        " (a body of {length} bytes, {media}, not an error of the service)"
    )
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

/// A detail without line breaks, and without the string to sign, which can be long.
fn one_line(detail: &str) -> Cow<'_, str> {
    let shown = match echoed(detail) {
        Some(signed) => Cow::Owned(detail.replace(signed, "…")),
        None => Cow::Borrowed(detail),
    };
    if !shown.contains(['\n', '\r']) {
        return shown;
    }
    let lines = shown.lines().map(str::trim).filter(|line| !line.is_empty());
    Cow::Owned(lines.collect::<Vec<_>>().join(" "))
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
