//! Promise: every comparison that the service documents can be built from typed names, and the
//! service accepts it.

use std::collections::BTreeSet;

use batch_client::chrono::{DateTime, Utc};
use batch_client::filter::operators::{Equal, NotEqual, Ordered, Prefix};
use batch_client::filter::{self, Property, Value};
use batch_client::models::{
    AllocationState, CertificateState, ComputeNodeState, JobPreparationTask,
    JobPreparationTaskState, JobReleaseTaskState, JobScheduleState, JobState, OSType, PoolState,
    StartTaskState, TaskExecutionResult, TaskState, VerificationType,
};
use batch_client::{Client, Expand, Filter, ItemStream, select};
use batch_tests::description::workspace;

use super::fixtures::{job, pool, task};
use super::waiting::{idle, task_in};
use super::{Outcome, config, start};

/// Comparisons, each with its name in the table, such as `state eq`.
type Named<T> = Vec<(String, Filter<T>)>;

fn named<T, V, O>(
    property: Property<T, V, O>,
    operator: &str,
    filter: Filter<T>,
) -> (String, Filter<T>) {
    (format!("{} {operator}", property.path()), filter)
}

fn equal<T, V: Value, O: Equal>(p: Property<T, V, O>, value: V) -> Named<T> {
    vec![named(p, "eq", p.eq(value))]
}

fn equality<T, V: Value + Clone, O: Equal + NotEqual>(p: Property<T, V, O>, value: V) -> Named<T> {
    let mut all = equal(p, value.clone());
    all.push(named(p, "ne", p.ne(value)));
    all
}

fn ordered<T, V: Value + Clone, O: Ordered>(p: Property<T, V, O>, value: V) -> Named<T> {
    vec![
        named(p, "gt", p.gt(value.clone())),
        named(p, "ge", p.ge(value.clone())),
        named(p, "lt", p.lt(value.clone())),
        named(p, "le", p.le(value)),
    ]
}

fn order<T, V, O>(p: Property<T, V, O>, value: V) -> Named<T>
where
    V: Value + Clone,
    O: Equal + NotEqual + Ordered,
{
    [equality(p, value.clone()), ordered(p, value)].concat()
}

fn prefix<T, O: Prefix>(p: Property<T, String, O>) -> Named<T> {
    vec![named(p, "startswith", p.starts_with(TEXT))]
}

fn id<T, O>(p: Property<T, String, O>) -> Named<T>
where
    O: Equal + NotEqual + Ordered + Prefix,
{
    [order(p, TEXT.to_owned()), prefix(p)].concat()
}

const TEXT: &str = "it's a 'quoted' \u{e9}\u{1f980} & (more)";

fn date() -> DateTime<Utc> {
    DateTime::from_timestamp(1_714_557_600, 123_456_700).expect("a date")
}

/// Comparisons that the project's table documents for a definition.
fn documented(definition: &str) -> BTreeSet<String> {
    let text = std::fs::read(workspace().join("spec/filters.json")).expect("the table");
    let table: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let entries = table["filters"].as_array().expect("a list");
    let entry = entries
        .iter()
        .find(|entry| entry["definition"] == definition);
    let properties = entry.expect(definition)["properties"]
        .as_array()
        .expect("a list");
    let names = properties.iter().flat_map(|property| {
        let operators = property["operators"].as_array().expect("a list").iter();
        let path = property["path"].as_str().expect("a path");
        operators.map(move |operator| format!("{path} {}", operator.as_str().expect("a name")))
    });
    names.collect()
}

/// Lists with each comparison, also negated and combined; returns the number of comparisons.
async fn check_accepted<T>(
    definition: &str,
    filters: Vec<Named<T>>,
    list: impl Fn(Filter<T>) -> ItemStream<T>,
) -> Result<usize, batch_client::Error> {
    let filters = filters.concat();
    let names: BTreeSet<String> = filters.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, documented(definition), "{definition}");
    let all = filters.iter().map(|(_, filter)| filter.clone());
    let all = all
        .reduce(|one, other| one.or(other.not()))
        .expect("comparisons");
    list(all).try_collect().await?;
    for (_, filter) in &filters {
        let (with, without) = (list(filter.clone()), list(filter.clone().not()));
        let (with, without) = (with.try_collect().await?, without.try_collect().await?);
        let both = list(filter.clone().or(filter.clone().not()))
            .try_collect()
            .await?;
        assert_eq!(with.len() + without.len(), both.len(), "{filter}");
    }
    Ok(names.len())
}

