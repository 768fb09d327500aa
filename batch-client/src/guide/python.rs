//! For users of the Python client: every call of `azure-batch` 14 with its counterpart here.
//!
//! Both are generated from the same description of the service, so names agree:
//! `client.pool.enable_auto_scale` is `client.pool().enable_auto_scale`, the model
//! `PoolAddParameter` is [`PoolAddParameter`](crate::models::PoolAddParameter), its property
//! `vm_size` is `vm_size`. The differences are in how calls are made and in what they return.
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
//! # Differences
//!
//! | | Python | here |
//! | --- | --- | --- |
//! | call | blocks the thread | a future: nothing is sent before `.await`; dropping it stops the call |
//! | options | one object per call, `PoolGetOptions(select=…)` | setters of the call, `.select(…)`; see [`select`](crate::select) and [`filter`](crate::filter) |
//! | headers of a request | `custom_headers={…}` | `.header(name, value)` |
//! | a request of your own | `credentials.signed_session()`, a session of `requests` | [`Client::execute`](crate::Client::execute) |
//! | a small body | its properties as arguments: `job.disable(id, "requeue")`, `job.terminate(id, "enough")` | the model: `job().disable(id, JobDisableParameter::new(…))`; an optional body with `.body(…)` |
//! | response | the model; with `raw=True` also the HTTP response | [`Response`](crate::Response): derefs to the model, has `etag()`, `request_id()`, `headers()` |
//! | listing | an iterator of items | awaiting it returns the first [`Page`](crate::Page); `.stream()` yields all items ([listing](super::listing)) |
//! | file content | an iterator of bytes | a [`Download`](crate::Download) stream, or a file on disk ([files](super::files)) |
//! | error | `BatchErrorException`, `error.error.code` | [`Error`](crate::Error), `error.code()` and predicates ([errors](super::errors)) |
//! | missing value | `None` | `None`; every property of a response is an `Option` |
//! | to clear a property in a patch | an empty list | the same: `Some(vec![])`; `None` leaves it as it is |
//! | enum | an `Enum` with `str`, or any string | an enum that keeps unknown values as [`UnknownValue`](crate::UnknownValue) and ignores case |
//! | duration | `timedelta` | [`TimeSpan`](crate::TimeSpan), with the service's 100 ns and "unlimited" |
//! | time | `datetime` | `chrono::DateTime<Utc>` |
//! | `threads=4` of `task.add_collection` | concurrent requests; raises `CreateTasksErrorException` if any task fails | [`task().add_all`](crate::operations::task::Operations::add_all): one outcome per task ([bulk](super::bulk)) |
//! | polling | your own loop with `time.sleep` | [`wait`](crate::wait) ([waiting](super::waiting)) |
//! | time limit of a call | 100 s to connect and for each read, `config.connection.timeout` | 150 s of silence, and `.timeout(…)` for the whole call, which is unlimited by default |
//! | retries | `config.retry_policy` | [`RetryPolicy`](crate::RetryPolicy); an add whose response was lost is not a conflict |
//! | `*_options.timeout` | processing time in the service, in seconds | `.server_timeout(…)` |
//! | credential | `SharedKeyCredentials`, or a token credential that renews itself | [`SharedKey`](crate::SharedKey), or a [`BearerToken`](crate::BearerToken) that you renew yourself |
//!
//! `task().add_collection` is a single request with at most 100 tasks and 1 MiB. Python's call of
//! that name corresponds to `add_all`.
//!
//! # From version 15
//!
//! `azure-batch` 15 uses a later version of the API (2025-06-01) and other names: all calls are
//! methods of one `BatchClient`. So `create_pool` is `pool().add`, `update_pool` is `pool().patch`,
//! `replace_pool_properties` is `pool().update_properties`, `list_tasks` is `task().list`,
//! `download_task_file` is `file().get_from_task`, and `create_tasks` is `task().add_all`. A
//! `begin_…` call, which returns a poller, is two calls here: the call itself and a
//! [wait](super::waiting), so `begin_delete_job(id).result()` is `job().delete(id)` and
//! `job().wait(id).deleted()`. It has no certificates and remote desktop files any more;
//! deallocating and starting nodes is new in it, and not available here.
//!
//! # All calls
//!
//! Python's `x=None` are optional arguments. After these, Python takes an options object, whose
//! fields are setters here; the table names those of each operation. *Conditions* are `if_match`,
//! `if_none_match`, `if_modified_since` and `if_unmodified_since`. In addition, every call has
//! `timeout`, `retry`, `header`, `server_timeout`, `client_request_id`, `return_client_request_id`
//! and `ocp_date`.
#![doc = include_str!("../generated/python.md")]
