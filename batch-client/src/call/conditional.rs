//! Adds that accept an existing resource, and deletes that accept a missing one.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use super::{Call, Operation};
use crate::client::bounded;
use crate::retry::comparison::Queries;
use crate::retry::effect::{Added, Effect};
use crate::transport::{self, Existing};
use crate::{BoxFuture, Error, RetryPolicy};

/// Result of [`add_if_absent`](IfAbsent).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the resource may exist with other properties"]
#[non_exhaustive]
pub enum AddedIfAbsent {
    /// The resource was added.
    Added,
    /// The resource exists with the same properties. It may be in any state.
    AlreadyThere,
    /// A resource of this id exists with other properties, and was left unchanged.
    ExistsDifferent,
}

impl AddedIfAbsent {
    /// Returns true if the resource exists as it was passed to the call.
    #[inline]
    pub fn is_added(self) -> bool {
        !matches!(self, Self::ExistsDifferent)
    }
}

impl fmt::Display for AddedIfAbsent {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "added",
            Self::AlreadyThere => "already there",
            Self::ExistsDifferent => "exists with other properties",
        })
    }
}

/// An add that accepts an existing resource, from [`Call::if_absent`] or an `add_if_absent`.
///
/// If the service responds that the id is taken (`JobExists` and the like), the resource is read
/// and compared with the request: what was sent has to be there, and what was not sent has to be
/// absent, empty or the service's default. All other errors are returned, also those of a resource
/// that is being deleted (`JobBeingDeleted`); [`RetryPolicy::also_on`] waits for these.
#[derive(Clone, Debug)]
#[must_use = "a call is sent only when it is awaited"]
pub struct IfAbsent<O> {
    call: Call<O>,
    queries: Queries,
}

/// A delete that accepts a missing resource, from [`Call::if_present`] or a `delete_if_present`.
///
/// Awaited, it returns `true` if there was a resource, which is deleted now or being deleted, and
/// `false` if there is none. All other errors are returned.
#[derive(Clone, Debug)]
#[must_use = "a call is sent only when it is awaited"]
pub struct IfPresent<O> {
    call: Call<O>,
}

impl<O> IfAbsent<O> {
    /// Limits the whole call; see [`Call::timeout`].
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    /// Replaces the client's [`RetryPolicy`] for this call.
    #[inline]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call = self.call.retry(policy);
        self
    }

    /// Leaves out the queries of URLs when the resource is compared with the existing one, because
    /// they are SAS that are signed again for each run. By default the whole URL counts. In strings
    /// that are not URLs as a whole, only signed URLs are concerned; see
    /// [`AddAll::ignore_url_queries`](crate::bulk::AddAll::ignore_url_queries).
    #[inline]
    pub fn ignore_url_queries(mut self) -> Self {
        self.queries = Queries::Ignored;
        self
    }
}

impl<O> IfPresent<O> {
    /// Limits the whole call; see [`Call::timeout`].
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    /// Replaces the client's [`RetryPolicy`] for this call.
    #[inline]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call = self.call.retry(policy);
        self
    }
}

/// Adds and deletes.
impl<O: Operation> Call<O> {
    /// Accepts an existing resource of the same id, which is compared with this one.
    #[inline]
    pub fn if_absent(self) -> IfAbsent<O>
    where
        O: super::takes::IfAbsent,
    {
        IfAbsent {
            call: self,
            queries: Queries::Count,
        }
    }

    /// Accepts that there is no such resource.
    #[inline]
    pub fn if_present(self) -> IfPresent<O>
    where
        O: super::takes::IfPresent,
    {
        IfPresent { call: self }
    }
}

impl<O: Operation> IntoFuture for IfAbsent<O> {
    type Output = Result<AddedIfAbsent, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        let Self { call, queries } = self;
        let (client, timeout) = (call.client.clone(), call.options.timeout);
        bounded(&client, O::ID, timeout, Box::pin(add(call, queries)))
    }
}

impl<O: Operation> IntoFuture for IfPresent<O> {
    type Output = Result<bool, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        let call = self.call.into_future();
        Box::pin(async move {
            match call.await {
                Ok(_) => Ok(true),
                // Without a code it is a gateway's, which does not know the resource.
                Err(error) if error.is_not_found() && error.code().is_some() => Ok(false),
                Err(error) if is_being_deleted(O::EFFECT, &error) => Ok(true),
                Err(error) => Err(error),
            }
        })
    }
}

#[inline]
fn is_being_deleted(effect: Effect, error: &Error) -> bool {
    let code = error.code().unwrap_or_default();
    error.is_conflict() && matches!(effect, Effect::Deletes(codes) if codes.contains(&code))
}

/// A resource that is gone by the time it is read is added once more.
#[inline]
async fn add<O: Operation>(call: Call<O>, queries: Queries) -> Result<AddedIfAbsent, Error> {
    let Call {
        client,
        options,
        operation,
    } = call;
    let call = transport::Call::new(O::ID, O::EFFECT, options);
    let build = || operation.request(client.raw(), call.options());
    let mut again = true;
    loop {
        let Err(error) = client.call(&call, &build).await else {
            return Ok(AddedIfAbsent::Added);
        };
        let Some(added) = taken(O::EFFECT, &error) else {
            return Err(error);
        };
        let transport = client.transport();
        match transport.existing(&call, &build, added, queries).await {
            Existing::Same(_) => return Ok(AddedIfAbsent::AlreadyThere),
            Existing::Different => return Ok(AddedIfAbsent::ExistsDifferent),
            Existing::Gone if again => again = false,
            Existing::Unreadable(Some(read)) => return Err(read),
            Existing::Gone | Existing::Unreadable(None) => return Err(error),
        }
    }
}

/// How to find the resource that has the id, if the error says that there is one.
#[inline]
fn taken(effect: Effect, error: &Error) -> Option<&'static Added> {
    match effect {
        Effect::Adds(added) if error.is_conflict() => {
            let code = error.code()?;
            (added.exists.contains(&code) && Added::is_existence(code)).then_some(added)
        }
        _ => None,
    }
}
