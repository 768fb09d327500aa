//! Attempts of a call, and the decision after each.

use std::pin::pin;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use reqwest::{Request, Response, StatusCode, Url};
use tracing::Instrument as _;

use super::confirm::{self, Existing};
use super::success::{Body, Success};
use super::{Again, Call, Transport, meter, trace};
use crate::credential::TokenNumber;
use crate::error::{Error, History, LONGEST_BODY};
use crate::retry::Attempts;
use crate::retry::comparison::Queries;
use crate::retry::decision::{Decision, Outcome, decide, decide_named, may_be_applied};
use crate::retry::effect::Effect;
use crate::wire::header::retry_after;

// The futures here are functions that return `async move` blocks, each inner future is pinned where
// it is made, and none holds a request that is already under way. An `async fn` keeps its arguments
// twice, and `instrument` moves the future that it wraps. The future of `Client::call` had 4,696
// bytes instead of 2,280, and copying it cost 2 % of a call's instructions.

/// Sends a complete request until its result is final.
pub(super) fn send<'a>(
    transport: &'a Transport,
    call: &'a Call,
    request: Request,
    again: Again<'a>,
) -> impl Future<Output = Result<Success, Error>> + Send + 'a {
    let span = trace::call(call.operation, &request);
    async move {
        let attempts = pin!(attempts(transport, call, request, again));
        let result = attempts.instrument(span.clone()).await;
        trace::ended(&span, &result);
        result
    }
}

/// Makes the attempts of a request.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn holds its arguments twice"
)]
pub(super) fn attempts<'a>(
    transport: &'a Transport,
    call: &'a Call,
    mut request: Request,
    mut again: Again<'a>,
) -> impl Future<Output = Result<Success, Error>> + Send + 'a {
    async move {
        let policy = call.options.retry.unwrap_or(transport.retry);
        let mut made = Attempts::new(policy);
        let mut uncertain = false;
        let (mut clock_corrected, mut token_renewed) = (false, false);
        let is_retried = policy.attempts > 1;
        loop {
            if let Again::Copied(copy) = &mut again {
                *copy = (is_retried || transport.credential.is_renewable())
                    .then(|| request.try_clone())
                    .flatten()
                    .map(Box::new);
            }
            made.count += 1;
            let date = transport.date(call, &mut request)?;
            let authorized = transport.authorize(&mut request).await?;
            let result = pin!(observed(transport, call, request, made.count)).await;
            let error = match result.and_then(|success| decoded(call, success)) {
                Ok(success) => return Ok(success),
                Err(error) => error.hiding(authorized.bearer.as_ref()),
            };
            if let Some(token) = authorized.token.filter(|_| !token_renewed)
                && transport.renews_token(token, &error).await?
                && let Some(next) = transport.next(call, &mut again)
            {
                token_renewed = true;
                made.allow_one_more();
                request = next;
                continue;
            }
            let mut next = || {
                is_retried
                    .then(|| transport.next(call, &mut again))
                    .flatten()
            };
            if !clock_corrected
                && transport.corrects_clock(call, date, &error)
                && let Some(next) = next()
            {
                clock_corrected = true;
                request = next;
                continue;
            }
            let outcome = outcome(&error);
            let decision = if policy.names(error.code()) {
                decide_named(call.effect, outcome, uncertain)
            } else {
                decide(call.effect, outcome, uncertain)
            };
            uncertain |= may_be_applied(outcome);
            let history = |made: &Attempts| History {
                attempts: (made.count > 1).then(|| (made.count, made.elapsed())),
                signed: authorized.signed,
            };
            let next = match decision {
                Decision::Confirm(_) | Decision::Retry => next(),
                Decision::Applied | Decision::Final => None,
            };
            match (decision, next) {
                (Decision::Applied, _) => {
                    let headers = error.headers().cloned().unwrap_or_default();
                    return Ok(Success::proven(StatusCode::ACCEPTED, headers));
                }
                (Decision::Confirm(added), Some(sent)) => {
                    let existing = confirm::existing(transport, call, added, &sent, Queries::Count);
                    return match existing.await {
                        Existing::Same(headers) => {
                            Ok(Success::proven(StatusCode::CREATED, headers))
                        }
                        _ => Err(error.after(history(&made))),
                    };
                }
                (Decision::Retry, Some(next)) => {
                    let asked = error.headers().and_then(retry_after);
                    let Some(pause) = made.delay(asked) else {
                        return Err(error.after(history(&made)));
                    };
                    meter::retry(call.operation);
                    trace::again(call.operation, made.count, pause, &error);
                    drop(error);
                    tokio::time::sleep(pause).await;
                    request = next;
                }
                (Decision::Final | Decision::Retry | Decision::Confirm(_), _) => {
                    return Err(error.after(history(&made)));
                }
            }
        }
    }
}

impl Transport {
    /// Returns true if the service has refused the token, and there is another one now.
    async fn renews_token(&self, token: TokenNumber, error: &Error) -> Result<bool, Error> {
        match (error.refusal(), error.headers()) {
            (Some(StatusCode::UNAUTHORIZED), Some(headers)) => {
                let scope = &self.token_scope;
                // Boxed: rare, and not to be a part of every call's future.
                Box::pin(self.credential.renew_refused(token, headers, scope)).await
            }
            _ => Ok(false),
        }
    }

