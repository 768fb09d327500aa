//! Injected faults: which requests are disturbed, and how.
//!
//! This module is not part of the request pipeline: `http` calls [`Faults::choose`] before it
//! starts processing a request, and carries out the result. The state below knows nothing of
//! faults. [`rule`] defines the rules and [`reading`] parses and validates them; this module stores
//! them and counts their requests.

mod reading;
mod rule;

pub use reading::FaultError;
pub use rule::{AnswerFault, Fault, FaultBody, FaultKind, FaultPlan};

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::chance;
use reading::COLLECTION;

/// The properties of a request that rules match on.
#[derive(Debug)]
pub(crate) struct RequestInfo<'a> {
    /// Operation id; `None` if the request does not match an operation.
    pub(crate) operation: Option<&'static str>,
    pub(crate) method: &'a str,
    /// The account that the request claims to address.
    pub(crate) account: Option<&'a str>,
}

/// A fault for one request.
#[derive(Debug)]
pub(crate) struct InjectedFault {
    pub(crate) fault: FaultKind,
    /// Inputs of the random decisions within this request.
    dice: [u64; 3],
}

impl InjectedFault {
    /// Returns true if an event with this probability happens to the part of the request with this
    /// number.
    pub(crate) fn happens_to(&self, probability: f64, part: usize) -> bool {
        let [seed, rule, count] = self.dice;
        chance::happens(probability, &[seed, rule, count, part as u64])
    }
}

/// A rule with its counts so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CountedFault {
    /// The rule.
    #[serde(flatten)]
    pub fault: Fault,
    /// Number of requests that matched the rule.
    pub seen: u64,
    /// Number of requests that the rule disturbed.
    pub hits: u64,
}

/// The active rules.
#[derive(Debug)]
pub(crate) struct Faults {
    accounts: Vec<String>,
    plan: Mutex<Plan>,
}

/// The rules as the control endpoint shows them.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Plan {
    seed: u64,
    pub(crate) rules: Vec<CountedFault>,
}

impl Faults {
    pub(crate) fn new(accounts: Vec<String>, plan: FaultPlan) -> Result<Self, FaultError> {
        let faults = Self {
            accounts,
            plan: Mutex::default(),
        };
        faults.set(plan)?;
        Ok(faults)
    }

    /// Replaces the rules. The counts restart from zero.
    pub(crate) fn set(&self, plan: FaultPlan) -> Result<(), FaultError> {
        plan.check(&self.accounts)?;
        let mut known = self.lock();
        known.seed = plan.seed.unwrap_or(known.seed);
        let rules = plan.rules.into_iter();
        let counted = |fault| CountedFault {
            fault,
            seen: 0,
            hits: 0,
        };
        known.rules = rules.map(counted).collect();
        Ok(())
    }

    pub(crate) fn shown(&self) -> Plan {
        self.lock().clone()
    }

    /// Returns true if there are any rules. Without rules, requests need no matching.
    pub(crate) fn has_rules(&self) -> bool {
        !self.lock().rules.is_empty()
    }

    /// Chooses the fault for a request, if any. Every matching rule counts the request, even after
    /// an earlier rule has chosen a fault.
    pub(crate) fn choose(&self, request_info: &RequestInfo<'_>) -> Option<InjectedFault> {
        let mut plan = self.lock();
        let seed = plan.seed;
        let mut found = None;
        for (index, rule) in (0u64..).zip(&mut plan.rules) {
            if !applies_to(&rule.fault, request_info) {
                continue;
            }
            rule.seen += 1;
            let dice = [seed, index, rule.seen];
            if found.is_none() && rule.selects_request(&dice) {
                rule.hits += 1;
                let fault = rule.fault.fault.clone();
                found = Some(InjectedFault { fault, dice });
            }
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CountedFault {
    /// Returns true if the rule disturbs the request that it has just counted.
    fn selects_request(&self, dice: &[u64]) -> bool {
        let Fault {
            first,
            every,
            most,
            probability,
            ..
        } = self.fault;
        let is_its_turn = self
            .seen
            .checked_sub(first)
            .is_some_and(|n| n.is_multiple_of(every));
        is_its_turn
            && most.is_none_or(|most| self.hits < most)
            && chance::happens(probability, dice)
    }
}

fn applies_to(rule: &Fault, request_info: &RequestInfo<'_>) -> bool {
    let operation = request_info.operation;
    let of_operation = rule.operations.is_empty() || operation.is_some_and(|id| rule.names(id));
    let of_method = rule.methods.is_empty()
        || rule
            .methods
            .iter()
            .any(|known| known == request_info.method);
    let account = rule.account.as_deref();
    let of_account = account.is_none_or(|account| request_info.account == Some(account));
    let of_kind = match rule.fault {
        FaultKind::TaskErrors { .. } => operation == Some(COLLECTION),
        // The response to a HEAD has no body that could be cut or delayed.
        FaultKind::Truncate { .. } | FaultKind::SlowBody { .. } => request_info.method != "HEAD",
        _ => true,
    };
    of_operation && of_method && of_account && of_kind
}

#[cfg(test)]
mod tests;
