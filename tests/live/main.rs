//! A check against a real account, for those who have one: `cargo xtask live`.
//!
//! It adds a pool without nodes, a job, tasks and a schedule, reads and deletes them, and does the
//! same with the emulator. It prints where the forms of the responses differ: a property that only
//! one of the two sends, or with another type. Whatever happens, it deletes what it has added.

mod form;
mod steps;

use std::process::ExitCode;

use batch_client::{Client, Config, SharedKey};

use form::{Forms, differences};

const USAGE: &str = "\
usage: cargo xtask live --yes

Adds a pool without nodes, a job, three tasks and a disabled schedule to the account that
`Client::from_env` finds, reads and deletes them, and compares the responses with the emulator's.
Nothing of it costs money. Exits with 0 if all calls succeeded, whether the responses differ or not.
";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().skip(1).collect::<Vec<_>>() != ["--yes"] {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    }
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let config = Config::load()?;
    print!("{}", config.explain());
    let account = observed(&config.client()?).await?;

    let emulator = batch_emulator::start(batch_emulator::Config::default()).await?;
    let key = SharedKey::new(emulator.account(), emulator.key())?;
    let expected = observed(&Client::new(emulator.endpoint(), key)?).await?;
    emulator.stop().await;

    let lines = differences(&account, &expected);
    for line in &lines {
        println!("{line}");
    }
    println!(
        "compared {} responses: {} differences",
        account.len(),
        lines.len()
    );
    Ok(())
}

/// Runs all steps and cleans up, also after Ctrl-C.
async fn observed(client: &Client) -> Result<Forms> {
    let id = format!("batch-client-live-{}", std::process::id());
    println!("{}: adding {id}", client.endpoint());
    let mut forms = Forms::default();
    let result = tokio::select! {
        result = steps::run(client, &id, &mut forms) => result,
        pressed = tokio::signal::ctrl_c() => Err(match pressed {
            Ok(()) => "interrupted".into(),
            Err(error) => error.into(),
        }),
    };
    let cleaned = steps::clean_up(client, &id).await;
    result.and(cleaned).map(|()| forms)
}
