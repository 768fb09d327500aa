//! The attempts of one call, and what follows from each.

use super::{Call, meter, trace};
use crate::error::{Error, History, LONGEST_BODY};
use crate::retry::Tries;
use crate::retry::effect::{Kind, effect};
use crate::retry::judge::{Brought, Verdict, judge, leaves_unclear};
use crate::wire::{http_date, path};
use bytes::{Bytes, BytesMut};
use chrono::Utc;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, RETRY_AFTER, TRANSFER_ENCODING};
use reqwest::{Method, Request, Response, StatusCode, Url};
use serde_json::Value;
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// The body of an answer that was read here, kept beside it.
#[derive(Clone)]
struct Read {
    body: Bytes,
    /// Whether it broke off.
    broken: bool,
}

/// Sends a request until its answer is final.
pub(super) async fn send(call: &Call, request: Request) -> Result<Response, Error> {
    let span = trace::call(call.operation, &request);
    let result = attempts(call, request).instrument(span.clone()).await;
    trace::ended(&span, &result);
    result
}

async fn attempts(call: &Call, mut request: Request) -> Result<Response, Error> {
    let policy = call.options.retry.unwrap_or(call.shared.retry);
    let effect = effect(call.operation, request.method());
    let mut tries = Tries::new(policy);
    let mut unclear = false;
    let mut clock_corrected = false;
    loop {
        // Kept where another attempt may come; bodies are shared, not copied.
        let next = (policy.attempts > 1).then(|| request.try_clone()).flatten();
        tries.count += 1;
        let date = call.date(&mut request)?;
        let signed = call.authorize(&mut request).await?;
        let span = trace::attempt(&request, tries.count);
        let begun = Instant::now();
        let result = call.attempt(request).instrument(span.clone()).await;
        trace::ended(&span, &result);
        meter::attempt(call.operation, &result, begun.elapsed());

        let code = result.as_ref().ok().and_then(code);
        let brought = brought(&result, code.as_deref());
        let broken = is_broken(&result);
        let history = |tries: &Tries| History {
            tries: (tries.count > 1).then(|| (tries.count, tries.elapsed())),
            signed,
            broken,
        };
        if let (Ok(answer), false) = (&result, clock_corrected)
            && call.corrects_clock(date, answer)
            && let Some(next) = next
        {
            clock_corrected = true;
            request = next;
            continue;
        }
        let verdict = match judge(effect, brought, unclear) {
            Verdict::Final if broken => Verdict::Again,
            verdict => verdict,
        };
        unclear |= leaves_unclear(brought);
        match (verdict, next) {
            (Verdict::Applied, _) => return Ok(applied(&result?)),
            (Verdict::Confirm(kind), Some(sent)) => {
                let answer = result?;
                return match confirm(call, kind, &sent).await {
                    Some(headers) => Ok(added(headers)),
                    None => finish(Ok(answer), history(&tries)),
                };
            }
            (Verdict::Again, Some(next)) => {
                let asked = result
                    .as_ref()
                    .ok()
                    .and_then(|answer| retry_after(answer.headers()));
                let Some(pause) = tries.pause(asked) else {
                    return finish(result, history(&tries));
                };
                meter::retry(call.operation);
                trace::again(call.operation, tries.count, pause, &result);
                drop(result);
                tokio::time::sleep(pause).await;
                request = next;
            }
            (Verdict::Final | Verdict::Again | Verdict::Confirm(_), _) => {
                return finish(result, history(&tries));
            }
        }
    }
}

fn finish(result: Result<Response, Error>, history: History) -> Result<Response, Error> {
    match result {
        Ok(mut answer) => {
            answer.extensions_mut().insert(history);
            Ok(answer)
        }
        Err(error) => Err(error.after(history)),
    }
}

impl Call {
    /// One attempt: the answer with its body read, unless that is a stream.
    async fn attempt(&self, request: Request) -> Result<Response, Error> {
        // Our own HTTP client follows no redirects; one that a user made may.
        let address = self.shared.foreign_http.then(|| request.url().clone());
        let response = self
            .shared
            .http
            .execute(request)
            .await
            .map_err(|e| Error::transport(self.operation, e))?;
        if address.is_some_and(|address| *response.url() != address) {
            return Err(Error::redirected(self.operation, response));
        }
        if response.status().is_success() && self.streamed {
            return Ok(response);
        }
        self.read(response).await
    }

