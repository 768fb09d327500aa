//! Calls of any operation by its id, through the typed client: the dispatch that the example `call`
//! uses, too.

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
/// A key of the length that real ones have.
pub(crate) const KEY: &str =
    "dGhpcyBpcyBubyByZWFsIGtleSBidXQgaGFzIHRoZSBsZW5ndGggb2Ygb25lLCBzaXh0eS1mb3VyIGJ5dGVzIQ==";

pub(crate) fn key() -> SharedKey {
    SharedKey::new(ACCOUNT, KEY).expect("a key")
}

/// A client of the server that sends each request once: what comes back is to be seen as it is.
pub(crate) fn client(server: &Server) -> Client {
    let builder = Client::builder(server.url(), key()).retry(RetryPolicy::none());
    builder.build().expect("a client")
}

/// The parameters of a call and its body.
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

    /// All pages of a listing.
    pub(crate) async fn list(&self, client: &Client, operation: &str) -> Result<Output, Failure> {
        let input = Input::new(self.parameters.clone(), None, true);
        dispatch::call(client, operation, input).await
    }
}

/// The plainest answer that is a success of the operation.
pub(crate) fn success(operation: &Operation) -> Response {
    match operation.answer {
        Some(_) => Response::json(operation.success, &json!({})),
        None => Response::new(operation.success),
    }
}

/// Ends a test over many cases: all that was found wrong, or nothing.
pub(crate) fn report(problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
}
