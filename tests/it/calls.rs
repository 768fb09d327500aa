//! Calls any operation by its id through the typed client, with the dispatch that the `call`
//! example uses.

#[rustfmt::skip]
#[path = "../../batch-client/src/generated/dispatch.rs"]
mod dispatch;
#[path = "../../batch-client/examples/call/support.rs"]
mod support;

pub(crate) use dispatch::OPERATIONS;
pub(crate) use support::{Failure, Input, Output};

use batch_client::{Client, RetryPolicy, SharedKey};
use batch_tests::description::{Operation, Pairs};
use batch_tests::server::{Response, Server};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "acct";
/// A key as long as real ones.
pub(crate) const KEY: &str =
    "dGhpcyBpcyBubyByZWFsIGtleSBidXQgaGFzIHRoZSBsZW5ndGggb2Ygb25lLCBzaXh0eS1mb3VyIGJ5dGVzIQ==";

pub(crate) fn key() -> SharedKey {
    SharedKey::new(ACCOUNT, KEY).expect("a key")
}

/// A client that sends each request once, so that tests see every response as it is.
pub(crate) fn client(server: &Server) -> Client {
    let builder = Client::builder(server.url(), key()).retry(RetryPolicy::none());
    builder.build().expect("a client")
}

/// Parameters and body of a call.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) parameters: Pairs,
    pub(crate) body: Option<Value>,
}

impl Arguments {
    pub(crate) async fn call(&self, client: &Client, operation: &str) -> Result<Output, Failure> {
        let body = self.body.as_ref().map(|body| body.to_string().into_bytes());
        let input = Input::new(self.parameters.clone(), body, false);
        dispatch::call(client, operation, input).await
    }

    /// Fetches all pages of a listing.
    pub(crate) async fn list(&self, client: &Client, operation: &str) -> Result<Output, Failure> {
        let input = Input::new(self.parameters.clone(), None, true);
        dispatch::call(client, operation, input).await
    }
}

/// Minimal successful response for an operation.
pub(crate) fn success(operation: &Operation) -> Response {
    match operation.answer {
        Some(_) => Response::json(operation.success, &json!({})),
        None => Response::new(operation.success),
    }
}

/// Ends a test over many cases: fails with all problems found, if any.
pub(crate) fn report(problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
}
