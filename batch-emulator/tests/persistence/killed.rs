//! Kills the program at random times while clients write: everything acknowledged exists after the
//! next start.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use batch_client::models::TaskAddCollectionParameter;

use super::*;

const ROUNDS: usize = 200;
const WRITERS: usize = 4;
const COLLECTION: usize = 7;
/// Nodes are lost and recover meanwhile, and their tasks move.
const SCENARIO: &str =
    r#"{"nodes":[{"becomes":"unusable","perMinute":0.3,"recoversAfterSeconds":5}]}"#;

/// A process that is killed with SIGKILL when this is dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Starts the program and returns its address; `None` if it was killed before it printed one.
fn run(folder: &Path, killed_after: Option<Duration>) -> Option<(Killed, String)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_batch-emulator"))
        .arg("--data")
        .arg(folder)
        .args(["--clock-speed", "20", "--scenario", SCENARIO])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if let Some(wait) = killed_after {
        std::thread::sleep(wait);
        drop(Killed(child));
        return None;
    }
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let Some(endpoint) = line.trim().strip_prefix("listening on ") else {
        let output = child.wait_with_output().unwrap();
        panic!(
            "it did not start: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    Some((Killed(child), endpoint.to_owned()))
}

/// The additions of a round, and whether each was acknowledged.
#[derive(Default)]
struct Ledger {
    additions: BTreeMap<Vec<String>, bool>,
    job: bool,
}

type Shared = Arc<Mutex<Ledger>>;

/// Adds tasks, alone and in collections, until it is aborted or the service is gone.
async fn write(client: &Client, job: &str, writer: usize, ledger: &Shared) -> Outcome {
    for number in 0.. {
        let ids: Vec<String> = if number % 2 == 0 {
            vec![format!("w{writer}-{number}")]
        } else {
            (0..COLLECTION)
                .map(|n| format!("w{writer}-{number}-{n}"))
                .collect()
        };
        ledger.lock().unwrap().additions.insert(ids.clone(), false);
        if let [id] = &ids[..] {
            client.task().add(job, task_of(id, 2)).await?;
        } else {
            let tasks: Vec<TaskAddParameter> = ids.iter().map(|id| task_of(id, 2)).collect();
            let body = TaskAddCollectionParameter::new(tasks);
            client.task().add_collection(job, body).await?;
        }
        ledger.lock().unwrap().additions.insert(ids, true);
    }
    Ok(())
}

async fn work(client: Client, name: String, ledger: Shared) -> Outcome {
    client.job().add(job(&name, "p")).await?;
    ledger.lock().unwrap().job = true;
    let writers = (0..WRITERS).map(|writer| write(&client, &name, writer, &ledger));
    futures_util::future::try_join_all(writers).await?;
    Ok(())
}

fn acknowledged(ledger: &Shared) -> usize {
    let ledger = ledger.lock().unwrap();
    ledger.additions.values().filter(|yes| **yes).count()
}

/// Checks that everything acknowledged exists exactly once, and nothing that was not sent. Returns
/// the number of tasks.
async fn check(client: &Client, name: &str, ledger: &Ledger) -> Result<usize, Error> {
    if !ledger.job {
        return Ok(0);
    }
    let tasks = client
        .task()
        .list(name)
        .select("id")
        .stream()
        .try_collect()
        .await?;
    let ids: Vec<String> = tasks.into_iter().filter_map(|task| task.id).collect();
    let mut found: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(found.len(), ids.len(), "{name}: a task exists twice");
    for (addition, acknowledged) in &ledger.additions {
        let here = addition.iter().filter(|id| found.remove(id)).count();
        let whole = here == addition.len();
        assert!(whole || here == 0, "{name}: {here} of {addition:?} exist");
        assert!(whole || !acknowledged, "{name}: {addition:?} is lost");
    }
    assert!(found.is_empty(), "{name}: nobody sent {found:?}");
    let counts = client.job().get_task_counts(name).await?;
    let counts = counts.task_counts.as_ref().expect("counts");
    let sum =
        counts.active.unwrap_or(0) + counts.running.unwrap_or(0) + counts.completed.unwrap_or(0);
    assert_eq!(usize::try_from(sum).ok(), Some(ids.len()), "{name}");
    Ok(ids.len())
}

/// Returns the next pseudo-random number; the times of the kills are random anyway.
fn random(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let begin = Instant::now();
    let mut seed = 7;
    let (mut ledgers, mut deleted) = (Vec::<(String, Ledger)>::new(), Vec::new());
    let mut task_count = 0;
    let mut starts = Vec::new();
    for round in 0..ROUNDS {
        // Sometimes it is killed while it starts.
        if round % 4 == 1 {
            let wait = Duration::from_millis(random(&mut seed) % 40);
            run(folder.path(), Some(wait));
            continue;
        }
        let started = Instant::now();
        let (process, endpoint) = run(folder.path(), None).expect("a service");
        starts.push(started.elapsed());
        let client = client_of(&endpoint);
        if round == 0 {
            client.pool().add(pool("p", 2)).await?;
        }
        if let Some((name, ledger)) = ledgers.last() {
            task_count += check(&client, name, ledger).await?;
            // Most jobs are deleted then, so that starts stay fast; the others are checked again at
            // the end.
            if ledger.job && round % 10 != 0 {
                client.job().delete(name.as_str()).await?;
                deleted.extend(ledgers.pop());
            }
        }
        let (name, ledger) = (format!("round-{round}"), Shared::default());
        let working = tokio::spawn(work(client, name.clone(), Arc::clone(&ledger)));
        // The machine may be busy, so a time alone would not tell how many requests got through.
        let wanted = usize::try_from(random(&mut seed) % 30).unwrap_or(0);
        while !working.is_finished() && acknowledged(&ledger) < wanted {
            assert!(
                started.elapsed() < PATIENCE,
                "{name}: the writers make no progress"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(!working.is_finished(), "{name}: {:?}", working.await);
        tokio::time::sleep(Duration::from_micros(random(&mut seed) % 10_000)).await;
        drop(process);
        // Its requests fail, or are aborted when a retry would only wait.
        working.abort();
        let _ = working.await;
        ledgers.push((name, std::mem::take(&mut ledger.lock().unwrap())));
    }
    let killing = begin.elapsed();

    let (_process, endpoint) = run(folder.path(), None).expect("a service");
    let client = client_of(&endpoint);
    for (name, ledger) in &ledgers {
        check(&client, name, ledger).await?;
    }
    // A deletion takes a second of the service's time.
    until("the removal of the deleted jobs", async || {
        let jobs = client
            .job()
            .list()
            .select("id")
            .stream()
            .try_collect()
            .await?;
        let gone = |job: &str| deleted.iter().any(|(name, _)| name == job);
        let back = jobs.iter().filter_map(|job| job.id.as_deref()).any(gone);
        Ok((!back).then_some(()))
    })
    .await?;
    let all = ledgers
        .iter()
        .chain(&deleted)
        .flat_map(|(_, ledger)| &ledger.additions);
    let (yes, no): (Vec<_>, Vec<_>) = all.partition(|(_, acknowledged)| **acknowledged);
    starts.sort_unstable();
    println!(
        "{ROUNDS} kills in {killing:.1?}, all checked after {:.1?}: {} additions acknowledged, {} unknown, {task_count} tasks; \
         a start took {:.0?}, the longest {:.0?}",
        begin.elapsed(),
        yes.len(),
        no.len(),
        starts[starts.len() / 2],
        starts[starts.len() - 1],
    );
    assert!(
        yes.len() > ROUNDS,
        "too few additions to say anything: {}",
        yes.len()
    );
    Ok(())
}
