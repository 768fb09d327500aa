//! Evaluates a formula, statement by statement.

use std::collections::BTreeMap;

use super::names::{OPTION, OPTIONS, TARGETS, fixed, member, node_count, option, target, whole};
use super::parser::{Expression, Node, Statement};
use super::value::{Value, read_time};
use super::{Error, Metric, Place, functions, operators, samples};
use crate::time::Time;

/// Maximum length of a vector.
///
/// No source; chosen above the number of samples in a day.
const MAX_VECTOR_LENGTH: usize = 10_000;
/// Maximum number of steps of a formula: one for each node of its tree and each element of its
/// vectors.
///
/// No source; chosen so that a formula ends within milliseconds.
const MAX_STEPS: usize = 1_000_000;
/// Maximum length of results; beyond it, no further variables are shown.
///
/// No source; chosen so that a response stays small.
const MAX_RESULTS_LENGTH: usize = 65_536;
/// The pool that a formula queries.
pub(crate) trait Pool {
    fn now(&self) -> Time;
    /// Returns the target number of nodes: dedicated and low-priority.
    fn targets(&self) -> [u32; 2];
    /// Returns the current value of a metric.
    fn present(&self, metric: Metric) -> f64;
    /// Returns at most `count` of the newest samples, oldest first.
    fn newest(&self, metric: Metric, count: usize) -> Vec<f64>;
    /// Returns the samples after `from` and up to `to`, oldest first.
    fn between(&self, metric: Metric, from: Time, to: Time) -> Vec<f64>;
    fn sample_count(&self) -> usize;
    fn history_begin(&self) -> Option<Time>;
    /// Returns the next random number, between 0 and 1.
    fn random(&self, seed: &mut u64) -> f64;
}

/// The variables at the end of a formula.
#[derive(Debug)]
pub(crate) struct Values {
    /// Target number of nodes.
    pub(crate) targets: [u32; 2],
    /// Handling of the tasks on nodes that are removed.
    pub(crate) option: &'static str,
    users: BTreeMap<String, Value>,
}

impl Values {
    /// Formats all variables as the service does.
    ///
    /// Source: recorded, `Pool_EvaluateAutoScale`: the service's three variables first, separated
    /// by semicolons. No source for the order of the user's variables; chosen by name.
    pub(crate) fn show(&self) -> String {
        let [dedicated, low] = self.targets;
        let mut shown = format!(
            "{}={dedicated};{}={low};{OPTION}={}",
            TARGETS[0][0], TARGETS[1][0], self.option
        );
        for (name, value) in &self.users {
            if shown.len() > MAX_RESULTS_LENGTH {
                break;
            }
            shown.extend([";", name, "=", &value.show()]);
        }
        shown
    }
}

/// Reason why the evaluation ends early.
enum Interrupt {
    Stopped,
    Failed(Error),
}

impl From<Error> for Interrupt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Runs the statements in order until one fails or stops.
///
/// Source: recorded, `Pool_EvaluateAutoScale` with an error: targets that were not set keep the
/// pool's values.
pub(super) fn evaluate(
    statements: &[Statement],
    pool: &dyn Pool,
    seed: &mut u64,
) -> (Values, Option<Error>) {
    let mut machine = Machine {
        pool,
        seed,
        steps: 0,
        targets: [[None; 2]; 2],
        option: OPTIONS[0],
        users: BTreeMap::new(),
    };
    let mut error = None;
    for statement in statements {
        match machine.run(statement) {
            Ok(()) => {}
            Err(Interrupt::Stopped) => break,
            Err(Interrupt::Failed(failure)) => {
                error = Some(failure);
                break;
            }
        }
    }
    (machine.values(), error)
}

struct Machine<'a> {
    pool: &'a dyn Pool,
    seed: &'a mut u64,
    steps: usize,
    /// Values that were set, under the current and the former name.
    targets: [[Option<f64>; 2]; 2],
    option: &'static str,
    users: BTreeMap<String, Value>,
}

