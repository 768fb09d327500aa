//! Coming from the Python client: each call of `azure-batch` 14 beside the one here.
//!
//! Both are made of the same description of the service, so names agree:
//! `client.pool.enable_auto_scale` is `client.pool().enable_auto_scale`, the model
//! `PoolAddParameter` is [`PoolAddParameter`](crate::models::PoolAddParameter), its property
//! `vm_size` is `vm_size`. What differs is how calls are made and what comes back.
//!
//! ```python
//! from azure.batch import BatchServiceClient, models
//! from azure.batch.batch_auth import SharedKeyCredentials
//!
//! client = BatchServiceClient(
//!     SharedKeyCredentials("acct", key), "https://acct.westeurope.batch.azure.com")
//! try:
//!     pool = client.pool.get("render", models.PoolGetOptions(select="id,state"))
//! except models.BatchErrorException as error:
//!     if error.error.code != "PoolNotFound":
//!         raise
//! for task in client.task.list("nightly", models.TaskListOptions(filter="state eq 'completed'")):
//!     print(task.id)
//! ```
//!
//! ```no_run
//! use batch_client::{Client, SharedKey, codes};
//!
//! # async fn example(key: &str) -> Result<(), batch_client::Error> {
//! let client = Client::new(
//!     "https://acct.westeurope.batch.azure.com",
//!     SharedKey::new("acct", key)?,
//! )?;
//! match client.pool().get("render").select("id,state").await {
//!     Ok(pool) => println!("{:?}", pool.state),
//!     Err(error) if error.code() == Some(codes::POOL_NOT_FOUND) => {}
//!     Err(error) => return Err(error),
//! }
//! let mut tasks = client.task().list("nightly").filter("state eq 'completed'").stream();
//! while let Some(task) = tasks.try_next().await? {
//!     println!("{:?}", task.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What differs
//!
//! | | Python | here |
//! | --- | --- | --- |
//! | call | blocks the thread | a future: nothing is sent before `.await`, and dropping it stops it |
//! | options | an object for each call, `PoolGetOptions(select=…)` | setters of the call, `.select(…)`; see [`select`](crate::select) and [`filter`](crate::filter) |
//! | headers of a request | `custom_headers={…}` | `.header(name, value)` |
//! | a request of your own | `credentials.signed_session()`, a session of `requests` | [`Client::execute`](crate::Client::execute) |
//! | a small body | taken apart: `job.disable(id, "requeue")`, `job.terminate(id, "enough")` | the model: `job().disable(id, JobDisableParameter::new(…))`; an optional one by `.body(…)` |
//! | answer | the model; with `raw=True` also the HTTP answer | [`Response`](crate::Response): derefs to the model, has `etag()`, `request_id()`, `headers()` |
//! | listing | an iterator of items | awaited, the first [`Page`](crate::Page); `.stream()` for all items ([listing](super::listing)) |
//! | file content | an iterator of bytes | a [`Download`](crate::Download) stream, or a file on disk ([files](super::files)) |
//! | error | `BatchErrorException`, `error.error.code` | [`Error`](crate::Error), `error.code()` and predicates ([errors](super::errors)) |
//! | missing value | `None` | `None`, and every property of an answer can be |
//! | to clear a property in a patch | an empty list | the same: `Some(vec![])`; `None` leaves it as it is |
//! | enum | an `Enum` with `str`, or any text | an enum that keeps what it does not know as [`UnknownValue`](crate::UnknownValue); without regard to case |
//! | duration | `timedelta` | [`TimeSpan`](crate::TimeSpan), with the service's 100 ns and "unlimited" |
//! | time | `datetime` | `chrono::DateTime<Utc>` |
//! | `threads=4` of `task.add_collection` | requests side by side; raises `CreateTasksErrorException` if any task fails | [`task().add_all`](crate::operations::task::Operations::add_all): one outcome for each task ([bulk](super::bulk)) |
//! | loops that poll | your own, with `time.sleep` | [`wait`](crate::wait) ([waiting](super::waiting)) |
//! | time limit of a call | 100 s to connect and for each read, by `config.connection.timeout` | 150 s of silence, and `.timeout(…)` for the whole call, which has none by default |
//! | retries | by `config.retry_policy` | [`RetryPolicy`](crate::RetryPolicy), and an add whose answer was lost is no conflict |
//! | `*_options.timeout` | what the service may take, in seconds | `.server_timeout(…)` |
//! | credential | `SharedKeyCredentials`, or a token credential that renews itself | [`SharedKey`](crate::SharedKey), or a [`BearerToken`](crate::BearerToken) that you renew |
//!
//! `task().add_collection` is the single request: at most 100 tasks, and 1 MiB. Python's call of
//! that name is what `add_all` is here.
//!
//! # From version 15
//!
//! `azure-batch` 15 speaks a later version of the API (2025-06-01) and names things anew: all calls
//! stand on one `BatchClient`. So `create_pool` is `pool().add`, `update_pool` is `pool().patch`,
//! `replace_pool_properties` is `pool().update_properties`, `list_tasks` is `task().list`,
//! `download_task_file` is `file().get_from_task`, and `create_tasks` is `task().add_all`.
//! `begin_…` calls, which give a poller, are two here: the call itself and a
//! [wait](super::waiting), so that `begin_delete_job(id).result()` is `job().delete(id)` and
//! `job().wait(id).deleted()`. Certificates and remote desktop files are gone from it; deallocating
//! and starting nodes is new there, and not here.
//!
//! # All calls
//!
//! Python's `x=None` are arguments that may be left out. After these it takes an object of options,
//! whose fields are setters here; those that the operation has are named. *Conditions* are the four
//! `if_match`, `if_none_match`, `if_modified_since` and `if_unmodified_since`. Each call has
//! `timeout`, `retry`, `header`, `server_timeout`, `client_request_id`, `return_client_request_id`
//! and `ocp_date` besides.
#![doc = include_str!("../generated/python.md")]
