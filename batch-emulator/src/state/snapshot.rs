//! The state as a snapshot, and what tells whether a request has left something behind in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::State;
use super::jobs::Job;
use super::numbers::PoolNumber;
use super::tasks::Seat;
use crate::time::Time;

/// Nodes by pool and id, as tasks share them.
type Seats = BTreeMap<(PoolNumber, Box<str>), Arc<Seat>>;

impl State {
    /// What every change of the state changes: the last stamp, the ids given out and the events
    /// set.
    pub(crate) fn trace(&self) -> (Time, u64, u64) {
        (self.last_stamp, self.seed, self.events.count())
    }

    /// Everything, as bytes.
    pub(crate) fn to_snapshot(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// The state that was written so.
    pub(crate) fn from_snapshot(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        // What a client sent was let in up to the parser's limit, and lies some levels deeper here.
        reader.disable_recursion_limit();
        let mut state = Self::deserialize(&mut reader)?;
        reader.end()?;
        state.share();
        Ok(state)
    }

    /// Lets tasks share again what they shared before: a hundred thousand may have the same.
    fn share(&mut self) {
        let mut seats = Seats::new();
        for (number, pool) in self.pools.iter() {
            for (_, node) in pool.nodes.iter() {
                seats.insert((number, node.id().into()), Arc::clone(&node.seat));
            }
        }
        for (_, job) in self.jobs.iter_mut() {
            share_given(job);
            share_seats(job, &mut seats);
        }
    }
}

/// A task shares what it was given with the task before, where it is the same.
fn share_given(job: &mut Job) {
    let mut before = job.shared.clone();
    for (_, task) in job.tasks.iter_mut() {
        match (&task.given, &before) {
            (Some(given), Some(known)) if given == known => task.given.clone_from(&before),
            (Some(_), _) => before.clone_from(&task.given),
            (None, _) => {}
        }
    }
}

fn share_seats(job: &mut Job, seats: &mut Seats) {
    let runs = job
        .tasks
        .iter_mut()
        .filter_map(|(_, task)| task.run.as_mut());
    let of_tasks = runs.filter_map(|run| run.seat.as_mut());
    let of_job = job.prepared.values_mut().map(|prepared| &mut prepared.seat);
    for seat in of_tasks.chain(of_job) {
        let known = seats
            .entry((seat.pool, seat.node_id.clone()))
            .or_insert_with(|| Arc::clone(seat));
        *seat = Arc::clone(known);
    }
}
