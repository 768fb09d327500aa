//! Tests with many tasks and clients: listing, filtering and counting a job's tasks take time
//! proportional to their number, and the memory per task is small.
//!
//! Comparisons of times use generous factors, since machines may be busy with other work.

use std::time::{Duration, Instant};

use batch_client::models::{
    ImageReference, JobAddParameter, PoolAddParameter, PoolInformation, TaskAddCollectionParameter,
    TaskAddParameter, VirtualMachineConfiguration,
};
use batch_client::{Client, SharedKey};
use batch_emulator::{Config, Emulator, start};
use futures_util::future::try_join_all;

const TASKS: usize = 100_000;
const CLIENTS: usize = 64;
/// Number of times that each client repeats its calls.
const ROUNDS: usize = 8;
/// Maximum number of tasks in a collection.
const COLLECTION: usize = 100;
/// Maximum slowdown beyond what the length explains.
const FACTOR: f64 = 5.0;
/// Times below this are noise.
const FLOOR: Duration = Duration::from_millis(2);

type Result<T> = std::result::Result<T, batch_client::Error>;

fn client(emulator: &Emulator) -> Client {
    let key = SharedKey::new(emulator.account(), emulator.key()).unwrap();
    Client::new(emulator.endpoint(), key).unwrap()
}

async fn add_pool_and_jobs(client: &Client) -> Result<()> {
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("0001-com-ubuntu-server-jammy")
        .with_sku("22_04-lts");
    let machine = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04");
    let pool = PoolAddParameter::new("wide", "standard_d2s_v3")
        .with_virtual_machine_configuration(machine)
        .with_target_dedicated_nodes(100)
        .with_task_slots_per_node(4);
    client.pool().add(pool).await?;
    for job in ["long", "short"] {
        let info = PoolInformation::default().with_pool_id("wide");
        client.job().add(JobAddParameter::new(job, info)).await?;
    }
    Ok(())
}

/// Adds tasks from all clients concurrently; returns the time per collection, in the order of the
/// ids.
async fn add_tasks(clients: &[Client], job: &str, count: usize) -> Result<Vec<Duration>> {
    let chunks: Vec<usize> = (0..count / COLLECTION).collect();
    let mut times = Vec::new();
    for round in chunks.chunks(clients.len()) {
        let added = round.iter().zip(clients).map(|(chunk, client)| async move {
            let begin = Instant::now();
            let first = chunk * COLLECTION;
            let tasks: Vec<TaskAddParameter> = (first..first + COLLECTION)
                .map(|number| TaskAddParameter::new(format!("task-{number:06}"), "echo"))
                .collect();
            let added = client
                .task()
                .add_collection(job, TaskAddCollectionParameter::new(tasks))
                .await?;
            assert_eq!(added.value.as_ref().map(Vec::len), Some(COLLECTION));
            Ok::<_, batch_client::Error>(begin.elapsed())
        });
        times.extend(try_join_all(added).await?);
    }
    Ok(times)
}

/// Reads a listing to its end; returns the number of items and the time per page.
async fn list(client: &Client, job: &str, filter: Option<&str>) -> Result<(usize, Vec<Duration>)> {
    let mut list = client.task().list(job).select("id,state").max_results(1000);
    if let Some(filter) = filter {
        list = list.filter(filter);
    }
    let mut pages = list.pages();
    let (mut count, mut times) = (0, Vec::new());
    loop {
        let begin = Instant::now();
        let Some(page) = pages.try_next().await? else {
            return Ok((count, times));
        };
        count += page.items.len();
        times.push(begin.elapsed());
    }
}

