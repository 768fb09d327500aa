//! Programs: what runs on nodes, whether really or simulated, and what follows from its end.

use super::State;
use super::report::Report;

impl State {
    /// Takes in what happened outside; time has been advanced to it.
    pub(crate) fn report(&mut self, report: &Report) {
        let _ = report;
    }
}
