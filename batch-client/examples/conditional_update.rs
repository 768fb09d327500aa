//! Changes that overwrite nobody else's: two writers of one pool, held to the version that they
//! read.
//!
//! `cargo run -p batch-client --example conditional_update`
//!
//! Every answer has the version of what it shows, its `ETag`. A change with `if_unchanged` is made
//! only where that is still the version; where it is not, the service refuses it with 412, and the
//! change is tried on a fresh read.

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
    // Nothing here needs a node.
    client.pool().add(ubuntu(pool)).await?;
    a_late_writer_is_refused(client, pool).await?;
    many_writers_lose_nothing(client, pool).await
}

/// Two have read the same version. The second to write would undo what the first has done.
async fn a_late_writer_is_refused(client: &Client, id: &str) -> Result<()> {
    let seen_by_anna = client.pool().get(id).await?;
    let seen_by_bert = client.pool().get(id).await?;
    println!(
        "anna and bert read version {}",
        seen_by_anna.etag().unwrap_or("?")
    );

    let patch = with_metadata(&seen_by_anna, "anna", "was here")?;
    let patched = client.pool().patch(id, patch);
    let patched = patched.if_unchanged(&seen_by_anna).await?;
    println!("anna has made it version {}", patched.etag().unwrap_or("?"));

    let patch = with_metadata(&seen_by_bert, "bert", "was here")?;
    let refused = client.pool().patch(id, patch);
    match refused.if_unchanged(&seen_by_bert).await {
        Err(error) if error.is_precondition_failed() => println!("bert is refused: {error}"),
        other => bail!("bert's change of an old version was not refused: {other:?}"),
    }

    change(client, id, |pool| with_metadata(pool, "bert", "was here")).await?;
    let pool = client.pool().get(id).await?;
    ensure!(
        value(&pool, "anna").is_some() && value(&pool, "bert").is_some(),
        "a change was lost: {:?}",
        pool.metadata
    );
    println!("bert has read it again and changed that: both changes are there");
    Ok(())
}

/// Four writers count up in the same place.
async fn many_writers_lose_nothing(client: &Client, id: &str) -> Result<()> {
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
        "4 writers have counted to {counted}, with {} refusals in between",
        a + b + c + d - 4 * EACH
    );
    ensure!(counted == (4 * EACH).to_string(), "counts were lost");
    Ok(())
}

/// Changes a pool, however often somebody else is faster; gives how often it was tried.
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

/// What changes one item of a pool's metadata. A patch replaces the whole list, so it starts from
/// what is there.
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