#[tokio::test]
async fn every_documented_comparison_is_accepted() -> Outcome {
    let (_emulator, client) = start(config()).await;
    client.pool().add(pool("p", 1)).await?;
    idle(&client, "p", 1).await?;
    let prepared = job("p", "p").with_job_preparation_task(JobPreparationTask::new("setup"));
    client.job().add(prepared).await?;
    client.task().add("p", task("t")).await?;
    task_in(&client, "p", "t", TaskState::Completed).await?;
    let count = resources(&client).await? + work(&client).await? + others(&client).await?;
    assert_eq!(count, 288);
    Ok(())
}

async fn resources(client: &Client) -> Result<usize, batch_client::Error> {
    use filter::{job, job_schedule, pool};
    let jobs = vec![
        id(job::id()),
        equality(job::state(), JobState::Active),
        order(job::state_transition_time(), date()),
        order(job::creation_time(), date()),
        order(job::last_modified(), date()),
        order(job::execution_info::start_time(), date()),
        order(job::execution_info::end_time(), date()),
        id(job::execution_info::pool_id()),
    ];
    let schedules = vec![
        id(job_schedule::id()),
        equality(job_schedule::state(), JobScheduleState::Active),
        order(job_schedule::state_transition_time(), date()),
        order(job_schedule::creation_time(), date()),
        order(job_schedule::last_modified(), date()),
        order(job_schedule::execution_info::end_time(), date()),
        order(job_schedule::schedule::do_not_run_until(), date()),
        order(job_schedule::schedule::do_not_run_after(), date()),
    ];
    let pools = vec![
        id(pool::id()),
        equality(pool::state(), PoolState::Active),
        order(pool::state_transition_time(), date()),
        equality(pool::allocation_state(), AllocationState::Steady),
        order(pool::allocation_state_transition_time(), date()),
        order(pool::creation_time(), date()),
        equality(pool::enable_auto_scale(), true),
        order(pool::last_modified(), date()),
        equality(pool::vm_size(), TEXT.to_owned()),
        equality(pool::enable_inter_node_communication(), false),
    ];
    let jobs = check_accepted("CloudJob", jobs, |f| client.job().list().filter(f).stream()).await?;
    let schedules = check_accepted("CloudJobSchedule", schedules, |f| {
        client.job_schedule().list().filter(f).stream()
    });
    let pools = check_accepted("CloudPool", pools, |f| {
        client.pool().list().filter(f).stream()
    });
    Ok(jobs + schedules.await? + pools.await?)
}

async fn work(client: &Client) -> Result<usize, batch_client::Error> {
    use filter::{compute_node, preparation_and_release_task_status as status, task};
    use status::{
        job_preparation_task_execution_info as prepared,
        job_release_task_execution_info as released,
    };
    let tasks = vec![
        id(task::id()),
        equality(task::state(), TaskState::Active),
        order(task::state_transition_time(), date()),
        order(task::creation_time(), date()),
        order(task::last_modified(), date()),
        order(task::execution_info::start_time(), date()),
        order(task::execution_info::end_time(), date()),
        order(task::execution_info::exit_code(), -9),
        equality(task::execution_info::result(), TaskExecutionResult::Success),
    ];
    let nodes = vec![
        equality(compute_node::state(), ComputeNodeState::Idle),
        order(compute_node::state_transition_time(), date()),
        order(compute_node::last_boot_time(), date()),
        order(compute_node::allocation_time(), date()),
        equal(
            compute_node::start_task_info::state(),
            StartTaskState::Running,
        ),
        equality(
            compute_node::start_task_info::result(),
            TaskExecutionResult::Failure,
        ),
        order(compute_node::start_task_info::exit_code(), 0),
        order(compute_node::start_task_info::start_time(), date()),
        order(compute_node::start_task_info::end_time(), date()),
    ];
    let statuses = vec![
        equality(status::pool_id(), TEXT.to_owned()),
        equality(status::node_id(), TEXT.to_owned()),
        equal(prepared::state(), JobPreparationTaskState::Running),
        order(prepared::start_time(), date()),
        order(prepared::end_time(), date()),
        order(prepared::exit_code(), 1),
        equality(prepared::result(), TaskExecutionResult::Success),
        equal(released::state(), JobReleaseTaskState::Running),
        order(released::start_time(), date()),
        order(released::end_time(), date()),
        order(released::exit_code(), 1),
        equality(released::result(), TaskExecutionResult::Success),
    ];
    let tasks = check_accepted("CloudTask", tasks, |f| {
        client.task().list("p").filter(f).stream()
    });
    let nodes = check_accepted("ComputeNode", nodes, |f| {
        client.compute_node().list("p").filter(f).stream()
    });
    let definition = "JobPreparationAndReleaseTaskExecutionInformation";
    let statuses = check_accepted(definition, statuses, |f| {
        let list = client.job().list_preparation_and_release_task_status("p");
        list.filter(f).stream()
    });
    Ok(tasks.await? + nodes.await? + statuses.await?)
}

