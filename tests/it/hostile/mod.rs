//! Promise: whatever a server, gateway or proxy answers, a call ends with its result or with an
//! error that says why, within its bounds, and shows no secret.
//!
//! Tables of cases, each a script of responses with the invariants that it checks:
//!
//! - `errors`: the reason of a failure is found in any form, in one line, without secrets;
//! - `cuts`: a body that is cut off at any byte is never taken for a whole one;
//! - `reads`: no response is taken for one that it is not, and no pause or body is unbounded;
//! - `listings`: each item once, and an end;
//! - `pools`, `nodes` and `tasks`: a wait ends when its condition is met or can no longer be met;
//! - `others`: what a gateway or a broken server does beside;
//! - `network`: proxies and certificates;
//! - `secrets`: what Debug shows of models.

mod cuts;
mod errors;
mod listings;
mod network;
mod nodes;
mod others;
mod pools;
mod reads;
mod secrets;
mod tasks;

use std::time::Duration;

use batch_client::wait::{Condition, Wait};
use batch_client::{Client, ClientBuilder, RetryPolicy};
use batch_tests::server::{Answer, Response, Server};
use serde_json::Value;

use crate::calls::key;

/// Three attempts, quick ones.
fn quick() -> RetryPolicy {
    RetryPolicy::default()
        .with_attempts(3)
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(2))
}

fn builder(server: &Server) -> ClientBuilder {
    Client::builder(server.url(), key()).retry(quick())
}

fn client(server: &Server) -> Client {
    builder(server).build().expect("a client")
}

fn json(body: &Value) -> Answer {
    Response::json(200, body).into()
}

/// A success with any body.
fn ok(body: impl Into<Vec<u8>>) -> Response {
    Response::new(200).body(body)
}

/// Text in UTF-16 with its byte order mark.
fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// Serves each path from its own list of responses, whose last one is repeated.
fn serve(server: &Server, paths: Vec<(&'static str, Vec<Response>)>) {
    let mut paths = paths;
    server.rule(move |request| {
        let path = request.target.split('?').next().unwrap_or_default();
        let (_, responses) = paths.iter_mut().find(|(known, _)| *known == path)?;
        Some(Answer::Response(if responses.len() > 1 {
            responses.remove(0)
        } else {
            responses.first()?.clone()
        }))
    });
}

/// Makes a wait poll quickly. Nothing here takes as long as the timeout.
fn polling<C: Condition>(wait: Wait<C>) -> Wait<C> {
    wait.min_interval(Duration::from_millis(1))
        .max_interval(Duration::from_millis(5))
        .timeout(Duration::from_secs(20))
}
