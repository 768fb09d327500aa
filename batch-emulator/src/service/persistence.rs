//! Persistence of a service: records the inputs of the state and replays them at a start.
//!
//! This module connects the [`Service`](super::Service) with the `store`. A request that changed
//! something is recorded while the state is still locked. Its reply is sent once the record is on
//! disk, and so is every other reply that could reveal the change. At a start the snapshot is
//! loaded, then each later request passes through the pipeline again, starting at `route`, at its
//! original time. The virtual clock continues as if the service had never stopped.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::Utc;

use super::{Account, Service};
use crate::check;
use crate::config::Config;
use crate::generated::API_VERSION;
use crate::refusal::Refusal;
use crate::request::{Reply, Request};
use crate::route;
use crate::state::clock::Clock;
use crate::state::report::Report;
use crate::state::{Settings, State};
use crate::store::journal::{self, Load};
use crate::store::{About, Anchor, Call, Entry, Folder, Input, Item, Journal, Ticket};
use crate::time::{Span, Time};

/// Minimum weight of the journal for which a start writes a snapshot, so that the next start need
/// not replay it.
const SNAPSHOT_AT_START: usize = 1024 * 1024;
/// Minimum weight of the journal for which a running service writes a snapshot.
const SNAPSHOT_WEIGHT: usize = 32 * 1024 * 1024;

/// The store of a service that persists its state.
#[derive(Debug)]
pub(super) struct Persistence {
    journal: Journal,
    about: About,
}

impl Persistence {
    /// Records an input that has just been applied.
    pub(super) fn note(&self, state: &State, entry: Entry) {
        self.journal.append(entry);
        if self.journal.needs_snapshot() {
            match state.to_snapshot() {
                Ok(bytes) => self.journal.snapshot(bytes),
                // The journal alone is complete, too.
                Err(error) => eprintln!("batch-emulator: cannot create a snapshot: {error}"),
            }
        }
    }

    /// Records a report from outside that has just been applied.
    pub(super) fn note_report(&self, state: &State, report: &Report) {
        let input = Input::Report(report.clone());
        self.note(
            state,
            Entry {
                time: state.now,
                input,
            },
        );
    }

    /// Records settings that have just been applied.
    pub(super) fn note_settings(&self, state: &State) {
        let input = Input::Settings(state.settings.clone());
        self.note(
            state,
            Entry {
                time: state.now,
                input,
            },
        );
    }

    /// Returns the ticket that a reply has to wait for. Even a request that only reads has seen the
    /// effects of earlier ones.
    pub(super) fn ticket(&self) -> Ticket {
        self.journal.ticket()
    }

    /// Writes what is queued and releases the folder.
    pub(super) fn close(&self, now: Time, speed: f64) {
        self.journal.close(Some(About {
            anchor: anchor(now, speed),
            ..self.about.clone()
        }));
    }
}

/// Carries out a request and returns its entry if it changed something. Panics are propagated.
pub(super) fn work(
    account: &mut Account,
    request: &Request,
    call: Option<Call>,
) -> (std::thread::Result<Result<Reply, Refusal>>, Option<Entry>) {
    let before = account.state.trace();
    let outcome = catch_unwind(AssertUnwindSafe(|| account.operate(request)));
    let accepted = matches!(outcome, Ok(Ok(_)));
    // A rejected request can have used up an id, and one that panicked may have had partial
    // effects.
    let changed = account.state.trace() != before;
    debug_assert!(
        call.is_some() || !changed,
        "a read-only request changed the state"
    );
    let counts = accepted || outcome.is_err() || changed;
    let entry = call.filter(|_| counts).map(|call| Entry {
        time: account.state.now,
        input: Input::Request(Call { accepted, ..call }),
    });
    (outcome, entry)
}

/// Waits until everything that a reply can reveal is persisted.
pub(crate) async fn settled(ticket: Option<Ticket>) -> Result<(), Refusal> {
    let Some(ticket) = ticket else {
        return Ok(());
    };
    ticket.persisted().await.map_err(|error| {
        let text =
            format!("The request may have been carried out, but it is not persisted: {error}.");
        Refusal::new(500, "InternalError", text)
    })
}

/// Starts the service from a data folder.
pub(super) fn open(config: &Config, path: &Path) -> io::Result<Service> {
    open_with(config, path, SNAPSHOT_WEIGHT)
}

