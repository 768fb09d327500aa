//! The token in use, for each scope: fetched once for all calls that need it, renewed before it
//! ends, and replaced after the service has refused it.
//!
//! ```text
//! call ──► is there a valid token?
//!            yes, and it is not time to renew it, or another call does ──► that token
//!            yes, and it is time: this call joins the renewal, and takes the old one if it fails
//!            no: all calls join the renewal, and share its failure
//! ```
//!
//! A renewal is a shared future that whoever joined it drives: a call that is cancelled leaves it
//! to the others, and if there are none, to the next.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::FutureExt as _;
use futures_util::future::Shared;
use reqwest::header::HeaderValue;

use super::source::{Token, TokenRequest, TokenSource};
use super::{BearerToken, TokenNumber};
use crate::BoxFuture;
use crate::error::Error;
use crate::wire::redact;

/// A token is renewed this long before it expires.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// After an early renewal that failed, the source is left alone for this long.
const REST: Duration = Duration::from_secs(30);
/// A token that was fetched because another was refused, and is refused within this time, shows
/// that a new token does not help.
const IN_VAIN: Duration = Duration::from_secs(30);

/// A source and its tokens.
pub(super) struct Renewal {
    source: Arc<dyn TokenSource>,
    /// The source in errors: its type, or what it stands for.
    name: &'static str,
    /// The tokens by their scopes. There is rarely more than one.
    slots: Mutex<Vec<(String, Arc<Slot>)>>,
}

/// A token that a request can use.
#[derive(Clone)]
pub(super) struct Usable {
    pub(super) value: HeaderValue,
    pub(super) number: TokenNumber,
}

impl Renewal {
    pub(super) fn new<S: TokenSource>(name: &'static str, source: S) -> Self {
        Self {
            name,
            source: Arc::new(source),
            slots: Mutex::default(),
        }
    }

    /// Returns a token for the scope; waits only where there is no valid one, or where it is this
    /// call that renews it.
    pub(super) async fn token(&self, scope: &str) -> Result<Usable, Error> {
        let slot = self.slot(scope);
        let (old, renewal) = {
            let mut state = slot.state();
            let now = Instant::now();
            let valid = state.held.as_ref().filter(|held| held.is_valid(now));
            match valid.map(|held| (held.usable.clone(), held.renew_at)) {
                Some((usable, renew_at)) if now < renew_at || !state.wants_renewal(now) => {
                    return Ok(usable);
                }
                valid => {
                    let renewal = self.join(&slot, &mut state, scope);
                    (valid.map(|(usable, _)| usable), renewal)
                }
            }
        };
        match (renewal.await, old) {
            (Ok(usable), _) | (Err(_), Some(usable)) => Ok(usable),
            (Err(reason), None) => Err(Error::credential(self.name, scope, &reason)),
        }
    }

    /// Takes in that a token was refused; returns true once there is another one.
    pub(super) async fn renew_refused(
        &self,
        number: TokenNumber,
        claims: Option<String>,
        scope: &str,
    ) -> Result<bool, Error> {
        let slot = self.slot(scope);
        let refused = {
            let mut state = slot.state();
            let State { held, renewing, .. } = &mut *state;
            match held {
                Some(held) if held.usable.number == number => {
                    let in_vain = held.replaces_refused && held.since.elapsed() < IN_VAIN;
                    if in_vain && claims.is_none() {
                        return Ok(false);
                    }
                    if !held.refused {
                        held.refused = true;
                        // A renewal under way may return the refused token again.
                        *renewing = None;
                        state.claims = claims;
                    }
                    Some(state.held.as_ref().map(|held| held.usable.value.clone()))
                }
                _ => None,
            }
        };
        let usable = self.token(scope).await?;
        Ok(match refused {
            Some(refused) => refused.is_none_or(|refused| refused != usable.value),
            // Another call has renewed it.
            None => usable.number != number,
        })
    }

    fn slot(&self, scope: &str) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        if let Some((_, slot)) = slots.iter().find(|(of, _)| of == scope) {
            return slot.clone();
        }
        let slot = Arc::new(Slot::default());
        slots.push((scope.to_owned(), slot.clone()));
        slot
    }

    /// Joins the renewal that is under way, or begins one.
    fn join(
        &self,
        slot: &Arc<Slot>,
        state: &mut State,
        scope: &str,
    ) -> impl Future<Output = Fetched> + Send + use<> {
        let renewing = state.renewing.take().unwrap_or_else(|| {
            state.last += 1;
            let request = TokenRequest {
                scope: scope.to_owned(),
                claims: state.claims.clone(),
                fresh: state.held.as_ref().is_some_and(|held| held.refused),
            };
            let (source, slot) = (self.source.clone(), Arc::downgrade(slot));
            let fetched: BoxFuture<Fetched> = Box::pin(fetch(source, request, slot, state.last));
            Renewing {
                number: state.last,
                fetched: fetched.shared(),
                driven: Arc::new(()),
            }
        });
        let (fetched, driving) = (renewing.fetched.clone(), renewing.driven.clone());
        state.renewing = Some(renewing);
        async move {
            let fetched = fetched.await;
            // Until here, this call counts as one that drives it.
            drop(driving);
            fetched
        }
    }
}

