//! A call of an operation, from its setters to the response.
//!
//! The setters that many operations share stand here once, for every operation that implements the
//! trait of the parameter ([`takes`]). Written out in each of the 76 operations, they were 750
//! functions for the compiler to check. What is left to the operation is its request and how its
//! response is read ([`sealed::Sends`]); both are generated.

mod conditional;
pub mod takes;

pub use conditional::{AddedIfAbsent, IfAbsent, IfPresent};

use std::future::IntoFuture;
use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderName, HeaderValue};

use crate::client::bounded;
use crate::filter::IntoFilter;
use crate::options::CallOptions;
use crate::select::IntoSelection;
use crate::{
    BoxFuture, Client, ContinuationToken, Error, ItemStream, Page, PageStream, RawResponse,
    Response, RetryPolicy, Versioned, page, transport,
};

pub(crate) mod sealed {
    use reqwest::Request;

    use crate::generated::raw;
    use crate::options::CallOptions;
    use crate::retry::effect::Effect;
    use crate::wire::json::Decode;
    use crate::wire::request::BuildError;
    use crate::{Error, RawResponse};

    /// Generated implementation of an operation.
    #[allow(private_interfaces)]
    pub trait Sends: Send + Sync + Sized + 'static {
        /// Result of awaiting the call.
        type Response: Send + 'static;

        /// The operation's id, `Pool_Get`.
        const ID: &'static str;
        /// Effect of a second attempt.
        const EFFECT: Effect;
        /// Reads the body of a successful response into a model, if the operation returns one.
        const DECODE: Option<Decode> = None;
        /// True if the body of a successful response is returned as a stream.
        const STREAMED: bool = false;

        /// Builds the request; called again for each further attempt.
        fn request(&self, raw: &raw::Client, options: &CallOptions) -> Result<Request, BuildError>;

        /// Reads the response.
        fn read(response: Result<RawResponse, Error>) -> Result<Self::Response, Error>;
    }
}

/// An operation of the service. The types in [`operations`](crate::operations) implement it, no
/// others can.
pub trait Operation: sealed::Sends<Response = <Self as Operation>::Output> {
    /// Result of awaiting the call.
    type Output: Send + 'static;
}

impl<O: sealed::Sends> Operation for O {
    type Output = O::Response;
}

/// An operation that returns its items in pages.
pub trait Listing: Operation<Output = Response<Page<<Self as Listing>::Item>>> {
    /// Type of the listed items.
    type Item: Send + 'static;
    #[doc(hidden)]
    type List: page::Paged<Item = Self::Item>;
}

/// A call of the operation `O`, sent when it is awaited.
///
/// The methods of the groups return it: `client.task().get("nightly", "frame-1")` is a
/// `Call<operations::task::Get>`. Setters add what is optional. Some are there for every operation
/// (`timeout`, `retry`, `header` …), others only for the operations that take the parameter; the
/// documentation of the operation's method names those.
///
/// ```no_run
/// use std::time::Duration;
///
/// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
/// let task = client
///     .task()
///     .get("nightly", "frame-1")
///     .select("id,state")
///     .timeout(Duration::from_secs(30))
///     .await?;
/// println!("{:?}", task.state);
/// # Ok(())
/// # }
/// ```
///
/// A parameter that the operation does not take does not compile:
///
/// ```compile_fail,E0599
/// # fn example(client: batch_client::Client) {
/// client.task().delete("nightly", "frame-1").select("id");
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a call is sent only when it is awaited"]
pub struct Call<O> {
    client: Client,
    options: CallOptions,
    operation: O,
}

impl<O> Call<O> {
    #[inline]
    pub(crate) fn new(client: &Client, operation: O) -> Self {
        Self {
            client: client.clone(),
            options: CallOptions::default(),
            operation,
        }
    }

    /// For the setters that a single operation has.
    #[inline]
    pub(crate) fn with(mut self, set: impl FnOnce(&mut O)) -> Self {
        set(&mut self.operation);
        self
    }
}

/// Setters of every call.
impl<O> Call<O> {
    /// Limits the whole call, all its attempts included. Reading a streamed body afterwards is not
    /// limited by it; in a listing it applies to each page.
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Replaces the client's [`RetryPolicy`] for this call.
    #[inline]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = Some(policy);
        self
    }

    /// Limits the time that the service may spend on the request, in seconds. Sent as `timeout`.
    #[inline]
    pub fn server_timeout(mut self, seconds: i32) -> Self {
        self.options.server_timeout = Some(seconds);
        self
    }

    /// Sets the caller's id of the request, a GUID. Sent as the header `client-request-id`.
    /// Default: a random one.
    #[inline]
    pub fn client_request_id(mut self, id: impl Into<String>) -> Self {
        self.options.client_request_id = Some(id.into());
        self
    }

    /// Asks the service to return the `client-request-id` in its response.
    #[inline]
    pub fn return_client_request_id(mut self, wanted: bool) -> Self {
        self.options.return_client_request_id = Some(wanted);
        self
    }

    /// Sets the date that the request is signed with, instead of the current time. Sent as
    /// `ocp-date`.
    #[inline]
    pub fn ocp_date(mut self, date: DateTime<Utc>) -> Self {
        self.options.ocp_date = Some(date);
        self
    }

    /// Adds a header to the request, from strings or from `HeaderName` and `HeaderValue`.
    ///
    /// It is signed with the others where SharedKey covers it. A name or value that HTTP does not
    /// allow is an error of the call.
    #[inline]
    pub fn header<K, V>(mut self, name: K, value: V) -> Self
    where
        K: TryInto<HeaderName>,
        K::Error: Into<http::Error>,
        V: TryInto<HeaderValue>,
        V::Error: Into<http::Error>,
    {
        self.options.header(name, value);
        self
    }
}

