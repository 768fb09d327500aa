//! The attempts of one call, and what follows from each.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use reqwest::{Request, Response, StatusCode};
use tracing::Instrument as _;

use super::answer::{Answer, Body};
use super::{Again, Call, Transport, confirm, meter, trace};
use crate::error::{Error, History, LONGEST_BODY};
use crate::retry::Tries;
use crate::retry::effect::Effect;
use crate::retry::judge::{Brought, Verdict, judge, leaves_unclear};
use crate::wire::header::retry_after;

/// Sends a complete request until its answer is final.
pub(super) async fn send(
    transport: &Transport,
    call: &Call,
    request: Request,
    again: Again<'_>,
) -> Result<Answer, Error> {
    let span = trace::call(call.operation, &request);
    let result = attempts(transport, call, call.effect, request, again)
        .instrument(span.clone())
        .await;
    trace::ended(&span, &result);
    result
}

/// The attempts of one request, whose second sending has this effect.
pub(super) async fn attempts(
    transport: &Transport,
    call: &Call,
    effect: Effect,
    mut request: Request,
    mut again: Again<'_>,
) -> Result<Answer, Error> {
    let policy = call.options.retry.unwrap_or(transport.retry);
    let mut tries = Tries::new(policy);
    let mut unclear = false;
    let mut clock_corrected = false;
    loop {
        let may_repeat = policy.attempts > 1;
        if let Again::Copied(copy) = &mut again {
            *copy = may_repeat
                .then(|| request.try_clone())
                .flatten()
                .map(Box::new);
        }
        tries.count += 1;
        let date = transport.date(call, &mut request)?;
        let signed = transport.authorize(&mut request).await?;
        let error = match observed(transport, call, request, tries.count).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let mut next = || {
            if may_repeat {
                transport.next(call, &mut again)
            } else {
                None
            }
        };
        if !clock_corrected
            && transport.corrects_clock(call, date, &error)
            && let Some(next) = next()
        {
            clock_corrected = true;
            request = next;
            continue;
        }
        let brought = brought(&error);
        let verdict = judge(effect, brought, unclear);
        unclear |= leaves_unclear(brought);
        let history = |tries: &Tries| History {
            tries: (tries.count > 1).then(|| (tries.count, tries.elapsed())),
            signed,
        };
        let next = match verdict {
            Verdict::Confirm(_) | Verdict::Again => next(),
            Verdict::Applied | Verdict::Final => None,
        };
        match (verdict, next) {
            (Verdict::Applied, _) => {
                let headers = error.headers().cloned().unwrap_or_default();
                return Ok(Answer::proven(StatusCode::ACCEPTED, headers));
            }
            (Verdict::Confirm(added), Some(sent)) => {
                return match confirm::added(transport, call, added, &sent).await {
                    Some(headers) => Ok(Answer::proven(StatusCode::CREATED, headers)),
                    None => Err(error.after(history(&tries))),
                };
            }
            (Verdict::Again, Some(next)) => {
                let asked = error.headers().and_then(retry_after);
                let Some(pause) = tries.pause(asked) else {
                    return Err(error.after(history(&tries)));
                };
                meter::retry(call.operation);
                trace::again(call.operation, tries.count, pause, &error);
                drop(error);
                tokio::time::sleep(pause).await;
                request = next;
            }
            (Verdict::Final | Verdict::Again | Verdict::Confirm(_), _) => {
                return Err(error.after(history(&tries)));
            }
        }
    }
}

impl Transport {
    /// The request of a further attempt, if there can be one.
    fn next(&self, call: &Call, again: &mut Again<'_>) -> Option<Request> {
        match again {
            Again::Built(build) => self.built(call, build).ok(),
            Again::Copied(copy) => copy.take().map(|copy| *copy),
        }
    }
}

/// One attempt, traced and counted.
async fn observed(
    transport: &Transport,
    call: &Call,
    request: Request,
    number: u32,
) -> Result<Answer, Error> {
    let span = trace::attempt(&request, number);
    let begun = Instant::now();
    let result = attempt(transport, call, request)
        .instrument(span.clone())
        .await;
    trace::ended(&span, &result);
    meter::attempt(call.operation, &result, begun.elapsed());
    result
}

/// One attempt: the answer with its body read, unless that is a stream, or the error that the
/// service gives.
async fn attempt(transport: &Transport, call: &Call, request: Request) -> Result<Answer, Error> {
    // Our own HTTP client follows no redirects; one that a user made may.
    let address = transport.foreign_http.then(|| request.url().clone());
    let lost = |why| Error::transport(call.operation, why);
    let mut response = transport.http.execute(request).await.map_err(lost)?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    if address.is_some_and(|address| *response.url() != address) {
        return Err(Error::redirected(call.operation, status, headers));
    }
    if !status.is_success() {
        let (body, broken) = error_body(response).await;
        return Err(Error::unsuccessful(
            call.operation,
            status,
            headers,
            body,
            broken,
        ));
    }
    let body = if call.streamed {
        Body::Stream(response)
    } else {
        // Read here, so that an answer that breaks off counts as none.
        Body::Read(whole(response).await.map_err(lost)?)
    };
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// Most bytes that are set aside for a body because the service announces them.
const LONGEST_ANNOUNCED: usize = 16 * 1024 * 1024;

/// Reads a body into one buffer. `Response::bytes` holds a long one twice while it joins its
/// pieces: 1.3 MB more for a page of 1,000 tasks.
async fn whole(mut response: Response) -> reqwest::Result<Bytes> {
    let announced = usize::try_from(response.content_length().unwrap_or_default());
    let Some(first) = response.chunk().await? else {
        return Ok(Bytes::new());
    };
    let Some(second) = response.chunk().await? else {
        return Ok(first);
    };
    let room = announced.unwrap_or_default().min(LONGEST_ANNOUNCED);
    let mut body = BytesMut::with_capacity(room.max(first.len() + second.len()));
    body.extend_from_slice(&first);
    body.extend_from_slice(&second);
    drop((first, second));
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
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

fn brought(error: &Error) -> Brought<'_> {
    match error.refusal() {
        Some(status) if error.is_broken() => Brought::Broken(status, error.code()),
        Some(status) => Brought::Answer(status, error.code()),
        None if error.is_connect() => Brought::NoConnection,
        None if error.is_lost() => Brought::Lost,
        None => Brought::Refused,
    }
}