/// Shows the source, which does not show secrets.
impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Result of a renewal: a token, or the reason why there is none.
type Fetched = Result<Usable, Arc<str>>;

#[derive(Default)]
struct Slot(Mutex<State>);

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// Number of the last renewal.
    last: TokenNumber,
    renewing: Option<Renewing>,
    /// After a failed early renewal.
    rests_until: Option<Instant>,
    /// Claims that the service asked for; they are needed from then on.
    claims: Option<String>,
}

impl State {
    /// Returns true if a valid token that is due is to be renewed by this call.
    fn wants_renewal(&self, now: Instant) -> bool {
        let rests = self.rests_until.is_some_and(|until| now < until);
        // One reference is the state's own; all others drive it.
        let is_driven = |renewing: &Renewing| Arc::strong_count(&renewing.driven) > 1;
        !rests && !self.renewing.as_ref().is_some_and(is_driven)
    }
}

/// The token that calls use.
struct Held {
    usable: Usable,
    since: Instant,
    renew_at: Instant,
    ends_at: Instant,
    refused: bool,
    /// It was fetched because the one before was refused.
    replaces_refused: bool,
}

impl Held {
    fn is_valid(&self, now: Instant) -> bool {
        !self.refused && now < self.ends_at
    }
}

struct Renewing {
    number: TokenNumber,
    fetched: Shared<BoxFuture<Fetched>>,
    driven: Arc<()>,
}

/// Asks the source for a token and keeps it.
async fn fetch(
    source: Arc<dyn TokenSource>,
    request: TokenRequest,
    slot: Weak<Slot>,
    number: TokenNumber,
) -> Fetched {
    let replaces_refused = request.fresh;
    let result = match source.token(request).await {
        Ok(token) => held(&token, number, replaces_refused),
        Err(why) => Err(reason(&*why)),
    };
    let Some(slot) = slot.upgrade() else {
        return result.map(|held| held.usable);
    };
    let mut state = slot.state();
    let is_current = |renewing: &Renewing| renewing.number == number;
    // A refusal in between has started another renewal: this token may be the refused one.
    if !state.renewing.as_ref().is_some_and(is_current) {
        return result.map(|held| held.usable);
    }
    state.renewing = None;
    match result {
        Ok(held) => {
            let usable = held.usable.clone();
            state.rests_until = None;
            state.held = Some(held);
            Ok(usable)
        }
        Err(reason) => {
            let now = Instant::now();
            if state.held.as_ref().is_some_and(|held| held.is_valid(now)) {
                tracing::warn!(%reason, "cannot renew the token yet; the old one is still valid");
                state.rests_until = now.checked_add(REST);
            }
            Err(reason)
        }
    }
}

/// Checks a token, and places its times on this machine's clock.
fn held(token: &Token, number: TokenNumber, replaces_refused: bool) -> Result<Held, Arc<str>> {
    let value = BearerToken::new(&token.secret)
        .map_err(|why| reason(&why))?
        .0;
    let (since, now) = (Instant::now(), Utc::now());
    let Ok(life) = (token.expires_on - now).to_std() else {
        return Err(format!(
            "the token expired at {}; check this machine's clock",
            token.expires_on.format("%Y-%m-%dT%H:%M:%SZ")
        )
        .into());
    };
    let renewal = match token.refresh_on {
        Some(refresh_on) => (refresh_on - now).to_std().unwrap_or_default().min(life),
        None if life < 2 * EARLY => life / 2,
        None => life.saturating_sub(EARLY),
    };
    // Beyond what the clock can count, a token is as good as valid forever.
    let at = |after: Duration| {
        since
            .checked_add(after)
            .unwrap_or(since + Duration::from_secs(1 << 31))
    };
    Ok(Held {
        usable: Usable { value, number },
        since,
        renew_at: at(renewal),
        ends_at: at(life),
        refused: false,
        replaces_refused,
    })
}

/// The text of an error and of its sources, without secrets, on one line.
fn reason(error: &(dyn StdError + 'static)) -> Arc<str> {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.contains(next.trim()) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = error.source();
    }
    let line: Vec<&str> = text.split_whitespace().collect();
    redact::text(&line.join(" ")).into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is locked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
