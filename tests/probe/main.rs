//! Program for `it/entra.rs`: calls a service with the credential that its environment offers.
//!
//! `probe ENDPOINT [principal]` prints the choice, then makes a call for each line of stdin and
//! prints `ok` or the error. With `principal`, it creates `azure_identity`'s credential itself.
//! Environment variables cannot be set safely within the tests' process, so it is another one.

use std::io::{self, BufRead as _, Write as _};
use std::sync::Arc;

use batch_client::entra::azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use batch_client::entra::{self, Choice};
use batch_client::{Client, Credential, RetryPolicy};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().ok_or("an endpoint")?;
    let credential = if arguments.next().is_some() {
        principal()?
    } else {
        let choice = Choice::from_env()?;
        say(&choice.explain())?;
        choice.into()
    };
    let client = Client::builder(endpoint, credential)
        .retry(RetryPolicy::none())
        .build()?;
    for line in io::stdin().lock().lines() {
        line?;
        match client.pool().get("p").await {
            Ok(_) => say("ok")?,
            Err(error) => say(&format!("{error} (credential: {})", error.is_credential()))?,
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
