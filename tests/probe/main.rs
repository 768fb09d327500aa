//! Program for `it/entra.rs` and `it/configuration.rs`: calls a service with the credential that
//! its environment offers.
//!
//! `probe ENDPOINT [principal|store|stored|forget|rewrite]` prints the choice, then makes a call
//! for each line of stdin, or as many at once as the line says, and prints `ok` or the error. With
//! `principal`, it creates `azure_identity`'s credential itself. With `store`, it stores the key in
//! `PROBE_KEY` in the system's keyring and saves the profile; with `stored`, it uses that profile;
//! with `forget`, it deletes the key; with `rewrite`, it saves profiles until it is killed. With
//! `PROBE_TRACE`, it logs everything to stderr. Environment variables cannot be set safely within
//! the tests' process, so it is another one.

use std::io::{self, BufRead as _, Write as _};
use std::sync::Arc;

use batch_client::entra::azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use batch_client::entra::{self, Choice};
use batch_client::{Client, Config, Credential, RetryPolicy};
use futures_util::future::join_all;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().ok_or("an endpoint")?;
    if std::env::var_os("PROBE_TRACE").is_some() {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(io::stderr)
            .init();
    }
    let builder = match arguments.next().as_deref() {
        None => {
            let choice = Choice::from_env()?;
            say(&choice.explain())?;
            Client::builder(endpoint, choice)
        }
        Some("principal") => Client::builder(endpoint, principal()?),
        Some("stored") => Config::load()?.builder()?,
        Some("rewrite") => return rewrite(),
        Some(command) => return keep(command, endpoint),
    };
    let client = builder.retry(RetryPolicy::none()).build()?;
    for line in io::stdin().lock().lines() {
        let calls = line?.trim().parse().unwrap_or(1);
        let calls = (0..calls).map(async |_| match client.pool().get("p").await {
            Ok(_) => "ok".to_owned(),
            Err(error) => format!("{error} (credential: {})", error.is_credential()),
        });
        let mut results = join_all(calls).await;
        results.dedup();
        say(&results.join("; "))?;
    }
    Ok(())
}

/// Stores a key in the keyring, or deletes it.
fn keep(command: &str, endpoint: String) -> Result<()> {
    let mut config = Config::load()?;
    if command == "store" {
        config.set_endpoint(endpoint);
        config.store_access_key("acct", std::env::var("PROBE_KEY")?)?;
    } else {
        config.delete_stored_access_key()?;
    }
    config.save()?;
    say(command)?;
    Ok(())
}

/// Saves a small and a large profile in turn.
fn rewrite() -> Result<()> {
    let mut config = Config::load()?;
    for round in 0_u64.. {
        let parameters: usize = if round.is_multiple_of(2) { 2 } else { 2000 };
        let job_type = config.add_job_type("j");
        job_type.clear();
        job_type.set("count", parameters.to_string());
        for number in 1..parameters {
            job_type.set(format!("parameter-{number}"), "value");
        }
        config.set_default_job_type("j")?;
        config.save()?;
        if round == 1 {
            say("rewriting")?;
        }
    }
    Ok(())
}

fn principal() -> Result<Credential> {
    let read = |name: &str| std::env::var(name).map_err(|why| format!("{name}: {why}"));
    let options = ClientSecretCredentialOptions {
        client_options: entra::client_options()?,
    };
    let credential: Arc<ClientSecretCredential> = ClientSecretCredential::new(
        &read("AZURE_TENANT_ID")?,
        read("AZURE_CLIENT_ID")?,
        read("AZURE_CLIENT_SECRET")?.into(),
        Some(options),
    )?;
    Ok(credential.into())
}

fn say(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
