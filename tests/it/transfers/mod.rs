//! Promise: files arrive byte for byte whatever fails in between, and a partial file never appears
//! under the final name.

mod hostile;
mod saves;
mod scripts;
mod tails;
mod trees;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use batch_client::{Client, Error, RetryPolicy};
use batch_tests::file::FileServer;

type Outcome = Result<(), Error>;

/// A directory that is removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("batch-tests-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a new directory");
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of its files, sorted, with HASH for the hash of an incomplete download.
    fn names(&self) -> Vec<String> {
        names(&self.0)
    }

    /// The path of the incomplete download of a file, or of its info.
    fn incomplete(&self, name: &str, suffix: &str) -> PathBuf {
        let mut entries = std::fs::read_dir(&self.0).expect("a directory");
        let found = entries.find_map(|entry| {
            let entry = entry.expect("an entry").file_name();
            let entry = entry.into_string().expect("text");
            (without_hash(&entry) == format!(".{name}.HASH.{suffix}")).then_some(entry)
        });
        self.join(&found.unwrap_or_else(|| format!("there is no incomplete {name}")))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn names(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .map(|name| without_hash(&name.into_string().expect("text")))
        .collect();
    names.sort();
    names
}

fn without_hash(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    match parts[..] {
        ["", .., hash, suffix] if suffix.starts_with("batch") => name.replace(hash, "HASH"),
        _ => name.to_owned(),
    }
}

fn quick() -> RetryPolicy {
    RetryPolicy::default()
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(4))
}

fn client(server: &FileServer) -> Client {
    let builder = Client::builder(server.url(), crate::calls::key()).retry(quick());
    builder.build().expect("a client")
}
