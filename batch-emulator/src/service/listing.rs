//! Filtering, projecting and paging of listings.
//!
//! Source: descriptions of the parameters `maxresults` and `$filter`; recorded, `Pool_List` with a
//! next link. The live service is known to return empty pages that have a next link.

use serde_json::Value;

use super::reply::{self, Projection};
use crate::config::Config;
use crate::query::{Filter, SkipToken, next_link, page};
use crate::refusal::Refusal;
use crate::request::{Object, Reply, Request};
use crate::state::resource::put;

/// Maximum number of items that one request scans, so that a filter that selects few items has a
/// bounded cost.
///
/// No source; chosen so that a response takes milliseconds.
const SCAN_LIMIT: usize = 20_000;
/// Marks the token of a page after an empty one; no key of an item starts with it.
const AFTER_EMPTY: char = '+';

/// Configuration of pages.
#[derive(Debug, Clone)]
pub(super) struct Pages {
    size: usize,
    sparse: bool,
}

impl Pages {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            size: config.page_size.unwrap_or(usize::MAX).max(1),
            sparse: config.sparse_pages,
        }
    }
}

/// A listing with its parsed query options.
pub(super) struct Listing<'a> {
    request: &'a Request,
    filter: Option<Filter>,
    pub(super) wanted: Projection,
    limit: usize,
    after: Option<String>,
    empty: bool,
}

impl<'a> Listing<'a> {
    pub(super) fn of(pages: &Pages, request: &'a Request) -> Result<Self, Refusal> {
        let wanted = Projection::of(request)?;
        let filter = request
            .query("$filter")
            .map(|text| Filter::parse(text, reply::model(request)?, request.version));
        let token = request
            .query("$skiptoken")
            .map(SkipToken::parse)
            .transpose()?;
        let key = token.as_ref().map(SkipToken::key);
        let resumed = key.and_then(|key| key.strip_prefix(AFTER_EMPTY));
        Ok(Self {
            request,
            filter: filter.transpose()?,
            wanted,
            limit: limit(request).min(pages.size),
            after: resumed.or(key).map(str::to_owned),
            empty: pages.sparse && key.is_some() && resumed.is_none(),
        })
    }

    /// Returns the key after which the page starts.
    pub(super) fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Creates the page from the items after that key, which must be in the order of their keys.
    pub(super) fn reply<'k>(&self, items: impl Iterator<Item = (&'k str, Object)>) -> Reply {
        if let (true, Some(after)) = (self.empty, self.after()) {
            return self.page(
                Vec::new(),
                Some(&SkipToken::new(&format!("{AFTER_EMPTY}{after}"))),
            );
        }
        let keep = |item: &Object| {
            self.filter
                .as_ref()
                .is_none_or(|filter| filter.matches(item))
        };
        let (selected, token) = page(items, self.limit, SCAN_LIMIT, keep);
        let projected = selected
            .iter()
            .map(|item| Value::Object(self.wanted.project(item)))
            .collect();
        self.page(projected, token.as_ref())
    }

    /// Creates the page from all items, in any order.
    pub(super) fn reply_all<'k>(&self, items: impl Iterator<Item = (&'k str, Object)>) -> Reply {
        let mut items: Vec<_> = items
            .filter(|(key, _)| self.after().is_none_or(|after| *key > after))
            .collect();
        items.sort_by_key(|(key, _)| *key);
        self.reply(items.into_iter())
    }

    fn page(&self, items: Vec<Value>, token: Option<&SkipToken>) -> Reply {
        let mut object = Object::new();
        put(&mut object, "value", items);
        if let Some(token) = token {
            put(
                &mut object,
                "odata.nextLink",
                next_link(self.request, token),
            );
        }
        reply::object(object)
    }
}

/// Returns the maximum number of items per page: as requested, or the most that can be requested;
/// unlimited if the operation has no such parameter.
///
/// Source: description of the parameter `maxresults`: at most 1,000 items for most listings.
fn limit(request: &Request) -> usize {
    let parameters = request.operation.parameters.iter();
    let mut bounds = parameters
        .filter(|parameter| parameter.name == "maxresults")
        .map(|parameter| parameter.maximum);
    let requested = request
        .number("maxresults")
        .or_else(|| bounds.next().flatten());
    requested
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX)
}
