//! Changes that never overwrite somebody else's: two writers update the same pool, each only if it
//! still has the version that they read.
//!
//! Every response contains the version of the resource, its `ETag`. A change with `if_unchanged` is
//! applied only if that is still the current version. Otherwise the service rejects it with 412,
//! and the change is repeated on a fresh read.
//!
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It runs on the account that `Client::from_env` reads; the pool has no nodes. In this repository,
//! `cargo xtask examples conditional_update` runs it on the emulator.

use std::io::{self, Write as _, stdout};

use anyhow::{Error, Result, bail};
use batch_client::Client;
use batch_client::chrono::Utc;
use batch_client::models::{
    CloudPool, ImageReference, MetadataItem, PoolAddParameter, PoolPatchParameter,
    VirtualMachineConfiguration,
};

/// Increments by each of the four writers.
const EACH: u32 = 5;

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::from_env()?;
    let id = format!("conditional-update-{}", Utc::now().timestamp());
    let worked = work(&client, &id).await;
    // Also after an error, so that nothing is left behind.
    match worked.and(clean_up(&client, &id).await) {
        // The reader of a pipe may end first, as in `conditional_update | head -1`.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

async fn work(client: &Client, id: &str) -> Result<()> {
    client.pool().add(pool(id)).await?;
    reject_a_late_writer(client, id).await?;
    count_with_many_writers(client, id).await
}

/// Two writers have read the same version. The second to write would undo the change of the first.
async fn reject_a_late_writer(client: &Client, id: &str) -> Result<()> {
    let mut out = stdout();
    let seen_by_anna = client.pool().get(id).await?;
    let seen_by_bert = client.pool().get(id).await?;
    let version = seen_by_anna.etag().unwrap_or("?");
    writeln!(out, "anna and bert read version {version}")?;

    let patch = with_metadata(&seen_by_anna, "anna", "was here")?;
    let patched = client.pool().patch(id, patch);
    let patched = patched.if_unchanged(&seen_by_anna).await?;
    let version = patched.etag().unwrap_or("?");
    writeln!(out, "anna's change made it version {version}")?;

    let patch = with_metadata(&seen_by_bert, "bert", "was here")?;
    let refused = client.pool().patch(id, patch);
    match refused.if_unchanged(&seen_by_bert).await {
        Err(error) if error.is_precondition_failed() => {
            writeln!(out, "bert's change is rejected: {error}")?;
        }
        other => bail!("bert's change of an old version should be rejected: {other:?}"),
    }

    change(client, id, |pool| with_metadata(pool, "bert", "was here")).await?;
    let pool = client.pool().get(id).await?;
    writeln!(
        out,
        "bert has read the pool again and changed it: anna {}, bert {}",
        value(&pool, "anna").unwrap_or("is missing"),
        value(&pool, "bert").unwrap_or("is missing"),
    )?;
    Ok(())
}

/// Four writers increment the same counter.
async fn count_with_many_writers(client: &Client, id: &str) -> Result<()> {
    let count = || async {
        let mut attempts = 0;
        for _ in 0..EACH {
            attempts += change(client, id, |pool| {
                let count: u32 = value(pool, "count").map_or(Ok(0), str::parse).unwrap_or(0);
                with_metadata(pool, "count", (count + 1).to_string())
            })
            .await?;
        }
        Ok::<u32, batch_client::Error>(attempts)
    };
    let (a, b, c, d) = tokio::try_join!(count(), count(), count(), count())?;
    let pool = client.pool().get(id).await?;
    writeln!(
        stdout(),
        "4 writers have counted to {}; rejected updates: {}",
        value(&pool, "count").unwrap_or("0"),
        a + b + c + d - 4 * EACH
    )?;
    Ok(())
}

/// Changes a pool, and repeats that as long as somebody else is faster. Returns the number of
/// attempts.
async fn change(
    client: &Client,
    id: &str,
    make: impl Fn(&CloudPool) -> Result<PoolPatchParameter, batch_client::Error>,
) -> Result<u32, batch_client::Error> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let pool = client.pool().get(id).await?;
        let patch = make(&pool)?;
        match client.pool().patch(id, patch).if_unchanged(&pool).await {
            Err(error) if error.is_precondition_failed() => {}
            response => return response.map(|_| attempts),
        }
    }
}

/// A patch that changes one metadata item of a pool. It replaces the whole list, so it starts from
/// the current one.
fn with_metadata(
    pool: &CloudPool,
    name: &str,
    value: impl Into<String>,
) -> Result<PoolPatchParameter, batch_client::Error> {
    let mut patch = PoolPatchParameter::try_from(pool)?;
    let metadata = patch.metadata.get_or_insert_default();
    metadata.retain(|item| item.name.as_deref() != Some(name));
    metadata.push(MetadataItem::new(name, value));
    Ok(patch)
}

fn value<'a>(pool: &'a CloudPool, name: &str) -> Option<&'a str> {
    let mut metadata = pool.metadata.iter().flatten();
    let item = metadata.find(|item| item.name.as_deref() == Some(name))?;
    item.value.as_deref()
}

/// A pool without nodes, which this example does not need.
fn pool(id: &str) -> PoolAddParameter {
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    PoolAddParameter::new(id, "standard_d2s_v3").with_virtual_machine_configuration(machines)
}

/// Deletes the pool, if it was added.
async fn clean_up(client: &Client, id: &str) -> Result<()> {
    match client.pool().delete(id).await {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}

fn is_closed_pipe(error: &Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
