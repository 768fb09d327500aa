//! How errors are shown: in one line, and without what gives access.

use std::fmt;

use super::{Answer, Error};
use crate::wire::redact;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.inner.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&redact::text(&self.inner.kind.text))?;
        if let Some(answer) = &self.inner.answer {
            if !self.inner.kind.text.is_empty() {
                f.write_str("; status ")?;
            }
            write_answer(f, answer)?;
        }
        if let Some((count, time)) = self.inner.history.tries {
            write!(f, " after {count} attempts in {:.1} s", time.as_secs_f64())?;
        }
        if let Some(id) = self.request_id() {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

fn write_answer(f: &mut fmt::Formatter<'_>, answer: &Answer) -> fmt::Result {
    write!(f, "{}", answer.status.as_u16())?;
    let Some(error) = &answer.error else {
        let reason = answer.status.canonical_reason().unwrap_or("unknown status");
        write!(f, " {reason}")?;
        if !answer.body.is_empty() && !answer.status.is_success() {
            let media = crate::wire::header::text(&answer.headers, "content-type");
            let media = media.unwrap_or("unknown type");
            write!(
                f,
                " (a body of {} bytes, {media}, not an error of the service)",
                answer.body.len()
            )?;
        }
        return Ok(());
    };
    write!(f, " {}", error.code.as_deref().unwrap_or("unknown code"))?;
    // The service puts its request id and the time into further lines of the message.
    let message = error.message.as_ref().and_then(|m| m.value.as_deref());
    if let Some(line) = message.and_then(|text| text.lines().next()) {
        write!(f, ": {}", redact::text(line))?;
    }
    for detail in error.values.iter().flatten() {
        let key = detail.key.as_deref().unwrap_or("?");
        let value = detail.value.as_deref().unwrap_or_default();
        write!(f, " [{key}: {}]", redact::text(value))?;
    }
    Ok(())
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
