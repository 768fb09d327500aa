//! Autoscaling pools: when formulas are evaluated, and the consequences.
//!
//! A formula is evaluated when it is set and then at the pool's interval; samples are taken only
//! while a formula is set. [`crate::autoscale`] implements the language.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::metrics::{History, Sample};
use super::{Pool, PoolState, Sizes, TaskFate};
use crate::autoscale::{self, Formula, Kind, Metric, SAMPLE_PERIOD};
use crate::chance;
use crate::refusal::Refusal;
use crate::request::Object;
use crate::state::State;
use crate::state::events::Event;
use crate::state::numbers::PoolNumber;
use crate::state::resource::{object, pair, put, text};
use crate::time::{Span, Time};

/// Number of evaluations whose results are kept. The service returns the last one, the dashboard
/// shows all.
const RUNS: usize = 20;

/// Data of an autoscaling pool.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Scaling {
    history: History,
    /// Results of the last evaluations, oldest first; data folders of earlier builds have none.
    #[serde(default)]
    pub(crate) runs: VecDeque<Object>,
    /// Generation of the evaluation schedule, so that events of earlier ones are recognized as
    /// stale.
    epoch: u32,
}

/// A pool as a formula sees it.
struct View<'a> {
    pool: &'a Pool,
    now: Time,
    present: Sample,
}

impl autoscale::Pool for View<'_> {
    fn now(&self) -> Time {
        self.now
    }

    fn targets(&self) -> Sizes {
        self.pool.targets
    }

    fn present(&self, metric: Metric) -> f64 {
        self.present.value(metric)
    }

    fn newest(&self, metric: Metric, count: usize) -> Vec<f64> {
        self.pool.scaling.history.newest(metric, count)
    }

    fn between(&self, metric: Metric, from: Time, to: Time) -> Vec<f64> {
        self.pool.scaling.history.between(metric, from, to)
    }

    fn sample_count(&self) -> usize {
        self.pool.scaling.history.count()
    }

    fn history_begin(&self) -> Option<Time> {
        self.pool.scaling.history.begin()
    }

    fn random(&self, seed: &mut u64) -> f64 {
        let bits = u32::try_from(chance::next(seed) >> 32).unwrap_or(0);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}

/// Checks that a formula can be parsed.
///
/// Source: description of `PoolEnableAutoScaleParameter.autoScaleFormula`: checked before use, with
/// details about the error.
pub(crate) fn check_formula(formula: &str) -> Result<(), Refusal> {
    let Err(error) = Formula::parse(formula) else {
        return Ok(());
    };
    let (code, message) = match error.kind {
        Kind::Length => (
            "AutoScalingFormulaTooLong",
            "The autoscale formula is too long.",
        ),
        _ => (
            "AutoScalingFormulaSyntaxError",
            "The autoscale formula cannot be parsed.",
        ),
    };
    Err(Refusal::new(400, code, message).with("Message", error.to_string()))
}

/// Formats the error of an evaluation.
///
/// Source: recorded, `Pool_EvaluateAutoScale` with an error: 200, code, message and a value named
/// `Message`. The messages of the other codes are this project's own.
fn describe(error: &autoscale::Error) -> Object {
    let (code, message) = match error.kind {
        Kind::Samples => (
            "InsufficientSampleData",
            "There are too few samples to evaluate the autoscale formula.",
        ),
        Kind::Evaluation => (
            "AutoScalingFormulaEvaluationError",
            "The specified auto-scaling formula has evaluation error",
        ),
        Kind::Syntax | Kind::Length => (
            "AutoScalingFormulaSyntaxError",
            "The autoscale formula cannot be parsed.",
        ),
    };
    object([
        ("code", code.into()),
        ("message", message.into()),
        ("values", vec![pair("Message", &error.to_string())].into()),
    ])
}

impl State {
    /// Evaluates a formula for a pool and formats the result as the service does. Nothing changes,
    /// not even the next random number.
    ///
    /// Source: description of `Pool_EvaluateAutoScale`: the pool is not changed.
    pub(crate) fn try_formula(&self, number: PoolNumber, formula: &str) -> Object {
        self.evaluate(number, formula, &mut self.seed.clone()).0
    }

