//! Tasks that exist, to be compared with those to add: each is read, or the job's tasks are listed
//! where that takes fewer requests.
//!
//! A page lists up to 1,000 tasks, so a second run of the same 5,000 tasks needs 5 pages instead of
//! 5,000 reads; in a job of a million other tasks, reading the few that exist is cheaper. The rule
//! is that of renting or buying skis: tasks are read until that has cost as many requests as the
//! listing would, by the job's own counts. So there are never more than twice the requests of the
//! better way.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use futures_util::lock::Mutex;

use super::chunk::Pending;
use super::send::{Deadline, Sender};
use crate::error::Error;
use crate::generated::comparisons::TASK_ADD_PARAMETER;
use crate::models::CloudTask;
use crate::page::PageStream;
use crate::retry::comparison::Queries;

/// Tasks that are read at the same time.
const READS: usize = 8;
/// Most tasks in a page of the listing.
const PAGE: u64 = 1_000;
/// Tasks for which a listing is not considered, since asking for the job's counts is a request,
/// too.
const FEW: u64 = 4;
/// Most bytes of listed tasks in memory; beyond them, tasks are read.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The result of looking for a task that may exist.
#[derive(Debug)]
pub(super) enum Found {
    Same,
    Different,
    Gone,
    /// Nothing is known, for this reason.
    Unknown(String),
}

/// Finds the tasks that exist in place of those to add; shared by the requests of a call.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    queries: Queries,
    listing: Mutex<Listing>,
}

#[derive(Debug, Default)]
struct Listing {
    /// Existing tasks that were looked for so far.
    wanted: u64,
    /// Pages that the job's tasks fill, the maximum if that is not known; `None` until it is asked.
    job_pages: Option<u64>,
    /// The pages to come.
    pages: Option<PageStream<CloudTask>>,
    /// Pages that were requested.
    requested: u64,
    /// Listed tasks by their ids in lower case, as JSON. Each is taken out when it is compared.
    tasks: HashMap<String, Vec<u8>>,
    bytes: usize,
}

impl Lookup {
    #[inline]
    pub(super) fn new(queries: Queries) -> Self {
        Self {
            queries,
            ..Self::default()
        }
    }

    /// Looks for the existing tasks of these ids.
    #[inline]
    pub(super) async fn find(&self, sender: &Sender, tasks: Vec<Pending>) -> Vec<(Pending, Found)> {
        if tasks.is_empty() {
            return Vec::new();
        }
        let listed = Deadline::bound(sender.deadline, self.listed(sender, &tasks)).await;
        let mut found = Vec::with_capacity(tasks.len());
        let mut unlisted = Vec::new();
        let mut listed = listed.unwrap_or_default().into_iter();
        for task in tasks {
            match listed.next().flatten() {
                Some(body) => found.push((self.compare(&task, &body), task)),
                None => unlisted.push(task),
            }
        }
        let reads = futures_util::stream::iter(unlisted)
            .map(async |task| (self.read(sender, &task).await, task));
        found.extend(reads.buffer_unordered(READS).collect::<Vec<_>>().await);
        found
            .into_iter()
            .map(|(found, task)| (task, found))
            .collect()
    }

    #[inline]
    fn compare(&self, task: &Pending, body: &[u8]) -> Found {
        match TASK_ADD_PARAMETER.compare(&task.body, body, self.queries) {
            Some(true) => Found::Same,
            Some(false) => Found::Different,
            None => Found::Unknown("cannot read the existing task of this id".to_owned()),
        }
    }

