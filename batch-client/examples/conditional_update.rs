//! Changes that never overwrite somebody else's: two writers update the same pool, each only if it
//! still has the version that they read.
//!
//! `cargo run -p batch-client --example conditional_update`
//!
//! Every response contains the version of the resource, its `ETag`. A change with `if_unchanged` is
//! applied only if that is still the current version. Otherwise the service rejects it with 412,
//! and the change is repeated on a fresh read.

mod account;

use anyhow::{Result, bail, ensure};
use batch_client::models::{CloudPool, MetadataItem, PoolPatchParameter};
use batch_client::{Client, Error};
use batch_emulator::Config;

use account::{Account, ubuntu};

#[tokio::main]
async fn main() -> Result<()> {
    let account = account::connect("conditional-update", Config::default()).await?;
    let worked = work(&account).await;
    account.clean_up(worked).await
}

async fn work(account: &Account) -> Result<()> {
    let Account { client, pool, .. } = account;
    // This example needs no nodes.
    client.pool().add(ubuntu(pool)).await?;
    reject_a_late_writer(client, pool).await?;
    count_with_many_writers(client, pool).await
}

/// Two writers have read the same version. The second to write would undo the change of the first.
async fn reject_a_late_writer(client: &Client, id: &str) -> Result<()> {
    let seen_by_anna = client.pool().get(id).await?;
    let seen_by_bert = client.pool().get(id).await?;
    println!(
        "anna and bert read version {}",
        seen_by_anna.etag().unwrap_or("?")
    );

    let patch = with_metadata(&seen_by_anna, "anna", "was here")?;
    let patched = client.pool().patch(id, patch);
    let patched = patched.if_unchanged(&seen_by_anna).await?;
    println!(
        "anna's change made it version {}",
        patched.etag().unwrap_or("?")
    );

    let patch = with_metadata(&seen_by_bert, "bert", "was here")?;
    let refused = client.pool().patch(id, patch);
    match refused.if_unchanged(&seen_by_bert).await {
        Err(error) if error.is_precondition_failed() => {
            println!("bert's change is rejected: {error}");
        }
        other => bail!("bert's change of an old version should be rejected: {other:?}"),
    }

    change(client, id, |pool| with_metadata(pool, "bert", "was here")).await?;
    let pool = client.pool().get(id).await?;
    ensure!(
        value(&pool, "anna").is_some() && value(&pool, "bert").is_some(),
        "a change was lost: {:?}",
        pool.metadata
    );
    println!("bert has read the pool again and changed it: both changes are there");
    Ok(())
}

/// Four writers increment the same counter.
async fn count_with_many_writers(client: &Client, id: &str) -> Result<()> {
    const EACH: u32 = 5;
    let count = || async {
        let mut attempts = 0;
        for _ in 0..EACH {
            attempts += change(client, id, |pool| {
                let count: u32 = value(pool, "count").map_or(Ok(0), str::parse).unwrap_or(0);
                with_metadata(pool, "count", (count + 1).to_string())
            })
            .await?;
        }
        Ok::<u32, Error>(attempts)
    };
    let (a, b, c, d) = tokio::try_join!(count(), count(), count(), count())?;
    let pool = client.pool().get(id).await?;
    let counted = value(&pool, "count").unwrap_or("0");
    println!(
        "4 writers have counted to {counted}, and {} updates were rejected",
        a + b + c + d - 4 * EACH
    );
    ensure!(counted == (4 * EACH).to_string(), "an update was lost");
    Ok(())
}

/// Changes a pool, and repeats that as long as somebody else is faster. Returns the number of
/// attempts.
async fn change(
    client: &Client,
    id: &str,
    make: impl Fn(&CloudPool) -> Result<PoolPatchParameter, Error>,
) -> Result<u32, Error> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let pool = client.pool().get(id).await?;
        let patch = make(&pool)?;
        match client.pool().patch(id, patch).if_unchanged(&pool).await {
            Err(error) if error.is_precondition_failed() => {}
            answer => return answer.map(|_| attempts),
        }
    }
}

/// A patch that changes one metadata item of a pool. It replaces the whole list, so it starts from
/// the current one.
fn with_metadata(
    pool: &CloudPool,
    name: &str,
    value: impl Into<String>,
) -> Result<PoolPatchParameter, Error> {
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