async fn counted(client: &Client, job: &str, count: usize) -> Result<Duration> {
    let mut fastest = Duration::MAX;
    for _ in 0..20 {
        let begin = Instant::now();
        let counts = client.job().get_task_counts(job).await?;
        fastest = fastest.min(begin.elapsed());
        let counts = counts.task_counts.as_ref().expect("task counts");
        let sum = [counts.active, counts.running, counts.completed];
        let sum: i32 = sum.iter().map(|count| count.expect("a count")).sum();
        assert_eq!(usize::try_from(sum).ok(), Some(count));
    }
    Ok(fastest)
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Asserts that one time is at most a multiple of another.
fn holds(what: &str, slow: Duration, fast: Duration, most: f64) {
    let ratio = slow.max(FLOOR).as_secs_f64() / fast.max(FLOOR).as_secs_f64();
    println!("{what}: {fast:.1?} → {slow:.1?}, times {ratio:.1} of {most}");
    assert!(
        ratio <= most,
        "{what}: {slow:?} after {fast:?} is {ratio:.1} times as long"
    );
}

/// Returns the medians of the first and the last tenth.
fn ends(times: &[Duration]) -> (Duration, Duration) {
    let tenth = (times.len() / 10).max(1);
    (
        median(&times[..tenth]),
        median(&times[times.len() - tenth..]),
    )
}

/// Returns the resident memory of the process, with both service and clients.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn time_grows_with_the_list() {
    let emulator = start(Config::default().clock_speed(500.0)).await.unwrap();
    let clients: Vec<Client> = (0..CLIENTS).map(|_| client(&emulator)).collect();
    let first = &clients[0];
    add_pool_and_jobs(first).await.unwrap();
    add_tasks(&clients[..1], "short", TASKS / 10).await.unwrap();
    let before = resident();

    let begin = Instant::now();
    let times = add_tasks(&clients, "long", TASKS).await.unwrap();
    println!(
        "{TASKS} tasks added by {CLIENTS} clients in {:.1?}",
        begin.elapsed()
    );
    if let (Some(before), Some(after)) = (before, resident()) {
        let bytes = after.saturating_sub(before) * 1024 / TASKS;
        println!(
            "memory: {before} KiB before, {after} KiB with {TASKS} tasks, {bytes} bytes per task"
        );
        assert!(bytes < 10_000, "{bytes} bytes per task");
    }
    let (early, late) = ends(&times);
    holds("adding 100 tasks, first and last", late, early, FACTOR);

    let filters = [
        (None, 1),
        (Some("startswith(id,'task-')"), 1),
        (
            Some(
                "state eq 'active' or state eq 'running' or state eq 'preparing' or state eq 'completed'",
            ),
            1,
        ),
        (Some("id eq 'nothing'"), 0),
    ];
    for (filter, share) in filters {
        let shown = filter.unwrap_or("all");
        let begin = Instant::now();
        let (short, _) = list(first, "short", filter).await.unwrap();
        let short_time = begin.elapsed();
        let begin = Instant::now();
        let (long, pages) = list(first, "long", filter).await.unwrap();
        let long_time = begin.elapsed();
        assert_eq!(
            (short, long),
            (TASKS / 10 * share, TASKS * share),
            "{shown}"
        );
        println!(
            "{shown}: {long} tasks on {} pages in {long_time:.1?}",
            pages.len()
        );
        holds(
            &format!("{shown}, a tenth and all"),
            long_time,
            short_time,
            10.0 * FACTOR,
        );
        let (early, late) = ends(&pages);
        holds(
            &format!("{shown}, first and last page"),
            late,
            early,
            FACTOR,
        );
    }

    let short = counted(first, "short", TASKS / 10).await.unwrap();
    let long = counted(first, "long", TASKS).await.unwrap();
    holds("counts, a tenth and all", long, short, FACTOR);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_are_served() {
    let emulator = start(Config::default().clock_speed(500.0)).await.unwrap();
    let clients: Vec<Client> = (0..CLIENTS).map(|_| client(&emulator)).collect();
    add_pool_and_jobs(&clients[0]).await.unwrap();
    let begin = Instant::now();
    let work = clients
        .iter()
        .enumerate()
        .map(|(number, client)| async move {
            for round in 0..ROUNDS {
                let id = format!("c{number}-{round}");
                client
                    .task()
                    .add("long", TaskAddParameter::new(&id, "echo"))
                    .await?;
                let task = client.task().get("long", &id).await?;
                assert_eq!(task.id.as_deref(), Some(id.as_str()));
                let mine = client
                    .task()
                    .list("long")
                    .filter(format!("startswith(id,'c{number}-')"));
                let found = mine.stream().try_collect().await?;
                assert_eq!(found.len(), round + 1, "client {number}");
                client.job().get_task_counts("long").await?;
            }
            Ok::<_, batch_client::Error>(())
        });
    try_join_all(work).await.unwrap();
    let requests = CLIENTS * ROUNDS * 4;
    println!(
        "{CLIENTS} clients, {requests} requests in {:.1?}",
        begin.elapsed()
    );
    counted(&clients[0], "long", CLIENTS * ROUNDS)
        .await
        .unwrap();
}
