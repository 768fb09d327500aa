//! Promise: the typed client and the emulator understand each other in every operation, over real
//! sockets.
//!
//! Nothing here is stubbed: the client signs and the service verifies, and each reads what the
//! other writes. The parts of [`every_operation_succeeds`] share one emulator, because together
//! they cover every operation of the description. The tests in `authentication`, `conditions`,
//! `downloads`, `edits`, `errors`, `faults`, `filters`, `listings`, `oracle`, `paging` and `tokens`
//! start their own.

mod account;
mod authentication;
// The service is retiring certificates, but still supports them.
#[allow(deprecated)]
mod certificates;
mod conditions;
mod downloads;
mod edits;
mod errors;
mod faults;
mod files;
mod filters;
mod fixtures;
mod jobs;
mod listings;
mod nodes;
mod oracle;
mod paging;
mod pools;
mod running;
mod schedules;
mod sizes;
mod tasks;
mod tokens;
mod waiting;

use std::fmt::Debug;

use batch_client::{Client, Error, RetryPolicy, SharedKey};
use batch_emulator::{Application, Config, Emulator};
use batch_tests::description::DESCRIPTION;

/// Speed of the service's clock, so that what takes seconds takes little time.
const CLOCK_SPEED: f64 = 50.0;

/// Result of a test or of a part of one. It fails by its own assertions, or by a call that should
/// have succeeded.
type Outcome = Result<(), Error>;

fn config() -> Config {
    Config::default().clock_speed(CLOCK_SPEED)
}

/// Starts a service and a client, configured the way users do it.
async fn start(config: Config) -> (Emulator, Client) {
    let emulator = batch_emulator::start(config).await.expect("a service");
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    // Sends each request once, so that tests see every response.
    let builder = Client::builder(emulator.endpoint(), key).retry(RetryPolicy::none());
    let client = builder.build().expect("a client");
    (emulator, client)
}

/// Checks that the service rejects the request with this status and code, and that the client
/// exposes everything in the response. Returns the error.
#[track_caller]
fn refused<T: Debug>(answer: Result<T, Error>, status: u16, code: &str) -> Error {
    let error = answer.expect_err("the service should reject this");
    let found = error.status().map(|status| status.as_u16());
    assert_eq!((found, error.code()), (Some(status), Some(code)), "{error}");
    let id = error.request_id().expect("the id of the request");
    let message = error.message().expect("a message");
    assert!(
        message.contains(&format!("\nRequestId:{id}\nTime:")),
        "{message:?}"
    );
    let shown = error.to_string();
    assert!(shown.contains(code) && shown.contains(id), "{shown}");
    error
}

/// Value of a detail of an error.
fn detail<'a>(error: &'a Error, key: &str) -> Option<&'a str> {
    let mut details = error.details().iter();
    let found = details.find(|detail| detail.key.as_deref() == Some(key))?;
    found.value.as_deref()
}

#[tokio::test]
async fn every_operation_succeeds() -> Outcome {
    all_parts(false).await
}

/// The same with quirks: the client reads the same from the responses, except for what the live
/// service leaves out.
#[tokio::test]
async fn every_operation_succeeds_with_the_quirks_of_the_live_service() -> Outcome {
    all_parts(true).await
}

async fn all_parts(quirks: bool) -> Outcome {
    let calculator = Application {
        id: "calculator".to_owned(),
        display_name: Some("Calculator".to_owned()),
        versions: vec!["1.0".to_owned(), "2.0".to_owned()],
    };
    let (emulator, client) = start(config().quirks(quirks).application(calculator)).await;
    account::part(&client, quirks).await?;
    pools::part(&client).await?;
    sizes::part(&client).await?;
    nodes::part(&client).await?;
    jobs::part(&client).await?;
    tasks::part(&client).await?;
    running::part(&client).await?;
    files::part(&client, quirks).await?;
    schedules::part(&client).await?;
    certificates::part(&client).await?;

    let called = emulator.calls();
    let operations = DESCRIPTION.operations.iter();
    let missing: Vec<&str> = operations
        .map(|operation| operation.id.as_str())
        .filter(|id| !called.contains_key(id))
        .collect();
    assert_eq!(missing, [""; 0], "these operations never succeeded");
    assert_eq!(called.len(), 76, "operations");
    Ok(())
}