    /// Evaluates a formula for a pool: returns a run as the service formats it and, without an
    /// error, the new targets.
    ///
    /// Source: recorded, `Pool_EvaluateAutoScale`: the response has results beside the error.
    fn evaluate(
        &self,
        number: PoolNumber,
        formula: &str,
        seed: &mut u64,
    ) -> (Object, Option<(Sizes, TaskFate)>) {
        let mut run = object([("timestamp", self.now.to_string().into())]);
        let Some(pool) = self.pool(number) else {
            return (run, None);
        };
        let formula = match Formula::parse(formula) {
            Ok(formula) => formula,
            Err(error) => {
                put(&mut run, "error", describe(&error));
                return (run, None);
            }
        };
        let view = View {
            pool,
            now: self.now,
            present: self.measure(pool),
        };
        let (values, error) = formula.evaluate(&view, seed);
        put(&mut run, "results", values.show());
        if let Some(error) = error {
            put(&mut run, "error", describe(&error));
            return (run, None);
        }
        let fate = TaskFate::read(values.option).unwrap_or(TaskFate::Requeue);
        (run, Some((values.targets, fate)))
    }

    /// Starts or restarts autoscaling of a pool.
    ///
    /// Source: description of `PoolEnableAutoScaleParameter.autoScaleEvaluationInterval`: a new
    /// schedule starts at the request. No source for the immediate evaluation; chosen because a
    /// pool would keep its old size for an interval otherwise.
    pub(crate) fn start_scaling(&mut self, number: PoolNumber) {
        let Some(pool) = self.pools.get_mut(number) else {
            return;
        };
        pool.scaling.epoch += 1;
        self.plan_scaling(number);
        self.plan_sample(number);
        self.scale(number);
    }

    /// Stops autoscaling of a pool.
    ///
    /// Source: description of `Pool_DisableAutoScale`. No source for discarding the samples; chosen
    /// because they are taken only for the formula.
    pub(crate) fn stop_scaling(&mut self, number: PoolNumber) {
        if let Some(pool) = self.pools.get_mut(number) {
            pool.scaling = Scaling {
                epoch: pool.scaling.epoch + 1,
                ..Scaling::default()
            };
        }
    }

    /// Evaluates the pool's formula and resizes it accordingly.
    ///
    /// Source: "Create a formula to automatically scale compute nodes". An error leaves the pool
    /// unchanged.
    pub(crate) fn scale(&mut self, number: PoolNumber) {
        let pool = self.pool(number);
        let formula = pool.and_then(|pool| text(&pool.given, "autoScaleFormula"));
        let Some(formula) = formula.map(str::to_owned) else {
            return;
        };
        let mut seed = self.seed;
        let (run, wanted) = self.evaluate(number, &formula, &mut seed);
        self.seed = seed;
        let Some(pool) = self.pools.get_mut(number) else {
            return;
        };
        if pool.scaling.runs.len() == RUNS {
            pool.scaling.runs.pop_front();
        }
        pool.scaling.runs.push_back(run);
        let changed = wanted.filter(|(targets, _)| *targets != pool.targets);
        if let Some((targets, fate)) = changed {
            self.resize(number, targets, fate);
        }
    }

    /// Schedules the next evaluation.
    ///
    /// Source: description of `PoolAddParameter.autoScaleEvaluationInterval`.
    fn plan_scaling(&mut self, number: PoolNumber) {
        let Some(pool) = self.pool(number) else {
            return;
        };
        let interval = text(&pool.given, "autoScaleEvaluationInterval").and_then(Span::parse);
        let time = self.now.plus(interval.unwrap_or(Span::minutes(15)));
        let epoch = pool.scaling.epoch;
        let event = Event::PoolScale {
            pool: number,
            epoch,
        };
        self.events.at(time, event);
    }

    /// Schedules the next sample.
    ///
    /// Source: "Create a formula to automatically scale compute nodes": one sample every 30 s.
    fn plan_sample(&mut self, number: PoolNumber) {
        if let Some(pool) = self.pool(number) {
            let event = Event::PoolSample {
                pool: number,
                epoch: pool.scaling.epoch,
            };
            self.events.at(self.now.plus(SAMPLE_PERIOD), event);
        }
    }

    /// Returns true if the pool's autoscaling is still in this generation.
    fn scales(&self, number: PoolNumber, epoch: u32) -> bool {
        self.pool(number).is_some_and(|pool| {
            pool.phase.is(PoolState::Active) && pool.auto_scales() && pool.scaling.epoch == epoch
        })
    }

    pub(crate) fn pool_scale(&mut self, number: PoolNumber, epoch: u32) {
        if self.scales(number, epoch) {
            self.scale(number);
            self.plan_scaling(number);
        }
    }

    pub(crate) fn pool_sample(&mut self, number: PoolNumber, epoch: u32) {
        if !self.scales(number, epoch) {
            return;
        }
        let now = self.now;
        let sample = self.pool(number).map(|pool| self.measure(pool));
        if let (Some(sample), Some(pool)) = (sample, self.pools.get_mut(number)) {
            pool.scaling.history.add(now, sample);
        }
        self.plan_sample(number);
    }
}
