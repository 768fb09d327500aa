//! What can go wrong, what is tried again, and how long it takes.
//!
//! # Telling errors apart
//!
//! There is one [`Error`](crate::Error). Ask it what it is, or compare its
//! [`code`](crate::Error::code) with the constants in [`codes`](crate::codes):
//!
//! ```
//! use batch_client::codes;
//! # use batch_client::{Client, SharedKey};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! match client.pool().get("render").await {
//!     Ok(pool) => println!("{:?}", pool.state),
//!     Err(error) if error.code() == Some(codes::POOL_NOT_FOUND) => println!("no such pool"),
//!     // Pool_Get: 404 PoolNotFound: … (request 721f50ac-…)
//!     Err(error) => return Err(error.into()),
//! }
//!
//! let error = client.pool().get("..").await.unwrap_err();
//! assert!(error.is_invalid_request()); // would address another resource, so nothing was sent
//! # assert!(service.calls().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! | ask | true where | was it done? |
//! | --- | --- | --- |
//! | [`is_not_found`](crate::Error::is_not_found) | 404 | no |
//! | [`is_conflict`](crate::Error::is_conflict) | 409: it exists, or its state forbids it | no |
//! | [`is_precondition_failed`](crate::Error::is_precondition_failed) | 412: another version than `if_match` names | no |
//! | [`is_not_modified`](crate::Error::is_not_modified) | 304: unchanged since the version or time that was given | no |
//! | [`is_throttled`](crate::Error::is_throttled) | 429, or 503 with `ServerBusy` | 429: no; 503: nobody knows |
//! | [`is_auth`](crate::Error::is_auth) | 401, 403; see [authentication](super::authentication) | no |
//! | [`is_server_error`](crate::Error::is_server_error) | 5xx | nobody knows |
//! | [`is_timeout`](crate::Error::is_timeout) | your time ran out | nobody knows |
//! | [`is_connect`](crate::Error::is_connect) | no connection came about | no |
//! | [`is_invalid_request`](crate::Error::is_invalid_request) | it could not be sent as it was asked for | no |
//! | [`is_invalid_answer`](crate::Error::is_invalid_answer) | the answer cannot be read | if the status says so |
//! | [`is_io`](crate::Error::is_io) | a file of this machine | |
//!
//! The last column is about one attempt; what it means after several stands below. An error that
//! none of these is true of is a status without a question of its own (400, most often), which
//! [`status`](crate::Error::status) tells, or a connection that broke, which has none.
//! [`details`](crate::Error::details) names, for one, the property that the service would not have.
//! [`request_id`](crate::Error::request_id) is what Microsoft's support asks for.
//!
//! `exists` of pools and job schedules answers `false` for a 404; for others ask `get` and
//! `is_not_found`.
//!
//! # What is tried again
//!
//! Broken connections, silence and the statuses 408, 429, 500, 502, 503 and 504: up to 6 attempts
//! within 5 minutes, with random pauses whose bound doubles from 500 ms to 30 s, or as long as
//! `Retry-After` asks. Nothing else is, but for a request that is refused because
//! [a clock is off](super::authentication). Set it for a client, or for one call:
//!
//! ```
//! use batch_client::{Client, RetryPolicy, SharedKey};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use batch_emulator::{AnswerFault, Config, Fault, FaultKind};
//! # let busy = Fault::new(FaultKind::Answer(AnswerFault::new(503))).most(2);
//! # let service = batch_emulator::start(Config::default().faults([busy])).await?;
//! # let (endpoint, key) = (service.endpoint(), SharedKey::new(service.account(), service.key())?);
//! let quick = RetryPolicy::default().with_attempts(3).with_base(Duration::from_millis(50));
//! let client = Client::builder(endpoint, key).retry(quick).build()?;
//! client.pool().list().await?; // two answers of 503, then one of 200
//! # assert_eq!(service.requests().len(), 3);
//! # service.set_faults([Fault::new(FaultKind::Answer(AnswerFault::new(503)))])?;
//!
//! let error = client.pool().list().retry(RetryPolicy::none()).await.unwrap_err();
//! assert_eq!(error.attempts(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What a repeat does
//!
//! An answer can be lost after the service has done what was asked.
//! [`RetryPolicy`](crate::RetryPolicy) says for each kind of call what the client makes of that, so
//! that an add is not reported as a conflict with itself, nor a delete as a 404. Where it cannot
//! tell, [`Error::attempts`](crate::Error::attempts) is more than 1 and the documentation of the
//! operation says what a repeat of it does. To be safe from your own repeats, give resources ids
//! that you choose, and hold changes to a version ([`edit`](crate::edit)).
//!
//! # How long it takes
//!
//! | bound | set by | default |
//! | --- | --- | --- |
//! | to connect | [`connect_timeout`](crate::ClientBuilder::connect_timeout) | 10 s |
//! | silence on a connection | [`read_timeout`](crate::ClientBuilder::read_timeout) | 150 s |
//! | no new attempt after | [`RetryPolicy::total_time`](crate::RetryPolicy::total_time) | 5 min |
//! | a call, with its attempts and pauses | [`timeout`](crate::ClientBuilder::timeout) of the client, `.timeout(…)` of the call | none |
//! | what the service itself may take | `.server_timeout(seconds)` of the call | the service's own: 30 s, where its description says no other |
//!
//! A listing has the call's bound for each page. The stream of a file is not bounded by it. A wait,
//! a bulk add and a download to disk have settings of their own. To give up anything sooner, drop
//! its future: it stops at once, and what was sent by then may have been done.
//!
//! # When the service throttles
//!
//! Answers of 429, and 503 with `ServerBusy`, are tried again as above. A program of many tasks at
//! once spreads better if it asks for less: one listing with a filter and a selection
//! ([listing](super::listing)) for many `get`, one [`add_all`](super::bulk) for many `add`, one
//! [wait](super::waiting) for a loop of your own. The last two go slower by themselves while the
//! service throttles.