    #[inline]
    async fn read(&self, sender: &Sender, task: &Pending) -> Found {
        let read = async {
            let call = sender.client.task().get(&sender.job_id, &task.id);
            Ok::<_, Error>(call.retry(sender.retry).await?.into_inner())
        };
        match Deadline::bound(sender.deadline, read).await {
            // Whatever it is, it is not the task.
            Ok(Ok(found)) if !is_of(&found, &task.id) => {
                Found::Unknown("the service returned another task than that of this id".to_owned())
            }
            Ok(Ok(found)) => self.compare(task, &serde_json::to_vec(&found).unwrap_or_default()),
            Ok(Err(error)) if error.is_not_found() => Found::Gone,
            Ok(Err(error)) | Err(error) => Found::Unknown(format!(
                "cannot compare with the existing task of this id: {error}"
            )),
        }
    }

    /// Returns the tasks as the listing has them, one for each that is looked for; none if they are
    /// to be read.
    #[inline]
    async fn listed(&self, sender: &Sender, tasks: &[Pending]) -> Vec<Option<Vec<u8>>> {
        let mut listing = self.listing.lock().await;
        listing.wanted += tasks.len() as u64;
        if !listing.is_worth_it(sender).await {
            return Vec::new();
        }
        let mut found = Vec::with_capacity(tasks.len());
        for task in tasks {
            found.push(listing.take(sender, &task.id.to_ascii_lowercase()).await);
        }
        found
    }
}

impl Listing {
    /// Returns true if listing costs no more than reading has cost so far, with the tasks that are
    /// looked for now.
    #[inline]
    async fn is_worth_it(&mut self, sender: &Sender) -> bool {
        if self.wanted < FEW {
            return false;
        }
        if self.job_pages.is_none() {
            self.job_pages = Some(job_pages(sender).await.unwrap_or(u64::MAX));
        }
        self.job_pages.is_some_and(|pages| pages < self.wanted)
    }

    /// Takes a task out of the listing, of which it reads as much as it has to.
    #[inline]
    async fn take(&mut self, sender: &Sender, id: &str) -> Option<Vec<u8>> {
        loop {
            if let Some(body) = self.tasks.remove(id) {
                self.bytes -= body.len();
                return Some(body);
            }
            // Whatever the counts said, a listing never takes more requests than reading would.
            if self.bytes >= MOST_BYTES || self.requested >= self.wanted {
                return None;
            }
            self.read_page(sender).await?;
        }
    }

    /// Reads the next page; `None` if there is none.
    #[inline]
    async fn read_page(&mut self, sender: &Sender) -> Option<()> {
        if self.requested == 0 {
            let list = sender
                .client
                .task()
                .list(&sender.job_id)
                .retry(sender.retry);
            self.pages = Some(
                list.select(TASK_ADD_PARAMETER.names().collect::<Vec<_>>().join(","))
                    .pages(),
            );
        }
        self.requested += 1;
        // After an error there are no more pages, and what is missing is read.
        let page = self.pages.as_mut()?.try_next().await.ok()??;
        for task in page.into_inner().items {
            let (Some(id), Ok(body)) = (&task.id, serde_json::to_vec(&task)) else {
                continue;
            };
            self.bytes += body.len();
            if let Some(former) = self.tasks.insert(id.to_ascii_lowercase(), body) {
                self.bytes -= former.len();
            }
        }
        Some(())
    }
}

/// Returns true if a task has this id, whose letter case does not count.
#[inline]
fn is_of(task: &CloudTask, id: &str) -> bool {
    task.id
        .as_deref()
        .is_some_and(|found| found.eq_ignore_ascii_case(id))
}

/// Returns the number of pages that the tasks of the job fill, if the service says it.
#[inline]
async fn job_pages(sender: &Sender) -> Option<u64> {
    let counts = sender.client.job().get_task_counts(&sender.job_id);
    let counts = counts.retry(sender.retry).await.ok()?;
    let counts = counts.task_counts.as_ref()?;
    let states = [counts.active, counts.running, counts.completed];
    let tasks = states.into_iter().flatten().fold(0_u64, |sum, count| {
        sum.saturating_add(u64::try_from(count).unwrap_or_default())
    });
    Some(tasks.div_ceil(PAGE).max(1))
}