pub(super) fn open_with(config: &Config, path: &Path, heavy: usize) -> io::Result<Service> {
    let real = Time::from(Utc::now());
    let fresh = About::new(
        &config.account,
        API_VERSION,
        anchor(real, config.clock_speed),
    );
    let folder = Folder::open(path, &fresh, || {
        // The initial settings are an input too.
        let state = State::new(Settings::new(config), real);
        state.to_snapshot().map_err(io::Error::other)
    })?;
    let about = folder.about()?;
    let snapshot = folder.snapshot()?;
    let mut size = snapshot.len();
    let state = State::from_snapshot(&snapshot)
        .map_err(|error| folder.broken(&format!("its snapshot: {error}")))?;
    drop(snapshot);
    let mut account = Account::new(config, state);
    let mut weight = 0;
    let next = folder.replay(|number, entry| {
        weight += journal::weight(&entry);
        let what = |error| folder.broken(&format!("entry {number}: {error}"));
        replay(&mut account, &entry).map_err(what)
    })?;
    let start = resumed_time(about.anchor, real).max(account.state.now);
    let about = About {
        anchor: anchor(start, config.clock_speed),
        ..about
    };
    let mut items = vec![Item::About(about.clone())];
    let executed = account.state.settings.execute;
    let mut last = settle(&mut account, config, start, next, &mut items);
    if executed || config.execute {
        last = restart(&mut account, start, last + 1, &mut items);
    }
    if weight > SNAPSHOT_AT_START {
        let bytes = account.state.to_snapshot().map_err(io::Error::other)?;
        (weight, size) = (0, bytes.len());
        items.push(Item::Snapshot(bytes));
    }
    folder
        .write(&items)
        .map_err(|error| folder.broken(&error))?;
    let load = Load {
        last,
        weight,
        snapshot: size,
        heavy,
    };
    let clock = Clock::from(start, config.clock_speed);
    let journal = Journal::start(folder, load)?;
    Ok(Service::resume(
        clock,
        account,
        Persistence { journal, about },
    ))
}

fn anchor(now: Time, speed: f64) -> Anchor {
    Anchor {
        real: Time::from(Utc::now()),
        virtual_: now,
        speed,
    }
}

/// Returns the time that the clock would show if it had never stopped.
#[expect(clippy::cast_precision_loss, reason = "years to the microsecond")]
fn resumed_time(anchor: Anchor, real: Time) -> Time {
    let Span(passed) = real.since(anchor.real);
    let seconds = passed as f64 / 1e7 * anchor.speed;
    anchor.virtual_.plus(Span::from_seconds(seconds))
}

/// Applies changed settings as an input. Returns the position of the last input.
fn settle(
    account: &mut Account,
    config: &Config,
    now: Time,
    next: u64,
    items: &mut Vec<Item>,
) -> u64 {
    let settings = Settings::new(config);
    if account.state.settings == settings {
        return next - 1;
    }
    let entry = Entry {
        time: now,
        input: Input::Settings(settings.clone()),
    };
    advance(account, now);
    account.state.apply_settings(settings);
    items.push(Item::Entry(next, entry));
    next
}

/// Records that all programs ended with the previous process and its orders are void. Returns the
/// position of the input.
fn restart(account: &mut Account, now: Time, place: u64, items: &mut Vec<Item>) -> u64 {
    advance(account, now);
    drop(account.state.take_orders());
    account.state.report(&Report::Restarted);
    let input = Input::Report(Report::Restarted);
    items.push(Item::Entry(place, Entry { time: now, input }));
    place
}

/// Advances the time. An event that panicked has already been removed from the queue.
fn advance(account: &mut Account, now: Time) {
    while catch_unwind(AssertUnwindSafe(|| account.state.advance(now))).is_err() {}
}

/// Applies a recorded input again.
pub(super) fn replay(account: &mut Account, entry: &Entry) -> Result<(), String> {
    advance(account, entry.time);
    match &entry.input {
        Input::Request(call) => {
            let outcome = catch_unwind(AssertUnwindSafe(|| call_again(account, call)));
            let outcome = outcome.unwrap_or_else(|_| Err(broke()));
            match (call.accepted, outcome) {
                (true, Ok(_)) | (false, Err(_)) => Ok(()),
                (true, Err(refusal)) => Err(format!(
                    "{} {} succeeded when it was recorded and is rejected now: {} {}",
                    call.method, call.target, refusal.code, refusal.message
                )),
                (false, Ok(_)) => Err(format!(
                    "{} {} was rejected when it was recorded and succeeds now",
                    call.method, call.target
                )),
            }
        }
        Input::Settings(settings) => {
            account.state.apply_settings(settings.clone());
            Ok(())
        }
        Input::Report(report) => {
            account.state.report(report);
            Ok(())
        }
    }
}

fn broke() -> Refusal {
    Refusal::new(500, "InternalError", "The service had an internal error.")
}

fn call_again(account: &mut Account, call: &Call) -> Result<Reply, Refusal> {
    account.operate(&request_of(call)?)
}

/// Rebuilds the request of a call as `http` created it.
pub(super) fn request_of(call: &Call) -> Result<Request, Refusal> {
    let headers = call.headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(name).ok()?;
        Some((name, HeaderValue::try_from(value).ok()?))
    });
    let headers: HeaderMap = headers.collect();
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let route = route::find(&call.method, path)?;
    let base = call.base.clone();
    check::recorded(route, query, &headers, call.body.as_bytes(), base)
}
