//! The applications that are built: each gets a pool and lists jobs, over rustls with ring.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The client that an application uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Our client.
    Ours,
    /// The generated client of the former Azure SDK.
    Peer,
    /// Neither: HTTP, TLS and JSON.
    Alone,
}

/// An application on disk.
#[derive(Debug)]
pub(super) struct App {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) folder: PathBuf,
}

const NAMES: [(Kind, &str); 3] = [
    (Kind::Ours, "batch-client"),
    (Kind::Peer, "azure_svc_batch 0.21"),
    (Kind::Alone, "reqwest and rustls alone"),
];

/// Same runtime for all; the empty table keeps the application out of this workspace.
const COMMON: &str = "\
tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }

[workspace]
";

/// Features of reqwest and rustls are those that our client asks for.
const ALONE: &str = "\
reqwest = { version = \"0.13\", default-features = false, features = [\"json\", \"query\", \"rustls-no-provider\", \"stream\", \"system-proxy\"] }
rustls = { version = \"0.23\", default-features = false, features = [\"ring\", \"std\", \"tls12\", \"logging\"] }
serde = { version = \"1\", features = [\"derive\"] }
";

const PEER: &str = "\
async-trait = \"0.1\"
azure_core = { version = \"0.21\", default-features = false }
azure_svc_batch = { version = \"=0.21.0\", default-features = false, features = [\"enable_reqwest_rustls\", \"package-2024-02\"] }
futures = \"0.3\"
";

const OURS_MAIN: &str = r#"use batch_client::{Client, SharedKey};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = SharedKey::new("account", "c2VjcmV0")?;
    let client = Client::new("https://account.westeurope.batch.azure.com", key)?;
    println!("{:?}", client.pool().get("render").await?.state);
    let mut jobs = client.job().list().stream();
    while let Some(job) = jobs.try_next().await? {
        println!("{:?}", job.id);
    }
    Ok(())
}
"#;

const PEER_MAIN: &str = r#"use std::sync::Arc;

use azure_core::auth::{AccessToken, TokenCredential};
use futures::StreamExt as _;

#[derive(Debug)]
struct Token;

#[async_trait::async_trait]
impl TokenCredential for Token {
    async fn get_token(&self, _: &[&str]) -> azure_core::Result<AccessToken> {
        Err(azure_core::Error::message(azure_core::error::ErrorKind::Credential, "none"))
    }
    async fn clear_cache(&self) -> azure_core::Result<()> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let endpoint = azure_core::Url::parse("https://account.westeurope.batch.azure.com")?;
    let builder = azure_svc_batch::package_2024_02::Client::builder(Arc::new(Token));
    let client = builder.endpoint(endpoint).build()?;
    println!("{:?}", client.pool_client().get("render").await?.state);
    let mut jobs = client.job_client().list().into_stream();
    while let Some(page) = jobs.next().await {
        for job in page?.value {
            println!("{:?}", job.id);
        }
    }
    Ok(())
}
"#;

const ALONE_MAIN: &str = r#"#[derive(serde::Deserialize)]
struct Pool {
    state: Option<String>,
}

#[derive(serde::Deserialize)]
struct Jobs {
    value: Vec<Job>,
}

#[derive(serde::Deserialize)]
struct Job {
    id: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let base = "https://account.westeurope.batch.azure.com";
    let pool: Pool = http.get(format!("{base}/pools/render")).send().await?.json().await?;
    println!("{:?}", pool.state);
    let jobs: Jobs = http.get(format!("{base}/jobs")).send().await?.json().await?;
    for job in jobs.value {
        println!("{:?}", job.id);
    }
    Ok(())
}
"#;

/// Writes the applications below a folder.
pub(super) fn write(root: &Path, below: &Path) -> Result<Vec<App>> {
    let lock = root.join("Cargo.lock");
    let mut apps = Vec::new();
    for (kind, name) in NAMES {
        let (folder, dependencies, main) = match kind {
            Kind::Ours => ("ours", ours(root), OURS_MAIN),
            Kind::Peer => ("peer", PEER.to_owned(), PEER_MAIN),
            Kind::Alone => ("alone", ALONE.to_owned(), ALONE_MAIN),
        };
        let manifest = format!(
            "[package]\nname = \"{folder}\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[dependencies]\n{dependencies}{COMMON}"
        );
        let folder = below.join(folder);
        put(&folder.join("Cargo.toml"), &manifest)?;
        put(&folder.join("src/main.rs"), main)?;
        // The same versions as here, where this workspace has a crate, too.
        let locked = folder.join("Cargo.lock");
        fs::copy(&lock, &locked).with_context(|| format!("cannot write {}", locked.display()))?;
        apps.push(App { kind, name, folder });
    }
    Ok(apps)
}

fn ours(root: &Path) -> String {
    // A TOML string as JSON writes it: a path on Windows has backslashes.
    let path = serde_json::Value::from(root.join("batch-client").display().to_string());
    format!("batch-client = {{ path = {path} }}\n")
}

fn put(path: &Path, text: &str) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(context)?;
    }
    fs::write(path, text).with_context(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_are_written_with_their_locks() {
        let below = tempfile::tempdir().unwrap();
        let root = crate::workspace::root().unwrap();
        let apps = write(&root, below.path()).unwrap();
        assert_eq!(apps.len(), 3);
        for app in &apps {
            let manifest = fs::read_to_string(app.folder.join("Cargo.toml")).unwrap();
            assert!(manifest.contains("[workspace]\n") && manifest.contains("tokio = "));
            for file in ["Cargo.lock", "src/main.rs"] {
                assert!(app.folder.join(file).is_file(), "{file} of {}", app.name);
            }
        }
        let ours = fs::read_to_string(apps[0].folder.join("Cargo.toml")).unwrap();
        assert!(ours.contains("batch-client = { path = \""));
    }
}
