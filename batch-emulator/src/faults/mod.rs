//! Faults on order: which requests are disturbed, and how.
//!
//! Stands beside the way of a request: `http` asks [`Faults::choose`] before it leads one down that
//! way, and carries out what this says. The state below knows nothing of it. [`rule`] has the
//! rules, [`reading`] reads and checks them; here they are held and counted.

mod reading;
mod rule;

pub use reading::FaultError;
pub use rule::{AnswerFault, Fault, FaultBody, FaultKind, FaultPlan};

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::chance;
use reading::COLLECTION;

/// What a rule goes by.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// The id of the operation; none where the request is for no operation.
    pub(crate) operation: Option<&'static str>,
    pub(crate) method: &'a str,
    /// The account that the request says it is for.
    pub(crate) account: Option<&'a str>,
}

/// A fault for one request.
#[derive(Debug)]
pub(crate) struct InjectedFault {
    pub(crate) fault: FaultKind,
    /// Makes the chances within this request.
    dice: [u64; 3],
}

impl InjectedFault {
    /// Whether what has this probability befalls the part of the request with this number.
    pub(crate) fn befalls(&self, probability: f64, part: usize) -> bool {
        let [seed, rule, count] = self.dice;
        chance::happens(probability, &[seed, rule, count, part as u64])
    }
}

/// A rule, and what it has done so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CountedFault {
    /// The rule.
    #[serde(flatten)]
    pub fault: Fault,
    /// How many requests that it is about have come.
    pub seen: u64,
    /// How many of them it has hit.
    pub hits: u64,
}

/// The rules in force.
#[derive(Debug)]
pub(crate) struct Faults {
    accounts: Vec<String>,
    plan: Mutex<Plan>,
}

/// What the control endpoint shows.
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

    /// Puts these rules in the place of those that are there; they count from 1.
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

    /// Whether there are rules at all; where there are none, requests need not be looked at.
    pub(crate) fn are_ordered(&self) -> bool {
        !self.lock().rules.is_empty()
    }

    /// The fault that befalls a request. Every rule that is about it counts it, also behind one
    /// that hits.
    pub(crate) fn choose(&self, asked: &Asked<'_>) -> Option<InjectedFault> {
        let mut plan = self.lock();
        let seed = plan.seed;
        let mut found = None;
        for (index, rule) in (0u64..).zip(&mut plan.rules) {
            if !is_about(&rule.fault, asked) {
                continue;
            }
            rule.seen += 1;
            let dice = [seed, index, rule.seen];
            if found.is_none() && rule.hits_now(&dice) {
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
    /// Whether it hits the request that it has just counted.
    fn hits_now(&self, dice: &[u64]) -> bool {
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

fn is_about(rule: &Fault, asked: &Asked<'_>) -> bool {
    let operation = asked.operation;
    let of_operation = rule.operations.is_empty() || operation.is_some_and(|id| rule.names(id));
    let of_method =
        rule.methods.is_empty() || rule.methods.iter().any(|known| known == asked.method);
    let account = rule.account.as_deref();
    let of_account = account.is_none_or(|account| asked.account == Some(account));
    let of_kind = match rule.fault {
        FaultKind::TaskErrors { .. } => operation == Some(COLLECTION),
        // The answer to a HEAD has no body that could be cut or slow.
        FaultKind::Truncate { .. } | FaultKind::SlowBody { .. } => asked.method != "HEAD",
        _ => true,
    };
    of_operation && of_method && of_account && of_kind
}

#[cfg(test)]
mod tests;