impl Machine<'_> {
    fn values(self) -> Values {
        Values {
            targets: [0, 1].map(|kind| whole(self.target(kind)).unwrap_or_default()),
            option: self.option,
            users: self.users,
        }
    }

    /// Returns a target; the current name takes precedence over the former one.
    ///
    /// Source: the page names the current variables, older versions of it the former ones. No
    /// source for a formula that sets both; the current one was chosen.
    fn target(&self, kind: usize) -> f64 {
        let [present, former] = self.targets[kind];
        let given = present.or(former);
        given.unwrap_or_else(|| f64::from(self.pool.targets()[kind]))
    }

    /// Runs one statement.
    ///
    /// Source: the page: read-write and read-only variables.
    fn run(&mut self, statement: &Statement) -> Result<(), Interrupt> {
        let place = statement.value.place;
        let value = self.value(&statement.value)?;
        let Some(name) = &statement.target else {
            return Ok(());
        };
        if let Some((kind, alias)) = target(name) {
            self.targets[kind][alias] = Some(node_count(name, &value, place)?);
        } else if name == OPTION {
            self.option = option(&value, place)?;
        } else if fixed(name).is_some() || Metric::read(name).is_some() {
            let what = format!("{name} cannot be set");
            return Err(Error::evaluation(place, what).into());
        } else {
            self.users.insert(name.clone(), value);
        }
        Ok(())
    }

    fn step(&mut self, steps: usize, place: Place) -> Result<(), Error> {
        self.steps += steps;
        if self.steps > MAX_STEPS {
            return Err(Error::evaluation(place, "The formula needs too many steps"));
        }
        Ok(())
    }

    fn value(&mut self, node: &Node) -> Result<Value, Interrupt> {
        self.step(1, node.place)?;
        let value = match &node.expression {
            Expression::Number(number) => Value::Number(*number),
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Name(name) => self.named(name, node.place)?,
            Expression::List(items) => self.call("vec", items, node.place)?,
            Expression::Call(name, arguments) => self.call(name, arguments, node.place)?,
            Expression::Member(object, name) => {
                let object = self.value(object)?;
                member(&object, name, node.place)?
            }
            Expression::Method(object, name, arguments, open) => {
                self.method(object, name, arguments, (node.place, *open))?
            }
            Expression::Sign(sign, operand) => {
                let operand = self.value(operand)?;
                operators::sign(sign, &operand, node.place)?
            }
            Expression::Chain(first, more) => self.chain(first, more)?,
            Expression::Choice(choice) => {
                let [condition, yes, no] = choice.as_ref();
                let condition = self.truth(condition)?;
                self.value(if condition { yes } else { no })?
            }
        };
        if let Value::Vector(items) = &value {
            self.step(items.len(), node.place)?;
            if items.len() > MAX_VECTOR_LENGTH {
                let what = format!("A vector has more than {MAX_VECTOR_LENGTH} elements");
                return Err(Error::evaluation(node.place, what).into());
            }
        }
        Ok(value)
    }

    /// Returns the value of a name.
    ///
    /// Source: recorded, for the message. No source for a metric without a method; chosen because
    /// the page's table gives each of them a value.
    fn named(&self, name: &str, place: Place) -> Result<Value, Error> {
        if let Some(value) = self.users.get(name) {
            return Ok(value.clone());
        }
        if let Some((kind, alias)) = target(name) {
            let under_alias = self.targets[kind][1].filter(|_| alias == 1);
            return Ok(Value::Number(
                under_alias.unwrap_or_else(|| self.target(kind)),
            ));
        }
        if name == OPTION {
            return Ok(Value::Text(self.option.to_owned()));
        }
        if let Some(metric) = Metric::read(name) {
            return Ok(Value::Number(self.pool.present(metric)));
        }
        fixed(name).ok_or_else(|| Error::evaluation(place, format!("Undefined symbol: {name}")))
    }

    /// Evaluates a condition.
    ///
    /// Source: the page: a double that is not zero is true.
    fn truth(&mut self, node: &Node) -> Result<bool, Interrupt> {
        match self.value(node)? {
            Value::Number(number) => Ok(number != 0.0),
            other => {
                let what = format!("A condition must be a double, not {}", other.kind());
                Err(Error::evaluation(node.place, what).into())
            }
        }
    }

    fn chain(
        &mut self,
        first: &Node,
        more: &[(&'static str, Place, Node)],
    ) -> Result<Value, Interrupt> {
        let operator = more.first().map_or("", |(operator, ..)| operator);
        if matches!(operator, "&&" | "||") {
            return self.logic(operator, first, more);
        }
        let mut left = self.value(first)?;
        for (operator, place, right) in more {
            let right = self.value(right)?;
            left = operators::binary(operator, &left, &right, *place)?;
            if let Value::Vector(items) = &left {
                self.step(items.len(), *place)?;
            }
        }
        Ok(left)
    }

    /// Evaluates only as many operands as needed.
    ///
    /// No source; chosen as in other languages, and so that a formula can request samples only if
    /// there are any.
    fn logic(
        &mut self,
        operator: &str,
        first: &Node,
        more: &[(&'static str, Place, Node)],
    ) -> Result<Value, Interrupt> {
        let decides = operator == "||";
        let mut holds = self.truth(first)?;
        for (_, _, next) in more {
            if holds == decides {
                break;
            }
            holds = self.truth(next)?;
        }
        Ok(Value::truth(holds))
    }

    fn values_of(&mut self, nodes: &[Node]) -> Result<Vec<Value>, Interrupt> {
        nodes.iter().map(|node| self.value(node)).collect()
    }

    fn call(&mut self, name: &str, arguments: &[Node], place: Place) -> Result<Value, Interrupt> {
        let arguments = self.values_of(arguments)?;
        match (name, arguments.as_slice()) {
            ("stop", []) => return Err(Interrupt::Stopped),
            ("rand", []) => return Ok(Value::Number(self.pool.random(self.seed))),
            ("time", []) => return Ok(Value::Time(self.pool.now())),
            ("time", [Value::Text(text)]) if text.trim().is_empty() => {
                return Ok(Value::Time(self.pool.now()));
            }
            ("time", [Value::Text(text)]) => {
                let what = || Error::evaluation(place, format!("Not a time: {text}"));
                return Ok(Value::Time(read_time(text).ok_or_else(what)?));
            }
            ("stop" | "rand" | "time", _) => {
                let what = format!("Function {name} does not accept these arguments");
                return Err(Error::evaluation(place, what).into());
            }
            _ => {}
        }
        let result = functions::call(name, &arguments, place)?;
        let unknown = || Error::evaluation(place, format!("Undefined function: {name}"));
        Ok(result.ok_or_else(unknown)?)
    }

    fn method(
        &mut self,
        object: &Node,
        name: &str,
        arguments: &[Node],
        (place, open): (Place, Place),
    ) -> Result<Value, Interrupt> {
        let metric = match &object.expression {
            Expression::Name(name) => Metric::read(name),
            _ => None,
        };
        let Some(metric) = metric else {
            let object = self.value(object)?;
            let what = format!("{} has no method {name}", object.kind());
            return Err(Error::evaluation(place, what).into());
        };
        let arguments = self.values_of(arguments)?;
        Ok(samples::call(
            self.pool,
            metric,
            name,
            &arguments,
            (place, open),
        )?)
    }
}
