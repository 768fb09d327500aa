//! Listings: pages that follow each other until the service names no next one, and their items.
//!
//! A page may be empty and still have a next one; only a missing next link ends a listing. The link
//! is absolute and already has every parameter, so it is sent and signed as it stands, but never to
//! another origin.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use reqwest::{Request, Url};
use serde::de::DeserializeOwned;

use crate::BoxFuture;
use crate::client::Client;
use crate::error::Error;
use crate::options::CallOptions;
use crate::response::{RawResponse, Response};
use crate::retry::effect::Effect;
use crate::transport::Call;
use crate::wire::json;

/// A list result of the description.
pub trait Paged: DeserializeOwned + Send + 'static {
    type Item: Send + 'static;

    /// The items and the link to the next page.
    fn into_parts(self) -> (Vec<Self::Item>, Option<String>);
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items of this page; there may be none although the listing goes on.
    pub items: Vec<T>,
    continuation: Option<ContinuationToken>,
}

impl<T> Page<T> {
    /// Where the listing goes on, or `None` where this is its last page.
    pub fn continuation(&self) -> Option<&ContinuationToken> {
        self.continuation.as_ref()
    }
}

/// A place in a listing, to go on from it later or in another process.
///
/// Opaque text of the service ([`as_str`](Self::as_str) to keep it); it belongs to the account and
/// the query that it comes from.
///
/// ```no_run
/// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
/// let page = client.pool().list().max_results(10).await?;
/// if let Some(place) = page.continuation() {
///     let next = client.pool().list().continue_from(place.as_str()).await?;
///     println!("{} more", next.items.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ContinuationToken(String);

impl ContinuationToken {
    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ContinuationToken {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for ContinuationToken {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<&ContinuationToken> for ContinuationToken {
    fn from(token: &ContinuationToken) -> Self {
        token.clone()
    }
}

impl fmt::Display for ContinuationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ContinuationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = crate::wire::redact::text(&self.0);
        f.debug_tuple("ContinuationToken").field(&shown).finish()
    }
}

/// The request for the page that a token leads to.
pub(crate) fn follow(
    client: &Client,
    call: &Call,
    token: &ContinuationToken,
) -> Result<Request, Error> {
    let url = address(client, token).map_err(|why| Error::refused(call.operation(), why))?;
    call.get(url)
}

/// Where a token leads, or why it is not followed.
fn address(client: &Client, token: &ContinuationToken) -> Result<Url, String> {
    let shown = crate::wire::redact::text(&token.0);
    let Ok(url) = Url::parse(&token.0) else {
        return Err(format!(
            "cannot continue the listing from {shown:?}: it is not an absolute URL; pass a \
             continuation token unchanged"
        ));
    };
    if !client.transport().endpoint.has_origin_of(&url) || !url.username().is_empty() {
        return Err(format!(
            "cannot continue the listing from {shown:?}: it is not on {}, and the signature gives \
             access to the account; pass a token of the same account",
            client.endpoint()
        ));
    }
    Ok(url)
}

/// Reads a response as a page.
pub(crate) fn read<P: Paged>(response: RawResponse) -> Result<Response<Page<P::Item>>, Error> {
    let response = response.into_model::<P>()?;
    Ok(response.map(|list| {
        let (items, next) = list.into_parts();
        Page {
            items,
            continuation: next.filter(|link| !link.is_empty()).map(ContinuationToken),
        }
    }))
}

/// Gets and reads the page that a token leads to.
pub(crate) fn next<P: Paged>(
    client: Client,
    operation: &'static str,
    options: CallOptions,
    token: ContinuationToken,
) -> BoxFuture<Result<Response<Page<P::Item>>, Error>> {
    let (bound, timeout) = (client.clone(), options.timeout);
    let page = Box::pin(async move {
        let call = Call::new(operation, Effect::Reads, options);
        let call = call.decoding(Some(json::decode::<P>));
        let request = follow(&client, &call, &token)?;
        read::<P>(client.send(&call, request).await?)
    });
    crate::client::bounded(&bound, operation, timeout, page)
}

type PageFuture<T> = BoxFuture<Result<Response<Page<T>>, Error>>;
type Next<T> = fn(Client, &'static str, CallOptions, ContinuationToken) -> PageFuture<T>;

/// Default of [`PageStream::max_pages`].
const MAX_PAGES: usize = 1_000_000;

/// The places that a listing has been at: links that lead back to one of them would never end.
struct Trail {
    hasher: RandomState,
    /// A hash of each place, which takes less memory than the place.
    places: HashSet<u64>,
    max_pages: usize,
    pages: usize,
}

impl Trail {
    fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            places: HashSet::new(),
            max_pages: MAX_PAGES,
            pages: 0,
        }
    }

    /// Adds the place that follows a page; returns false if the listing has been there.
    fn add(&mut self, place: &ContinuationToken) -> bool {
        self.pages += 1;
        self.places.insert(self.hasher.hash_one(place))
    }

