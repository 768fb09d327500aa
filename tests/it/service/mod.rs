//! Promise: the typed client and the emulator understand each other in every operation, over real
//! sockets.
//!
//! Nothing here is stubbed: the client signs, the service verifies, and what one says the other has
//! to read. The parts of [`every_operation_is_done`] share one service, since together they are all
//! that the description has. The tests of `authentication`, `conditions`, `downloads`, `edits`,
//! `errors`, `faults`, `filters`, `listings`, `oracle` and `paging` have services of their own.

mod account;
mod authentication;
// The service gives them up, and answers them still.
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
mod waiting;

use std::fmt::Debug;

use batch_client::{Client, Error, RetryPolicy, SharedKey};
use batch_emulator::{Application, Config, Emulator};
use batch_tests::description::DESCRIPTION;

/// What the tests let the service's clock run at, so that what takes seconds takes little.
const CLOCK_SPEED: f64 = 50.0;

/// A part or a test that only the assertions of its own can fail, or a call that should have
/// succeeded.
type Outcome = Result<(), Error>;

fn config() -> Config {
    Config::default().clock_speed(CLOCK_SPEED)
}

/// A service, and a client of it as users make one.
async fn start(config: Config) -> (Emulator, Client) {
    let emulator = batch_emulator::start(config).await.expect("a service");
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    // Each request once: what the service answers is to be seen.
    let builder = Client::builder(emulator.endpoint(), key).retry(RetryPolicy::none());
    let client = builder.build().expect("a client");
    (emulator, client)
}

/// Holds that the service refuses with this status and code, and that all it says arrives. Gives
/// the error.
#[track_caller]
fn refused<T: Debug>(answer: Result<T, Error>, status: u16, code: &str) -> Error {
    let error = answer.expect_err("the service does what it should refuse");
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

/// A fact that the service tells of an error.
fn detail<'a>(error: &'a Error, key: &str) -> Option<&'a str> {
    let mut details = error.details().iter();
    let found = details.find(|detail| detail.key.as_deref() == Some(key))?;
    found.value.as_deref()
}

#[tokio::test]
async fn every_operation_is_done() -> Outcome {
    all_parts(false).await
}

/// The same, and the client reads the same out of it. Only what the live service leaves out is not
/// there.
#[tokio::test]
async fn every_operation_is_done_with_the_quirks_of_the_live_service() -> Outcome {
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
    assert_eq!(missing, [""; 0], "not one of these succeeded");
    assert_eq!(called.len(), 76, "operations");
    Ok(())
}
