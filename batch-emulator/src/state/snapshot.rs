//! Snapshots of the state, and detection of changes to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::State;
use super::jobs::Job;
use super::numbers::PoolNumber;
use super::tasks::Seat;
use crate::time::Time;

/// Nodes by pool and id, shared by tasks.
type Seats = BTreeMap<(PoolNumber, Box<str>), Arc<Seat>>;

impl State {
    /// Returns values that every change of the state alters: the last stamp, the number of assigned
    /// ids and the number of events.
    pub(crate) fn trace(&self) -> (Time, u64, u64) {
        (self.last_stamp, self.seed, self.events.count())
    }

    /// Serializes the whole state.
    pub(crate) fn to_snapshot(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Restores a state from a snapshot.
    pub(crate) fn from_snapshot(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        // The parser limited the depth of what clients sent, and it is nested a few levels deeper
        // here.
        reader.disable_recursion_limit();
        let mut state = Self::deserialize(&mut reader)?;
        reader.end()?;
        state.share();
        Ok(state)
    }

    /// Restores sharing between tasks: a hundred thousand may have equal definitions.
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

/// Shares a task's definition with the previous task if it is equal.
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