    /// Reads the body, so that an answer that breaks off counts as none.
    async fn read(&self, mut response: Response) -> Result<Response, Error> {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let (body, broken) = if status.is_success() {
            let body = response.bytes().await;
            let body = body.map_err(|e| Error::transport(self.operation, e))?;
            (body, false)
        } else {
            error_body(response).await
        };
        let mut read = http::Response::new(body.clone());
        *read.status_mut() = status;
        *read.headers_mut() = headers;
        read.extensions_mut().insert(Read { body, broken });
        Ok(read.into())
    }
}

/// What of an error's body came, and whether it broke off: that takes nothing away from the status.
async fn error_body(mut response: Response) -> (Bytes, bool) {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            end => return (body.freeze(), end.is_err()),
        }
        if body.len() >= LONGEST_BODY {
            body.truncate(LONGEST_BODY);
            return (body.freeze(), false);
        }
    }
}

/// Whether an error came without its end, so that nobody can say which it is.
fn is_broken(result: &Result<Response, Error>) -> bool {
    let read: Option<&Read> = result
        .as_ref()
        .ok()
        .and_then(|answer| answer.extensions().get());
    read.is_some_and(|read| read.broken)
}

fn brought<'a>(result: &Result<Response, Error>, code: Option<&'a str>) -> Brought<'a> {
    match result {
        Ok(answer) => Brought::Answer(answer.status(), code),
        Err(error) if error.is_connect() => Brought::NoConnection,
        Err(error) if error.is_lost() => Brought::Lost,
        Err(_) => Brought::Refused,
    }
}

/// The service's error code, where a second try may have to know it.
fn code(answer: &Response) -> Option<String> {
    let status = answer.status();
    if status != StatusCode::CONFLICT && status != StatusCode::NOT_FOUND {
        return None;
    }
    let read: &Read = answer.extensions().get()?;
    let error: Value = serde_json::from_slice(&read.body).ok()?;
    error["code"].as_str().map(str::to_owned)
}

/// How long the service asks to be left alone: seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = http_date::parse(text)?;
    // By the service's own clock, where it tells that.
    let date_header = headers.get(reqwest::header::DATE);
    let now = date_header
        .and_then(|now| http_date::parse(now.to_str().ok()?))
        .unwrap_or_else(Utc::now);
    Some((date - now).to_std().unwrap_or_default())
}

/// The success that an earlier attempt was, from the answer that tells so.
fn applied(answer: &Response) -> Response {
    success(StatusCode::ACCEPTED, answer.headers().clone())
}

/// The success that an earlier attempt to add was, from the headers of what it has added.
fn added(headers: HeaderMap) -> Response {
    success(StatusCode::CREATED, headers)
}

/// A success without a body, in the place of an answer that had one.
fn success(status: StatusCode, mut headers: HeaderMap) -> Response {
    for name in [CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let mut response = http::Response::new(Bytes::new());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.into()
}

/// Reads the resource that is in the way of an add; gives its headers if it is what was sent.
async fn confirm(call: &Call, kind: Kind, sent: &Request) -> Option<HeaderMap> {
    let body = sent.body()?.as_bytes()?;
    let url = address(kind, sent.url(), body)?;
    let mut request = Request::new(Method::GET, url);
    call.complete(&mut request);
    let found = Box::pin(attempts(call, request)).await.ok()?;
    let read: &Read = found.extensions().get()?;
    let same = found.status().is_success() && call.same?.is_same(body, &read.body);
    same.then(|| found.headers().clone())
}

/// The address of a resource, from the one that it is added at.
fn address(kind: Kind, added_at: &Url, body: &[u8]) -> Option<Url> {
    let sent: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| sent[name].as_str().map(path::encode);
    let base = added_at.path().trim_end_matches('/');
    let address = match kind {
        Kind::Certificate => format!(
            "{base}(thumbprintAlgorithm={},thumbprint={})",
            text("thumbprintAlgorithm")?,
            text("thumbprint")?
        ),
        _ => format!("{base}/{}", text("id")?),
    };
    let version = added_at
        .query_pairs()
        .find(|(name, _)| name == "api-version")?;
    let mut url = added_at.clone();
    url.set_path(&address);
    url.set_query(Some(&format!("api-version={}", version.1)));
    Some(url)
}
