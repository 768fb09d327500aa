//! Bulk adds of tasks to the emulator.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use batch_auth::{RequestView, SharedKey};
use batch_client::models::{
    ImageReference, JobAddParameter, PoolAddParameter, PoolInformation, TaskAddParameter,
    VirtualMachineConfiguration,
};
use batch_client::{Client, reqwest};
use batch_emulator::{DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::calls::http;
use crate::row::{Kind, Pair, Row, Targets};
use crate::service::{Service, runtime};

/// Tasks per request and concurrent requests, with the defaults of `add_all`.
const CHUNK: u32 = 100;
const CONCURRENCY: usize = 8;

/// Number of the next job in this process.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A hand-written model of a task.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    id: String,
    command_line: String,
}

/// Body of a request.
#[derive(Serialize)]
struct Tasks {
    value: Vec<Task>,
}

/// Results for each task, in a response.
#[derive(Deserialize)]
struct Results {
    value: Vec<TaskResult>,
}

#[derive(Deserialize)]
struct TaskResult {
    status: String,
}

fn by_hand(number: u32) -> Task {
    Task {
        id: format!("frame-{number:07}"),
        command_line: format!("/bin/sh -c 'blender -b scene.blend -f {number}'"),
    }
}

fn ours(number: u32) -> TaskAddParameter {
    let Task { id, command_line } = by_hand(number);
    TaskAddParameter::new(id, command_line)
}

pub(super) fn add(tiny: bool) -> Row {
    let count = if tiny { 1_000 } else { 100_000 };
    // Both sides send the same bytes.
    assert_eq!(
        serde_json::to_vec(&by_hand(7)).expect("JSON"),
        serde_json::to_vec(&ours(7)).expect("JSON")
    );
    let bench = Rc::new(Bench::new());
    let http = http();
    let same = bench.clone();
    Row {
        name: "add",
        what: format!("add {count} tasks | requests of the same bytes, 8 at a time"),
        kind: Kind::Work(Pair {
            most_runs: usize::MAX,
            repeats: 1,
            parts: count,
            part: "task",
            hand: Box::new(move || bench.in_a_job(async |job| bench.post(&http, job, count).await)),
            ours: Box::new(move || same.in_a_job(async |job| same.add_all(job, count).await)),
        }),
        targets: Targets {
            ratio: Some(1.2),
            ..Targets::default()
        },
    }
}

/// Compares ten adds of 100,000 tasks with one of 1,000,000: the time should be linear, and the
/// memory constant.
pub(super) fn million(tiny: bool) -> Row {
    let count = if tiny { 2_000 } else { 100_000 };
    let bench = Rc::new(Bench::new());
    let same = bench.clone();
    Row {
        name: "scale-add",
        what: format!("add {} tasks | ten times a tenth", 10 * count),
        kind: Kind::Work(Pair {
            most_runs: 3,
            repeats: 1,
            parts: 10 * count,
            part: "task",
            hand: Box::new(move || {
                for _ in 0..10 {
                    bench.in_a_job(async |job| bench.add_all(job, count).await);
                }
            }),
            ours: Box::new(move || same.in_a_job(async |job| same.add_all(job, 10 * count).await)),
        }),
        targets: Targets {
            ratio: Some(1.1),
            peak_ratio: Some(1.1),
            ..Targets::default()
        },
    }
}

/// An emulator with a pool that has no nodes, so that tasks stay active.
struct Bench {
    service: Service,
    client: Client,
    key: SharedKey,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new() -> Self {
        let service = Service::emulator();
        let key = SharedKey::new(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY).expect("a key");
        let client = Client::new(&service.endpoint, key.clone()).expect("a client");
        let image = ImageReference::default()
            .with_publisher("canonical")
            .with_offer("0001-com-ubuntu-server-jammy")
            .with_sku("22_04-lts");
        let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04");
        let pool = PoolAddParameter::new("p", "standard_d2s_v3")
            .with_virtual_machine_configuration(machines);
        let runtime = runtime();
        runtime
            .block_on(async { client.pool().add(pool).await })
            .expect("a pool");
        Self {
            service,
            client,
            key,
            runtime,
        }
    }

    /// Works in a new job and deletes it afterwards, so that tasks do not pile up in the emulator.
    fn in_a_job(&self, work: impl AsyncFnOnce(&str)) {
        self.runtime.block_on(async {
            // The id of a deleted job is not free at once.
            let job = format!("job-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
            let pool = PoolInformation::default().with_pool_id("p");
            let jobs = self.client.job();
            jobs.add(JobAddParameter::new(&*job, pool))
                .await
                .expect("a job");
            work(&job).await;
            jobs.delete(&*job).await.expect("an end");
        });
    }

    async fn add_all(&self, job: &str, count: u32) {
        let report = self
            .client
            .task()
            .add_all(job, (0..count).map(ours))
            .report()
            .await;
        assert_eq!(report.added, u64::from(count), "{report}");
    }

    async fn post(&self, http: &reqwest::Client, job: &str, count: u32) {
        let chunks = (0..count).step_by(CHUNK as usize);
        let added = stream::iter(chunks)
            .map(|first| self.post_chunk(http, job, first..count.min(first + CHUNK)))
            .buffer_unordered(CONCURRENCY)
            .fold(0, async |sum, added| sum + added)
            .await;
        assert_eq!(added, count as usize);
    }

    /// Sends a chunk as a careful program would; returns the number of added tasks.
    async fn post_chunk(
        &self,
        http: &reqwest::Client,
        job: &str,
        numbers: std::ops::Range<u32>,
    ) -> usize {
        let tasks = Tasks {
            value: numbers.map(by_hand).collect(),
        };
        let body = serde_json::to_vec(&tasks).expect("JSON");
        let target = format!("/jobs/{job}/addtaskcollection?api-version=2024-02-01.19.0");
        let date = httpdate::fmt_http_date(std::time::SystemTime::now());
        let length = body.len().to_string();
        let headers = [
            ("content-length", &*length),
            ("content-type", "application/json; odata=minimalmetadata"),
            ("ocp-date", &*date),
        ];
        let view = RequestView::new("POST", &target, headers);
        let signature = self.key.sign(&view).expect("a signature");
        let request = http
            .post(format!("{}{target}", self.service.endpoint))
            .header("content-type", "application/json; odata=minimalmetadata")
            .header("ocp-date", &*date)
            .header("accept", "application/json")
            .header("authorization", signature.authorization())
            .body(body);
        let response = request.send().await.expect("a response");
        let response = response.error_for_status().expect("results");
        let body = response.bytes().await.expect("a body");
        let results: Results = serde_json::from_slice(&body).expect("results");
        let added = results.value.iter();
        added.filter(|result| result.status == "success").count()
    }
}