/// Setters of operations that read or list.
impl<O> Call<O> {
    /// Selects the properties to return; all others stay absent.
    ///
    /// Takes typed names, made by [`select`](crate::select), or a string of names separated by
    /// commas. Sent as `$select`.
    #[inline]
    pub fn select(mut self, select: impl IntoSelection<O::Item>) -> Self
    where
        O: takes::Select,
    {
        self.options.select = Some(select.into_selection());
        self
    }

    /// Returns only the items that match.
    ///
    /// Takes a filter with typed names, made by [`filter`](crate::filter), or a string in the
    /// service's `OData` language. Sent as `$filter`.
    #[inline]
    pub fn filter(mut self, filter: impl IntoFilter<O::Item>) -> Self
    where
        O: takes::Filter,
    {
        self.options.filter = Some(filter.into_filter());
        self
    }

    /// Includes related data, such as statistics.
    ///
    /// Takes an [`Expand`](crate::Expand) or a string. Sent as `$expand`.
    #[inline]
    pub fn expand(mut self, expand: impl Into<String>) -> Self
    where
        O: takes::Expand,
    {
        self.options.expand = Some(expand.into());
        self
    }

    /// Sets the largest number of items in a page. Default and maximum: 1,000, or 10 for
    /// `list_pool_node_counts`. Sent as `maxresults`.
    #[inline]
    pub fn max_results(mut self, max_results: i32) -> Self
    where
        O: takes::MaxResults,
    {
        self.options.max_results = Some(max_results);
        self
    }
}

/// Conditions: the service performs the operation only if they are true of the resource, and
/// responds with 412 or 304 otherwise.
impl<O> Call<O> {
    /// Only if the resource's `ETag` is this one. Sent as the header `If-Match`.
    #[inline]
    pub fn if_match(mut self, if_match: impl Into<String>) -> Self
    where
        O: takes::IfMatch,
    {
        self.options.if_match = Some(if_match.into());
        self
    }

    /// Only if the resource has not changed since it was read: `if_match` with the `ETag` of a
    /// response or a resource.
    ///
    /// If it has, the service responds with 412
    /// ([`Error::is_precondition_failed`](crate::Error::is_precondition_failed)). If `seen` has no
    /// `ETag`, the call fails before anything is sent. See [`edit`](crate::edit).
    #[inline]
    pub fn if_unchanged<V: Versioned + ?Sized>(mut self, seen: &V) -> Self
    where
        O: takes::IfMatch,
    {
        self.options.if_match = Some(crate::edit::version(seen));
        self
    }

    /// Only if the resource's `ETag` is a different one. Sent as the header `If-None-Match`.
    #[inline]
    pub fn if_none_match(mut self, if_none_match: impl Into<String>) -> Self
    where
        O: takes::IfNoneMatch,
    {
        self.options.if_none_match = Some(if_none_match.into());
        self
    }

    /// Only if the resource has changed after this time. Sent as the header `If-Modified-Since`.
    #[inline]
    pub fn if_modified_since(mut self, if_modified_since: DateTime<Utc>) -> Self
    where
        O: takes::IfModifiedSince,
    {
        self.options.if_modified_since = Some(if_modified_since);
        self
    }

    /// Only if the resource has not changed after this time. Sent as the header
    /// `If-Unmodified-Since`.
    #[inline]
    pub fn if_unmodified_since(mut self, if_unmodified_since: DateTime<Utc>) -> Self
    where
        O: takes::IfUnmodifiedSince,
    {
        self.options.if_unmodified_since = Some(if_unmodified_since);
        self
    }
}

/// Sending.
impl<O: Operation> Call<O> {
    /// Sends the request and returns the response undecoded. A response that is not a success is
    /// an [`Error`] here, too.
    #[inline]
    pub fn raw(self) -> impl Future<Output = Result<RawResponse, Error>> + Send + 'static {
        let (client, timeout) = (self.client.clone(), self.options.timeout);
        bounded(&client, O::ID, timeout, Box::pin(self.send(true)))
    }

    #[inline]
    async fn send(self, raw: bool) -> Result<RawResponse, Error> {
        let Self {
            client,
            options,
            operation,
        } = self;
        let call = transport::Call::new(O::ID, O::EFFECT, options);
        let decode = if raw { None } else { O::DECODE };
        let call = call.streamed(O::STREAMED).decoding(decode);
        let build = || operation.request(client.raw(), call.options());
        pin!(client.call(&call, &build)).await
    }
}

impl<O: Operation> IntoFuture for Call<O> {
    type Output = Result<<O as Operation>::Output, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        let (client, timeout) = (self.client.clone(), self.options.timeout);
        let call = Box::pin(async move { O::read(pin!(self.send(false)).await) });
        bounded(&client, O::ID, timeout, call)
    }
}

/// Listings. Awaiting the call returns one page.
impl<O: Listing> Call<O> {
    /// Continues a listing where a page ended; see [`Page::continuation`].
    #[inline]
    pub fn continue_from(mut self, token: impl Into<ContinuationToken>) -> Self {
        self.options.continuation = Some(token.into());
        self
    }

    /// Returns all pages as a stream.
    #[inline]
    pub fn pages(self) -> PageStream<<O as Listing>::Item> {
        PageStream::new(
            self.client.clone(),
            O::ID,
            self.options.for_next_pages(),
            self.options.continuation.clone(),
            self.into_future(),
            page::next::<O::List>,
        )
    }

    /// Returns the items of all pages as a stream.
    #[inline]
    pub fn stream(self) -> ItemStream<<O as Listing>::Item> {
        self.pages().items()
    }
}
