//! Sends one request, signed by middleware around a plain client, like `curl` for a Batch account.
//!
//! ```sh
//! export AZURE_BATCH_ENDPOINT=http://127.0.0.1:8000
//! export AZURE_BATCH_ACCOUNT=NAME AZURE_BATCH_ACCESS_KEY=KEY
//! cargo run -p batch-auth --features middleware --example signed_request -- \
//!     GET '/jobs?api-version=2024-02-01.19.0&$filter=state eq %27active%27'
//! ```
//!
//! For an https endpoint, the client needs TLS: add a feature of reqwest, such as
//! `--features middleware,reqwest/native-tls`.

use std::env;
use std::error::Error;

use batch_auth::{SharedKey, SharedKeyMiddleware};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

const USAGE: &str = "usage: signed_request METHOD PATH_AND_QUERY [NAME:VALUE ...] [--body TEXT]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = env::var("AZURE_BATCH_ENDPOINT")?;
    let client = client(&endpoint)?;

    let mut arguments = env::args().skip(1);
    let method: Method = arguments.next().ok_or(USAGE)?.parse()?;
    let target = arguments.next().ok_or(USAGE)?;
    let url = format!("{}{target}", endpoint.trim_end_matches('/'));
    let mut request = client.request(method, url);
    while let Some(argument) = arguments.next() {
        request = if argument == "--body" {
            request.body(arguments.next().ok_or(USAGE)?)
        } else {
            let (name, value) = argument.split_once(':').ok_or(USAGE)?;
            request.header(name, value.trim_start())
        };
    }

    let response = request.send().await?;
    eprintln!("{}", response.status());
    println!("{}", response.text().await?);
    Ok(())
}

fn client(endpoint: &str) -> Result<ClientWithMiddleware, Box<dyn Error>> {
    let key = SharedKey::new(
        env::var("AZURE_BATCH_ACCOUNT")?,
        env::var("AZURE_BATCH_ACCESS_KEY")?,
    )?;
    let client = Client::builder().redirect(Policy::none()).build()?;
    Ok(ClientBuilder::new(client)
        .with(SharedKeyMiddleware::new(key, endpoint)?)
        .build())
}