    /// Returns the request of a further attempt, if there can be one.
    fn next(&self, call: &Call, again: &mut Again<'_>) -> Option<Request> {
        match again {
            Again::Built(build) => self.built(call, build).ok(),
            Again::Copied(copy) => copy.take().map(|copy| *copy),
        }
    }
}

/// Reads the model of a call that returns one. A body that is not whole is the page of a proxy, or
/// was cut off: the next attempt of a call that only reads may get a better one.
fn decoded(call: &Call, mut success: Success) -> Result<Success, Error> {
    let (Some(decode), Body::Read(body)) = (call.decode, &success.body) else {
        return Ok(success);
    };
    match decode(body) {
        Ok(model) => {
            success.body = Body::Model(model);
            Ok(success)
        }
        Err(flaw) => {
            let Success {
                status, headers, ..
            } = success;
            let error = Error::undecodable(call.operation, status, headers, body, &flaw.why);
            Err(match call.effect {
                Effect::Reads if flaw.is_incomplete => error.unreadable(),
                Effect::Reads => error,
                _ => error.processed(),
            })
        }
    }
}

/// Makes an attempt, with its span and metrics.
fn observed<'a>(
    transport: &'a Transport,
    call: &'a Call,
    request: Request,
    number: u32,
) -> impl Future<Output = Result<Success, Error>> + Send + 'a {
    let span = trace::attempt(&request, number);
    let begun = Instant::now();
    // The client's own HTTP client follows no redirects; one that a user passed may.
    let address = transport
        .foreign_http
        .then(|| Box::new(request.url().clone()));
    let response = transport.http.execute(request);
    async move {
        let attempt = pin!(attempt(call, response, address, transport.max_body));
        let result = attempt.instrument(span.clone()).await;
        trace::ended(&span, &result);
        meter::attempt(call.operation, &result, begun.elapsed());
        result
    }
}

/// Makes an attempt. Returns the response, with its body read unless that is a stream, or the
/// error.
async fn attempt(
    call: &Call,
    response: impl Future<Output = reqwest::Result<Response>>,
    address: Option<Box<Url>>,
    max_body: usize,
) -> Result<Success, Error> {
    let changes = !matches!(call.effect, Effect::Reads);
    let lost = |why| Error::lost(call.operation, changes, why);
    let mut response = response.await.map_err(lost)?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    if address.is_some_and(|address| *response.url() != *address) {
        return Err(Error::redirected(call.operation, status, headers));
    }
    if !status.is_success() {
        let url = response.url().clone();
        let (body, broken) = error_body(response).await;
        return Err(Error::unsuccessful(
            call.operation,
            &url,
            status,
            headers,
            body,
            broken,
        ));
    }
    let body = if call.streamed {
        Body::Stream(response)
    } else {
        // Read here, so that an attempt whose body breaks off fails.
        match whole(&mut response, max_body).await {
            Ok(body) => Body::Read(body),
            Err(Unread::Lost(why)) => return Err(lost(why.with_url(response.url().clone()))),
            Err(Unread::TooLong) => {
                return Err(Error::too_long(call.operation, status, headers, max_body));
            }
        }
    };
    Ok(Success {
        status,
        headers,
        body,
    })
}

/// Largest buffer that is allocated because of an announced length.
const LONGEST_ANNOUNCED: usize = 16 * 1024 * 1024;

/// Reason for which a body was not read to its end.
enum Unread {
    Lost(reqwest::Error),
    TooLong,
}

impl From<reqwest::Error> for Unread {
    fn from(error: reqwest::Error) -> Self {
        Self::Lost(error)
    }
}

/// Reads a body of at most `limit` bytes into one buffer. `Response::bytes` holds a long one twice
/// while it joins its pieces: 1.3 MB more for a page of 1,000 tasks.
async fn whole(response: &mut Response, limit: usize) -> Result<Bytes, Unread> {
    let announced = usize::try_from(response.content_length().unwrap_or_default());
    let announced = announced.unwrap_or(usize::MAX);
    let check = |length: usize| {
        if length > limit {
            Err(Unread::TooLong)
        } else {
            Ok(())
        }
    };
    check(announced)?;
    let Some(first) = response.chunk().await? else {
        return Ok(Bytes::new());
    };
    check(first.len())?;
    let Some(second) = response.chunk().await? else {
        return Ok(first);
    };
    check(first.len() + second.len())?;
    let room = announced.min(LONGEST_ANNOUNCED);
    let mut body = BytesMut::with_capacity(room.max(first.len() + second.len()));
    body.extend_from_slice(&first);
    body.extend_from_slice(&second);
    drop((first, second));
    while let Some(piece) = response.chunk().await? {
        check(body.len() + piece.len())?;
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// Reads the body of an error as far as it arrives, and returns whether it broke off: the status
/// is valid in any case.
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

fn outcome(error: &Error) -> Outcome<'_> {
    match error.refusal() {
        Some(status) if error.is_broken() => Outcome::Broken(status, error.code()),
        Some(status) => Outcome::Response(status, error.code()),
        None if error.is_permanent() => Outcome::Permanent,
        None if error.is_connect() => Outcome::NoConnection,
        None if error.is_lost() || error.is_unreadable() => Outcome::Lost,
        None => Outcome::Permanent,
    }
}