// The service is retiring certificates, but still lists them.
#[allow(deprecated)]
async fn others(client: &Client) -> Result<usize, batch_client::Error> {
    use filter::{certificate, file, pool_node_counts, supported_images, usage_metrics};
    let certificates = vec![
        equality(certificate::state(), CertificateState::Active),
        order(certificate::state_transition_time(), date()),
    ];
    let images = vec![
        equality(supported_images::os_type(), OSType::Linux),
        equality(
            supported_images::verification_type(),
            VerificationType::Verified,
        ),
        equality(supported_images::node_agent_sku_id(), TEXT.to_owned()),
    ];
    let counts = vec![equal(pool_node_counts::pool_id(), TEXT.to_owned())];
    let text = TEXT.to_owned();
    let usage = vec![
        equal(usage_metrics::pool_id(), text.clone()),
        ordered(usage_metrics::pool_id(), text),
        prefix(usage_metrics::pool_id()),
    ];
    let files = vec![prefix(file::name())];
    let certificates = check_accepted("Certificate", certificates, |f| {
        client.certificate().list().filter(f).stream()
    });
    let images = check_accepted("ImageInformation", images, |f| {
        client.account().list_supported_images().filter(f).stream()
    });
    let counts = check_accepted("PoolNodeCounts", counts, |f| {
        client.account().list_pool_node_counts().filter(f).stream()
    });
    let usage = check_accepted("PoolUsageMetrics", usage, |f| {
        client.pool().list_usage_metrics().filter(f).stream()
    });
    let of_task = check_accepted("NodeFile", files.clone(), |f| {
        client.file().list_from_task("p", "t").filter(f).stream()
    });
    of_task.await?;
    let node = idle(client, "p", 1).await?.remove(0).id.expect("an id");
    let files = check_accepted("NodeFile", files, |f| {
        client
            .file()
            .list_from_compute_node("p", &node)
            .filter(f)
            .stream()
    });
    Ok(certificates.await? + images.await? + counts.await? + usage.await? + files.await?)
}

#[tokio::test]
async fn a_selection_returns_what_it_names_and_an_expansion_what_it_expands() -> Outcome {
    let (_emulator, client) = start(config()).await;
    client.pool().add(pool("p", 0)).await?;
    client.job().add(job("j", "p")).await?;
    let wanted = select::pool().id().vm_size();
    let found = client.pool().get("p").select(&wanted).await?;
    let listed = client.pool().list().select(wanted).await?;
    assert_eq!(listed.items, [found.into_inner()]);
    let [found] = &listed.items[..] else {
        panic!("expected one pool");
    };
    assert_eq!(found.id.as_deref(), Some("p"));
    assert!(found.vm_size.is_some() && found.state.is_none() && found.etag.is_none());

    assert_eq!(client.job().get("j").await?.stats, None);
    let job = client.job().get("j").expand(Expand::Stats).await?;
    assert!(job.stats.is_some());
    let wanted = select::job().id().stats();
    let job = client
        .job()
        .get("j")
        .expand(Expand::Stats)
        .select(wanted)
        .await?;
    assert!(job.stats.is_some() && job.state.is_none());
    // Without a name there is no selection, so the service returns everything.
    let whole = client.job().get("j").select(select::job()).await?;
    assert_eq!(
        whole.into_inner(),
        client.job().get("j").await?.into_inner()
    );
    // Plain strings work too.
    let text = String::from("id,state");
    let listed = client
        .pool()
        .list()
        .select(&text)
        .filter("id eq 'p'")
        .await?;
    assert_eq!(listed.items.len(), 1);
    let listed = client
        .pool()
        .list()
        .filter(String::from("id ne 'p'"))
        .await?;
    assert_eq!(listed.items, []);
    Ok(())
}
