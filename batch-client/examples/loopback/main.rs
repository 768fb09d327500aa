//! The client without an account: signed calls to a small server in this program.
//!
//! `cargo run -p batch-client --example loopback`
//!
//! The server checks each signature as the service does, and responds to a few operations with
//! made-up data. With `AZURE_BATCH_ENDPOINT`, `AZURE_BATCH_ACCOUNT` and `AZURE_BATCH_ACCESS_KEY`
//! set, the read-only calls go to that account instead.

mod server;

use std::env;

use batch_client::models::{JobAddParameter, PoolInformation, TaskAddParameter};
use batch_client::{Client, SharedKey, codes};

type AnyError = Box<dyn std::error::Error>;

const ACCOUNT: &str = "loopback";
/// Not a secret: the key belongs to an account that exists only while this program runs.
const KEY: &str = "bG9vcGJhY2sta2V5LW9mLXRoZS1leGFtcGxl";

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    if let Ok(endpoint) = env::var("AZURE_BATCH_ENDPOINT") {
        let account = variable("AZURE_BATCH_ACCOUNT")?;
        let key = variable("AZURE_BATCH_ACCESS_KEY")?;
        let client = Client::new(&endpoint, SharedKey::new(account, key)?)?;
        println!("account at {}", client.endpoint());
        return read(&client).await;
    }
    let address = server::start(ACCOUNT, KEY).await?;
    let client = Client::new(format!("http://{address}"), SharedKey::new(ACCOUNT, KEY)?)?;
    println!("loopback server at {}", client.endpoint());
    read(&client).await?;
    write(&client).await?;
    refused(&client).await
}

fn variable(name: &str) -> Result<String, AnyError> {
    env::var(name).map_err(|_| format!("AZURE_BATCH_ENDPOINT is set, so set {name} too").into())
}

/// Read-only calls.
async fn read(client: &Client) -> Result<(), AnyError> {
    let mut pools = client.pool().list().select("id,state,vmSize").stream();
    while let Some(pool) = pools.try_next().await? {
        let id = pool.id.as_deref().unwrap_or("?");
        let state = pool.state.as_ref().map_or("?", |state| state.as_str());
        println!(
            "  pool {id:<12} {state:<10} {}",
            pool.vm_size.as_deref().unwrap_or("?")
        );
    }
    let spare = client.pool().exists("spare").await?;
    println!(
        "  pool {:<12} {}",
        "spare",
        if spare { "exists" } else { "does not exist" }
    );
    match client.job().get("gone").await {
        Ok(job) => println!("  job  {:<12} {:?}", "gone", job.state),
        Err(error) if error.code() == Some(codes::JOB_NOT_FOUND) => println!("  {error}"),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn write(client: &Client) -> Result<(), AnyError> {
    let pool = PoolInformation::default().with_pool_id("render");
    let added = client
        .job()
        .add(JobAddParameter::new("nightly", pool))
        .await?;
    println!(
        "  job  {:<12} added, etag {}",
        "nightly",
        added.etag().unwrap_or("?")
    );

    let task = TaskAddParameter::new("frame-1", "/bin/sh -c 'echo hello'");
    client.task().add("nightly", task).await?;
    let output = client
        .file()
        .get_from_task("nightly", "frame-1", "stdout.txt")
        .await?;
    let output = output.into_inner().bytes().await?;
    println!(
        "  task {:<12} printed {:?}",
        "frame-1",
        String::from_utf8_lossy(&output)
    );
    Ok(())
}

/// The same call with a wrong key.
async fn refused(client: &Client) -> Result<(), AnyError> {
    let wrong = SharedKey::new(ACCOUNT, "d3Jvbmcta2V5")?;
    match Client::new(client.endpoint(), wrong)?
        .pool()
        .get("render")
        .await
    {
        Err(error) if error.is_auth() => println!("  {error}"),
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a wrong key was accepted".into()),
    }
    println!("done");
    Ok(())
}
