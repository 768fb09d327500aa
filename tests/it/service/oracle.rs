//! Promise: a filter built from a tree returns exactly the items for which the tree is true.

use std::cmp::Ordering;

use batch_client::chrono::{DateTime, Utc};
use batch_client::models::{
    CloudPool, CloudTask, EnvironmentSetting, PoolState, TaskExecutionResult, TaskState,
};
use batch_client::{Client, Error, Filter, filter, select};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::fixtures::{VM_SIZE, cloud_service, job, pool, task};
use super::waiting::{idle, until};
use super::{config, start};

/// Number of filters sent to the service for each kind of item.
const CASES: u32 = 192;

/// Index of a comparison in `eq`, `ne`, `lt`, `le`, `gt`, `ge`.
type Comparison = usize;

/// A filter as a tree of conditions `L`.
#[derive(Debug, Clone)]
enum Tree<L> {
    Leaf(L),
    Not(Box<Tree<L>>),
    And(Box<Tree<L>>, Box<Tree<L>>),
    Or(Box<Tree<L>>, Box<Tree<L>>),
}

trait Leaf: Clone + std::fmt::Debug {
    type Item;

    fn filter(&self) -> Filter<Self::Item>;
    fn matches_item(&self, item: &Self::Item) -> bool;
}

impl<L: Leaf> Tree<L> {
    fn filter(&self) -> Filter<L::Item> {
        match self {
            Self::Leaf(leaf) => leaf.filter(),
            Self::Not(tree) => !tree.filter(),
            Self::And(one, other) => one.filter().and(other.filter()),
            Self::Or(one, other) => one.filter().or(other.filter()),
        }
    }

    fn matches_item(&self, item: &L::Item) -> bool {
        match self {
            Self::Leaf(leaf) => leaf.matches_item(item),
            Self::Not(tree) => !tree.matches_item(item),
            Self::And(one, other) => one.matches_item(item) && other.matches_item(item),
            Self::Or(one, other) => one.matches_item(item) || other.matches_item(item),
        }
    }
}

fn trees<L: Leaf + 'static>(
    leaf: impl Strategy<Value = L> + 'static,
) -> impl Strategy<Value = Tree<L>> {
    leaf.prop_map(Tree::Leaf).prop_recursive(5, 24, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|tree| Tree::Not(Box::new(tree))),
            pair.clone()
                .prop_map(|(a, b)| Tree::And(Box::new(a), Box::new(b))),
            pair.prop_map(|(a, b)| Tree::Or(Box::new(a), Box::new(b))),
        ]
    })
}

/// A missing value is only unequal.
fn compare(comparison: Comparison, ordering: Option<Ordering>) -> bool {
    match (comparison, ordering) {
        (0, Some(ordering)) => ordering.is_eq(),
        (1, Some(ordering)) => ordering.is_ne(),
        (2, Some(ordering)) => ordering.is_lt(),
        (3, Some(ordering)) => ordering.is_le(),
        (4, Some(ordering)) => ordering.is_gt(),
        (_, Some(ordering)) => ordering.is_ge(),
        (comparison, None) => comparison == 1,
    }
}

macro_rules! compared {
    ($property:expr, $comparison:expr, $value:expr) => {{
        let (property, value) = ($property, $value);
        match $comparison {
            0 => property.eq(value),
            1 => property.ne(value),
            2 => property.lt(value),
            3 => property.le(value),
            4 => property.gt(value),
            _ => property.ge(value),
        }
    }};
}

/// The service compares strings without regard to case.
fn compare_strings(found: Option<&String>, wanted: &str) -> Option<Ordering> {
    Some(
        found?
            .to_ascii_lowercase()
            .cmp(&wanted.to_ascii_lowercase()),
    )
}

#[derive(Debug, Clone)]
enum OfPool {
    Id(Comparison, String),
    Prefix(String),
    VmSize(bool, String),
    Scales(bool, bool),
    Talks(bool, bool),
    State(bool, PoolState),
    Created(Comparison, DateTime<Utc>),
}

impl Leaf for OfPool {
    type Item = CloudPool;

    fn filter(&self) -> Filter<CloudPool> {
        use filter::pool;
        match self {
            Self::Id(comparison, id) => compared!(pool::id(), comparison, id),
            Self::Prefix(prefix) => pool::id().starts_with(prefix),
            Self::VmSize(true, size) => pool::vm_size().eq(size),
            Self::VmSize(false, size) => pool::vm_size().ne(size),
            Self::Scales(true, scales) => pool::enable_auto_scale().eq(*scales),
            Self::Scales(false, scales) => pool::enable_auto_scale().ne(*scales),
            Self::Talks(true, talks) => pool::enable_inter_node_communication().eq(*talks),
            Self::Talks(false, talks) => pool::enable_inter_node_communication().ne(*talks),
            Self::State(true, state) => pool::state().eq(state.clone()),
            Self::State(false, state) => pool::state().ne(state.clone()),
            Self::Created(comparison, date) => compared!(pool::creation_time(), comparison, *date),
        }
    }