    fn is_too_long(&self) -> bool {
        self.pages >= self.max_pages
    }
}

/// The pages of a listing, each with its headers. Ends after the first error.
///
/// Next links that lead back to an earlier page are an error
/// ([`Error::is_invalid_response`]), and so is a listing of more than
/// [`max_pages`](Self::max_pages) pages.
#[must_use = "a listing is sent only when it is polled"]
pub struct PageStream<T> {
    client: Client,
    operation: &'static str,
    options: CallOptions,
    next: Next<T>,
    /// Request for the next page, if one is in flight.
    pending: Option<PageFuture<T>>,
    /// Token of the page in flight; `None` for the first page.
    place: Option<ContinuationToken>,
    trail: Trail,
}

impl<T> PageStream<T> {
    pub(crate) fn new(
        client: Client,
        operation: &'static str,
        options: CallOptions,
        place: Option<ContinuationToken>,
        first: PageFuture<T>,
        next: Next<T>,
    ) -> Self {
        let mut trail = Trail::new();
        if let Some(place) = &place {
            trail.places.insert(trail.hasher.hash_one(place));
        }
        Self {
            client,
            operation,
            options,
            next,
            pending: Some(first),
            place,
            trail,
        }
    }

    /// Sets the largest number of pages; 1,000,000 by default. A listing that goes on after them
    /// ends with an error, so that a service or proxy that always names another page cannot keep
    /// the program busy forever.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.trail.max_pages = pages.max(1);
        self
    }

    /// The items of the pages, one by one.
    pub fn items(self) -> ItemStream<T> {
        ItemStream {
            pages: self,
            items: Vec::new().into_iter(),
        }
    }

    /// Returns the token of the page that is read next, or that was in flight when the listing
    /// failed; `None` for the first page.
    pub fn continuation(&self) -> Option<&ContinuationToken> {
        self.place.as_ref()
    }

    /// The next page, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Returns the errors of the operation; the stream ends after an error.
    pub async fn try_next(&mut self) -> Result<Option<Response<Page<T>>>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }
}

impl<T> Stream for PageStream<T> {
    type Item = Result<Response<Page<T>>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(pending) = &mut self.pending else {
            return Poll::Ready(None);
        };
        let result = ready!(pending.as_mut().poll(context));
        self.pending = None;
        let page = match result {
            Ok(page) => page,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        let place = page.continuation().cloned();
        let operation = self.operation;
        let failed = |why: String| {
            let text = format!("cannot finish the listing: {why}");
            Error::invalid_response(operation, text)
        };
        if let Some(token) = &place {
            // The items are left out: a service that ignores the place returns the same ones again.
            if !self.trail.add(token) {
                let why = "the service returned the same next page twice";
                return Poll::Ready(Some(Err(failed(why.to_owned()))));
            }
            self.pending = Some(if self.trail.is_too_long() {
                let error = failed(format!(
                    "it has more than {} pages; raise the limit by `max_pages`",
                    self.trail.max_pages
                ));
                Box::pin(async move { Err(error) })
            } else {
                let (client, options) = (self.client.clone(), self.options.clone());
                (self.next)(client, self.operation, options, token.clone())
            });
        }
        self.place = place;
        Poll::Ready(Some(Ok(page)))
    }
}

impl<T> fmt::Debug for PageStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageStream")
            .field("operation", &self.operation)
            .field("continuation", &self.place)
            .finish_non_exhaustive()
    }
}

/// The items of all pages of a listing. Ends after the first error.
#[must_use = "a listing is sent only when it is polled"]
pub struct ItemStream<T> {
    pages: PageStream<T>,
    items: std::vec::IntoIter<T>,
}

impl<T> ItemStream<T> {
    /// Sets the largest number of pages; see [`PageStream::max_pages`].
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.pages = self.pages.max_pages(pages);
        self
    }

    /// The next item, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Returns the errors of the operation; the stream ends after an error.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        if let Some(item) = self.items.next() {
            return Ok(Some(item));
        }
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// All items that are left, in memory.
    ///
    /// # Errors
    ///
    /// Returns the errors of the operation; the items read before an error are dropped.
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        let mut all: Vec<T> = self.items.by_ref().collect();
        while let Some(page) = self.pages.try_next().await? {
            all.append(&mut page.into_inner().items);
        }
        Ok(all)
    }
}

// The futures inside are boxed and no item is pinned in place.
impl<T> Unpin for PageStream<T> {}
impl<T> Unpin for ItemStream<T> {}

impl<T> Stream for ItemStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            // Frees the page before the next one comes: of 1,000 tasks, 1.5 MB.
            self.items = Vec::new().into_iter();
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.items = page.into_inner().items.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> fmt::Debug for ItemStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemStream")
            .field("pages", &self.pages)
            .field("read", &self.items.len())
            .finish()
    }
}
