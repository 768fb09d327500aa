//! Handling errors: predicates, retries, and how long a call takes.
//!
//! # Handling errors
//!
//! There is one [`Error`](crate::Error) type. Use its predicates, or compare its
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
//!     Err(error) => return Err(error.into()),
//! }
//!
//! let error = client.pool().get("..").await.unwrap_err();
//! assert!(error.is_invalid_request()); // it would address another resource, so nothing was sent
//! # assert!(service.calls().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! | predicate | true for | was the request carried out? |
//! | --- | --- | --- |
//! | [`is_not_found`](crate::Error::is_not_found) | 404 | no |
//! | [`is_conflict`](crate::Error::is_conflict) | 409: it exists already, or its state does not allow the call | no |
//! | [`is_precondition_failed`](crate::Error::is_precondition_failed) | 412: its version is not the one in `if_match` | no |
//! | [`is_not_modified`](crate::Error::is_not_modified) | 304: unchanged since the given version or time | no |
//! | [`is_throttled`](crate::Error::is_throttled) | 429, or 503 with `ServerBusy` | 429: no; 503: unknown |
//! | [`is_auth`](crate::Error::is_auth) | 401, 403; see [authentication](super::authentication) | no |
//! | [`is_server_error`](crate::Error::is_server_error) | 5xx | unknown |
//! | [`is_timeout`](crate::Error::is_timeout) | your timeout elapsed | unknown |
//! | [`is_connect`](crate::Error::is_connect) | a connection could not be established | no |
//! | [`is_invalid_request`](crate::Error::is_invalid_request) | a request that cannot be sent as given | no |
//! | [`is_invalid_response`](crate::Error::is_invalid_response) | a response that cannot be read | if its status says so |
//! | [`is_io`](crate::Error::is_io) | a file of this machine | |
//!
//! The last column is about a single attempt; [below](#what-a-repeat-does) is what several mean. If
//! none of these predicates is true, the error is either another status (400, most often), which
//! [`status`](crate::Error::status) returns, or a broken connection, which has no status.
//! [`details`](crate::Error::details) holds, for example, the name of the property that the service
//! rejected. [`request_id`](crate::Error::request_id) is what Microsoft's support asks for.
//!
//! `exists` of pools and job schedules returns `false` for a 404. For other resources, use `get`
//! and `is_not_found`.
//!
//! # Adding what may exist, deleting what may be gone
//!
//! Every add has an `add_if_absent`, which accepts an existing resource of the same id, and every
//! delete a `delete_if_present`, which accepts that there is none:
//!
//! ```
//! use batch_client::models::JobAddParameter;
//! use batch_client::{AddedIfAbsent, RetryPolicy, codes};
//! # use batch_client::{Client, SharedKey};
//! # use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let service = batch_emulator::start(batch_emulator::Config::default()).await?;
//! # let client = Client::new(
//! #     service.endpoint(),
//! #     SharedKey::new(service.account(), service.key())?,
//! # )?;
//! let job = || JobAddParameter::new("nightly", "render");
//! match client.job().add_if_absent(job()).await? {
//!     AddedIfAbsent::Added => println!("a new job"),
//!     AddedIfAbsent::AlreadyThere => println!("the same job exists"),
//!     other => return Err(format!("cannot add the job: it {other}").into()),
//! }
//! # assert!(client.job().add_if_absent(job()).await?.is_added());
//!
//! // Replace a job: wait until the former one is gone.
//! client.job().delete_if_present("nightly").await?; // false if there is none
//! let patient = RetryPolicy::default()
//!     .with_attempts(1000)
//!     .with_total_time(Duration::from_secs(1800))
//! #     .with_base(Duration::from_millis(10))
//! #     .with_cap(Duration::from_millis(50))
//!     .also_on([codes::JOB_BEING_DELETED]);
//! client.job().add(job()).retry(patient).await?;
//! # Ok(())
//! # }
//! ```
//!
//! An existing resource is compared with the one that was to be added, as in
//! [bulk adds](super::bulk); `ignore_url_queries` leaves out the queries of URLs. It can be in any
//! state, unless the service's code says that it refuses an add because of it (`JobBeingDeleted`).
//! `if_absent` and `if_present` do the same to a call that has further settings.
//!
//! # Errors that are not the service's
//!
//! Gateways, proxies and the management plane answer in other forms. `code`, `message` and
//! `details` read those that are common (`{"error": {"code", "message"}}`, `odata.error`, a message
//! that is a plain string); of any other text, Display shows the first 200 characters. Display
//! shows what a response says without secrets, control characters and line breaks, and not at any
//! length. [`message`](crate::Error::message), [`details`](crate::Error::details) and
//! [`body`](crate::Error::body) return it unchanged.
//!
//! # What is retried
//!
//! Broken connections, read timeouts and the statuses 408, 429, 500, 502, 503 and 504 are retried,
//! and so are reads whose response is a success without the service's JSON, such as the login page
//! of a proxy: up to 6 attempts within 5 minutes, with random pauses whose bound doubles from 500
//! ms to 30 s, or as long as `Retry-After` asks for, at most 5 minutes. Nothing else is retried,
//! except a request that was rejected because [a clock is off](super::authentication), and the
//! codes that a policy names ([`also_on`](crate::RetryPolicy::also_on)). Set the policy of a client
//! or of one call:
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
//! client.pool().list().await?; // two responses with 503, then one with 200
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
//! A response can be lost after the service has carried out the request.
//! [`RetryPolicy`](crate::RetryPolicy) documents, for each kind of call, how the client handles
//! that: a repeated add is not reported as a conflict with itself, nor a repeated delete as a 404.
//! Where the client cannot know, [`Error::attempts`](crate::Error::attempts) is more than 1, and
//! the documentation of the operation says what a repeat does. To make your own repeats safe,
//! choose the ids of resources yourself, and make changes conditional ([editing](super::editing)).
//!
//! # How long it takes
//!
//! | bound | set by | default |
//! | --- | --- | --- |
//! | connecting | [`connect_timeout`](crate::ClientBuilder::connect_timeout) | 10 s |
//! | silence on a connection | [`read_timeout`](crate::ClientBuilder::read_timeout) | 150 s |
//! | no new attempt after | [`RetryPolicy::total_time`](crate::RetryPolicy::total_time) | 5 min |
//! | a pause that `Retry-After` asks for | [`RetryPolicy::max_retry_after`](crate::RetryPolicy::max_retry_after) | 5 min, and never beyond the total time |
//! | a call with its attempts and pauses | [`timeout`](crate::ClientBuilder::timeout) of the client, `.timeout(…)` of the call | none |
//! | processing in the service | `.server_timeout(seconds)` of the call | the service's: 30 s, unless its description says otherwise |
//!
//! Two bounds concern sizes: a body that is read into memory has at most 64 MiB
//! ([`max_body`](crate::ClientBuilder::max_body)), and a listing at most 1,000,000 pages
//! ([`max_pages`](crate::ItemStream::max_pages)). Next links that lead in a circle are an error.
//!
//! For a listing, the call's bound applies to each page. It does not apply to reading the stream of
//! a file. Waits, bulk adds and downloads to disk have their own settings. To give up on anything
//! earlier, drop its future: it stops at once, and requests that were sent by then may have been
//! carried out.
//!
//! # When the service throttles
//!
//! Responses with 429, and with 503 and `ServerBusy`, are retried as above. A program that does
//! many things at once is throttled less if it asks for less: one listing with a filter and a
//! selection ([listing](super::listing)) instead of many `get`, one [`add_all`](super::bulk)
//! instead of many `add`, one [wait](super::waiting) instead of a polling loop. `add_all` and waits
//! slow down while the service throttles.
//!
//! # Quotas
//!
//! A request that exceeds a quota of the account is a 409 with a code such as
//! [`ACTIVE_JOB_AND_SCHEDULE_QUOTA_REACHED`](crate::codes::ACTIVE_JOB_AND_SCHEDULE_QUOTA_REACHED)
//! or [`POOL_QUOTA_REACHED`](crate::codes::POOL_QUOTA_REACHED). To wait until there is room, name
//! the code with [`RetryPolicy::also_on`](crate::RetryPolicy::also_on). Core quotas are different:
//! adding or resizing the pool succeeds, the nodes do not come, and the pool's `resize_errors`
//! contain [`ACCOUNT_CORE_QUOTA_REACHED`](crate::codes::ACCOUNT_CORE_QUOTA_REACHED), which a
//! [wait](super::waiting) for nodes returns as `ResizeFailed`. The portal shows quotas and takes
//! requests to raise them.