    fn matches_item(&self, item: &CloudPool) -> bool {
        let id = item.id.as_ref();
        match self {
            Self::Id(comparison, wanted) => compare(*comparison, compare_strings(id, wanted)),
            Self::Prefix(prefix) => {
                let prefix = prefix.to_ascii_lowercase();
                id.is_some_and(|id| id.to_ascii_lowercase().starts_with(&prefix))
            }
            Self::VmSize(equal, wanted) => {
                (compare_strings(item.vm_size.as_ref(), wanted) == Some(Ordering::Equal)) == *equal
            }
            Self::Scales(equal, wanted) => (item.enable_auto_scale == Some(*wanted)) == *equal,
            Self::Talks(equal, wanted) => {
                (item.enable_inter_node_communication == Some(*wanted)) == *equal
            }
            Self::State(equal, wanted) => (item.state.as_ref() == Some(wanted)) == *equal,
            Self::Created(comparison, wanted) => compare(
                *comparison,
                item.creation_time.map(|found| found.cmp(wanted)),
            ),
        }
    }
}

/// Sizes that are hard to quote; the emulator accepts any string.
const SIZES: [&str; 6] = [
    VM_SIZE,
    "it's",
    "'",
    "' or id ne '",
    "a b + c & d=e;#%41 (x)",
    "\u{e9}t\u{e9} \u{1f980}\\\"",
];

async fn pools(client: &Client) -> Result<Vec<CloudPool>, Error> {
    for (number, size) in SIZES.iter().enumerate() {
        for (letter, talks) in [("a", false), ("B", true), ("-b", false)] {
            let mut pool = cloud_service(&format!("{letter}{number}"), 0);
            pool.vm_size = (*size).to_owned();
            pool.enable_inter_node_communication = Some(talks);
            if number % 2 == 0 {
                pool.target_dedicated_nodes = None;
                pool = pool.with_enable_auto_scale(true);
                pool = pool.with_auto_scale_formula("$TargetDedicatedNodes = 0;");
            }
            client.pool().add(pool).await?;
        }
    }
    client.pool().list().stream().try_collect().await
}

fn of_pool(pools: &[CloudPool]) -> impl Strategy<Value = OfPool> + use<> {
    let ids: Vec<String> = pools.iter().filter_map(|pool| pool.id.clone()).collect();
    let dates: Vec<_> = pools.iter().filter_map(|pool| pool.creation_time).collect();
    let id = prop_oneof![proptest::sample::select(ids), "[abAB0-5' \u{e9}-]{0,3}"];
    let size = prop_oneof![
        proptest::sample::select(&SIZES[..]).prop_map(str::to_owned),
        "[' &é🦀a]{0,4}"
    ];
    let states = [
        PoolState::Active,
        PoolState::Deleting,
        PoolState::from("it's new"),
    ];
    prop_oneof![
        (0..6_usize, id.clone()).prop_map(|(comparison, id)| OfPool::Id(comparison, id)),
        id.prop_map(OfPool::Prefix),
        (any::<bool>(), size).prop_map(|(equal, size)| OfPool::VmSize(equal, size)),
        any::<(bool, bool)>().prop_map(|(equal, wanted)| OfPool::Scales(equal, wanted)),
        any::<(bool, bool)>().prop_map(|(equal, wanted)| OfPool::Talks(equal, wanted)),
        (any::<bool>(), proptest::sample::select(states.to_vec()))
            .prop_map(|(equal, state)| OfPool::State(equal, state)),
        (0..6_usize, proptest::sample::select(dates))
            .prop_map(|(comparison, date)| OfPool::Created(comparison, date)),
    ]
}

#[derive(Debug, Clone)]
enum OfTask {
    Id(Comparison, String),
    State(bool, TaskState),
    ExitCode(Comparison, i32),
    Result(bool, TaskExecutionResult),
    Ended(Comparison, DateTime<Utc>),
}

impl Leaf for OfTask {
    type Item = CloudTask;

    fn filter(&self) -> Filter<CloudTask> {
        use filter::task::{self, execution_info};
        match self {
            Self::Id(comparison, id) => compared!(task::id(), comparison, id),
            Self::State(true, state) => task::state().eq(state.clone()),
            Self::State(false, state) => task::state().ne(state.clone()),
            Self::ExitCode(comparison, code) => {
                compared!(execution_info::exit_code(), comparison, *code)
            }
            Self::Result(true, result) => execution_info::result().eq(result.clone()),
            Self::Result(false, result) => execution_info::result().ne(result.clone()),
            Self::Ended(comparison, date) => {
                compared!(execution_info::end_time(), comparison, *date)
            }
        }
    }

