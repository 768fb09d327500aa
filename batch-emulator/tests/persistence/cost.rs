//! Measures the cost of persistence: the same additions with and without a data folder, and a start
//! with many tasks.

use batch_client::models::TaskAddCollectionParameter;
use futures_util::future::try_join_all;

use super::*;

const CLIENTS: usize = 64;
const SINGLE: usize = 16;
/// Maximum number of tasks in a collection.
const COLLECTION: usize = 100;
/// Fewer in unoptimized builds.
const MANY: usize = if cfg!(debug_assertions) {
    20_000
} else {
    100_000
};

/// Adds tasks one by one from all clients; returns the rate per second.
async fn one_by_one(clients: &[Client], job: &str) -> Result<f64, Error> {
    let begin = Instant::now();
    let adding = clients
        .iter()
        .enumerate()
        .map(|(number, client)| async move {
            for round in 0..SINGLE {
                client
                    .task()
                    .add(job, task(&format!("{number}-{round}")))
                    .await?;
            }
            Ok::<_, Error>(())
        });
    try_join_all(adding).await?;
    Ok(rate(clients.len() * SINGLE, begin))
}

/// Adds tasks in full collections; returns the rate per second.
async fn in_collections(clients: &[Client], job: &str, count: usize) -> Result<f64, Error> {
    let begin = Instant::now();
    let chunks: Vec<usize> = (0..count / COLLECTION).collect();
    for round in chunks.chunks(clients.len()) {
        let adding = round.iter().zip(clients).map(|(chunk, client)| async move {
            let ids = (0..COLLECTION).map(|n| format!("t{:06}", chunk * COLLECTION + n));
            let tasks: Vec<TaskAddParameter> = ids.map(|id| task(&id)).collect();
            let body = TaskAddCollectionParameter::new(tasks);
            client.task().add_collection(job, body).await
        });
        try_join_all(adding).await?;
    }
    Ok(rate(count, begin))
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn rate(count: usize, begin: Instant) -> f64 {
    count as f64 / begin.elapsed().as_secs_f64()
}

async fn measure(config: Config, count: usize) -> Result<[f64; 3], Error> {
    let (emulator, client) = start(config).await;
    let clients: Vec<Client> = (0..CLIENTS)
        .map(|_| client_of(emulator.endpoint()))
        .collect();
    for id in ["one", "many", "collections"] {
        client.job().add(job(id, "nowhere")).await?;
    }
    // Open the connections before measuring.
    try_join_all(
        clients
            .iter()
            .map(|client| async { client.job().get("one").await }),
    )
    .await?;
    let alone = one_by_one(&clients[..1], "one").await?;
    let together = one_by_one(&clients, "many").await?;
    let collections = in_collections(&clients, "collections", count).await?;
    emulator.stop().await;
    Ok([alone, together, collections])
}

/// Busy machines can exceed any bound on times; this one is far from the measured times, and from
/// one fsync per addition.
#[tokio::test(flavor = "multi_thread")]
async fn many_clients_share_the_syncs_of_a_disk() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config::default().account(DEVELOPMENT_ACCOUNT);
    let plain = measure(config(), MANY).await?;
    let persisted = measure(config().data(folder.path()), MANY).await?;
    for (what, plain, persisted) in [
        ("1 client, one by one", plain[0], persisted[0]),
        ("64 clients, one by one", plain[1], persisted[1]),
        ("64 clients, collections of 100", plain[2], persisted[2]),
    ] {
        println!(
            "{what}: {plain:.0} adds per second, persisted {persisted:.0}: ratio {:.2}",
            persisted / plain
        );
    }
    assert!(
        persisted[1] > plain[1] / 20.0,
        "{} of {}",
        persisted[1],
        plain[1]
    );

    for kind in ["journal", "snapshot"] {
        let size = std::fs::metadata(folder.path().join("state.redb"))
            .unwrap()
            .len();
        let begin = Instant::now();
        let (emulator, client) = start(config().data(folder.path())).await;
        let counts = client.job().get_task_counts("collections").await?;
        let took = begin.elapsed();
        let active = counts.task_counts.as_ref().and_then(|counts| counts.active);
        assert_eq!(
            active.and_then(|active| usize::try_from(active).ok()),
            Some(MANY)
        );
        println!("start with {MANY} tasks from the {kind}: {took:.2?}, file of {size} bytes");
        emulator.stop().await;
    }
    Ok(())
}