    fn matches_item(&self, item: &CloudTask) -> bool {
        let info = item.execution_info.as_ref();
        match self {
            Self::Id(comparison, wanted) => {
                compare(*comparison, compare_strings(item.id.as_ref(), wanted))
            }
            Self::State(equal, wanted) => (item.state.as_ref() == Some(wanted)) == *equal,
            Self::ExitCode(comparison, wanted) => {
                let found = info.and_then(|info| info.exit_code);
                compare(*comparison, found.map(|found| found.cmp(wanted)))
            }
            Self::Result(equal, wanted) => {
                (info.and_then(|info| info.result.as_ref()) == Some(wanted)) == *equal
            }
            Self::Ended(comparison, wanted) => {
                let found = info.and_then(|info| info.end_time);
                compare(*comparison, found.map(|found| found.cmp(wanted)))
            }
        }
    }
}

/// Tasks that ended in several ways, and one that waits for a dependency that fails.
async fn tasks(client: &Client) -> Result<Vec<CloudTask>, Error> {
    client
        .pool()
        .add(pool("p", 1).with_task_slots_per_node(8))
        .await?;
    idle(client, "p", 1).await?;
    client.job().add(job("j", "p")).await?;
    for (id, code) in [("a", 0), ("B", 1), ("c-1", 3), ("C-2", -1), ("d", 255)] {
        let exit = EnvironmentSetting::new("EMULATOR_EXIT_CODE", code.to_string());
        client
            .task()
            .add("j", task(id).with_environment_settings([exit]))
            .await?;
    }
    let endless = EnvironmentSetting::new("EMULATOR_SECONDS", "10000000");
    client
        .task()
        .add("j", task("e").with_environment_settings([endless]))
        .await?;
    until("five completed tasks and a running one", async || {
        let tasks = client.task().list("j").stream().try_collect().await?;
        let count = |state: TaskState| {
            tasks
                .iter()
                .filter(|task| task.state.as_ref() == Some(&state))
                .count()
        };
        let done = count(TaskState::Completed) == 5 && count(TaskState::Running) == 1;
        Ok(done.then_some(tasks))
    })
    .await
}

fn of_task(tasks: &[CloudTask]) -> impl Strategy<Value = OfTask> + use<> {
    let infos = tasks.iter().filter_map(|task| task.execution_info.as_ref());
    let dates: Vec<_> = infos.filter_map(|info| info.end_time).collect();
    let states = [TaskState::Completed, TaskState::Running, TaskState::Active];
    let results = [TaskExecutionResult::Success, TaskExecutionResult::Failure];
    prop_oneof![
        (0..6_usize, "[a-eC12'-]{0,3}").prop_map(|(comparison, id)| OfTask::Id(comparison, id)),
        (any::<bool>(), proptest::sample::select(states.to_vec()))
            .prop_map(|(equal, state)| OfTask::State(equal, state)),
        (
            0..6_usize,
            proptest::sample::select(vec![-1, 0, 1, 3, 7, 255, i32::MIN])
        )
            .prop_map(|(comparison, code)| OfTask::ExitCode(comparison, code)),
        (any::<bool>(), proptest::sample::select(results.to_vec()))
            .prop_map(|(equal, result)| OfTask::Result(equal, result)),
        (0..6_usize, proptest::sample::select(dates))
            .prop_map(|(comparison, date)| OfTask::Ended(comparison, date)),
    ]
}

/// Sends random trees to the service.
fn check_random_trees<L: Leaf + 'static>(
    items: &[L::Item],
    leaves: impl Strategy<Value = L> + 'static,
    name: fn(&L::Item) -> Option<&String>,
    list: impl Fn(Filter<L::Item>) -> Result<Vec<L::Item>, Error>,
) {
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&trees(leaves), |tree| {
        let filter = tree.filter();
        let text = filter.to_string();
        let found = list(filter).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
        let found: Vec<_> = found.iter().filter_map(name).collect();
        let expected = items.iter().filter(|item| tree.matches_item(item));
        let expected: Vec<_> = expected.filter_map(name).collect();
        prop_assert_eq!(found, expected, "{}", text);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

#[test]
fn filters_for_pools_return_what_their_trees_match() {
    let runtime = runtime();
    let (_emulator, client) = runtime.block_on(start(config().any_image(true)));
    let items = runtime.block_on(pools(&client)).expect("pools");
    assert_eq!(items.len(), 18);
    check_random_trees(
        &items,
        of_pool(&items),
        |pool| pool.id.as_ref(),
        |filter| {
            let list = client
                .pool()
                .list()
                .filter(filter)
                .select(select::pool().id());
            runtime.block_on(list.stream().try_collect())
        },
    );
}

#[test]
fn filters_for_tasks_return_what_their_trees_match() {
    let runtime = runtime();
    let (_emulator, client) = runtime.block_on(start(config().any_image(true)));
    let items = runtime.block_on(tasks(&client)).expect("tasks");
    check_random_trees(
        &items,
        of_task(&items),
        |task| task.id.as_ref(),
        |filter| {
            let list = client
                .task()
                .list("j")
                .filter(filter)
                .select(select::task().id());
            runtime.block_on(list.stream().try_collect())
        },
    );
}
