//! Promise: files go up and come down whole, once, under their own names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::http::Method;
use batch_jobs::{FileSet, LocalFile, Result, Storage, StorageKey};

use crate::storage::{Answered, Service};

const ODD: [&str; 8] = [
    "A.txt",
    "a b.txt",
    "a+b&c=d.txt",
    "a.txt",
    "empty",
    "shots/deep/100%25.txt",
    "shots/~!'()*[]{}^`|<>\".txt",
    "shots/ä#%?.txt",
];

fn folder(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for name in names {
        write(dir.path(), name, if *name == "empty" { "" } else { name });
    }
    dir
}

fn write(dir: &Path, name: &str, content: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(path, content).expect("a file");
}

fn all(dir: &Path) -> FileSet {
    FileSet::from_dir(dir)
        .recursive(true)
        .hidden(true)
        .read()
        .expect("a set")
}

/// Contents of a folder by name.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let set = all(dir);
    let read = |path: &Path| fs::read(path).expect("a file");
    set.iter()
        .map(|file| (file.name().to_owned(), read(file.path())))
        .collect()
}

fn writes(requests: &[Answered]) -> usize {
    requests
        .iter()
        .filter(|one| one.method == Method::PUT && !one.blob.is_empty())
        .count()
}

#[tokio::test]
async fn odd_names_survive_the_way_up_and_down() -> Result<()> {
    let service = Service::start().await;
    let dir = folder(&ODD);
    let group = service.storage().group("Odd_names")?;
    let report = group.upload(&all(dir.path())).await?.into_result()?;
    assert_eq!(report.to_string(), "8 files: 8 sent, 0 unchanged");
    let stored = service.contents(group.container()).await;
    assert_eq!(stored.keys().map(String::as_str).collect::<Vec<_>>(), ODD);

    let to = tempfile::tempdir().expect("a folder");
    let report = group.download(to.path()).await?.into_result()?;
    assert_eq!((report.fetched, report.unchanged), (8, 0));
    assert_eq!(contents(to.path()), contents(dir.path()));

    let names = group.list().await?.into_iter().map(|file| file.name);
    assert_eq!(names.collect::<Vec<_>>(), ODD);
    let found = group.find("shots/ä#%?.txt").await?.expect("a file");
    assert_eq!(found.len, 15);
    assert!(group.find("shots/ä").await?.is_none());
    assert!(group.delete_file("a b.txt").await?);
    assert!(!group.delete_file("a b.txt").await?);
    assert_eq!(
        service.storage().group_containers().await?,
        [group.container()]
    );
    assert!(group.delete().await?);
    assert!(!group.delete().await?);
    assert!(group.list().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn unchanged_files_cost_one_request_for_each_page() -> Result<()> {
    let service = Service::with_page_size(10).await;
    let names: Vec<String> = (0..25).map(|n| format!("f{n:02}.txt")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let dir = folder(&names);
    let group = service.storage().group("nightly")?;
    let set = all(dir.path());
    assert_eq!(group.missing(&set).await?.len(), 25);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let callback = {
        let seen = seen.clone();
        move |now: &batch_jobs::UploadProgress| seen.lock().expect("a lock").push(now.done())
    };
    group.upload(&set).progress(callback).await?.into_result()?;
    assert_eq!(*seen.lock().expect("a lock"), (0..=25).collect::<Vec<_>>());
    service.requests();

    let again = group.upload(&set).await?;
    assert_eq!((again.sent, again.unchanged), (0, 25));
    let requests = service.requests();
    assert_eq!(requests.len(), service.pages(25), "{requests:#?}");
    assert!(requests.iter().all(|one| one.comp == "list"));

    // Another content of the same length, one second later.
    write(dir.path(), "f03.txt", "F03.TXT");
    let later = SystemTime::now() + Duration::from_secs(1);
    let file = fs::File::options()
        .write(true)
        .open(dir.path().join("f03.txt"));
    file.and_then(|file| file.set_modified(later))
        .expect("a time");
    let set = all(dir.path());
    let missing = group.missing(&set).await?;
    assert_eq!(
        missing.iter().map(LocalFile::name).collect::<Vec<_>>(),
        ["f03.txt"]
    );
    service.requests();
    let third = group.upload(&set).await?;
    assert_eq!((third.sent, third.unchanged), (1, 24));
    assert_eq!(writes(&service.requests()), 1);
    assert_eq!(
        service.contents(group.container()).await["f03.txt"],
        "F03.TXT"
    );
    assert_eq!(group.upload(&set).force(true).await?.sent, 25);
    Ok(())
}

#[tokio::test]
async fn long_files_go_in_blocks() -> Result<()> {
    let service = Service::start().await;
    let dir = tempfile::tempdir().expect("a folder");
    let content: Vec<u8> = (0..20_000_000_u32)
        .map(|n| (n >> 9).to_le_bytes()[0])
        .collect();
    for name in ["one.bin", "two.bin", "three.bin"] {
        fs::write(dir.path().join(name), &content).expect("a file");
    }
    let group = service.storage().group("long")?;
    let set = all(dir.path());
    group.upload(&set).await?.into_result()?;
    let requests = service.requests();
    let blocks = requests.iter().filter(|one| one.comp == "block").count();
    assert_eq!(blocks, 9, "three blocks of 8 MiB for each");
    let stored = service.contents(group.container()).await;
    assert!(stored.values().all(|stored| *stored == content));
    let again = group.upload(&set).await?;
    assert_eq!((again.sent, again.unchanged), (0, 3));
    Ok(())
}

#[tokio::test]
async fn failures_are_a_list_and_do_not_stop_the_others() -> Result<()> {
    let service = Service::start().await;
    let dir = folder(&["a", "b", "c"]);
    let set = all(dir.path());
    fs::remove_file(dir.path().join("a")).expect("removed");
    write(dir.path(), "b", "longer than before");
    let group = service.storage().group("some")?;
    let report = group.upload(&set).await?;
    assert_eq!(report.to_string(), "3 files: 1 sent, 0 unchanged, 2 failed");
    assert!(
        report.failed[0].error.io_error().is_some(),
        "{}",
        report.failed[0]
    );
    assert!(
        report.failed[1].error.to_string().contains("changed"),
        "{}",
        report.failed[1]
    );
    let error = report.into_result().expect_err("a failure");
    assert!(error.to_string().contains("and 1 more"), "{error}");
    assert_eq!(
        service
            .contents(group.container())
            .await
            .into_keys()
            .collect::<Vec<_>>(),
        ["c"]
    );
    Ok(())
}

#[tokio::test]
async fn a_busy_account_is_asked_again() -> Result<()> {
    let service = Service::start().await;
    let dir = folder(&["a", "b"]);
    let group = service.storage().group("busy")?;
    service.be_busy(2);
    let report = group.upload(&all(dir.path())).await?.into_result()?;
    assert_eq!(report.sent, 2);
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_an_error_that_says_so() -> Result<()> {
    let service = Service::start().await;
    let key = StorageKey::new(service.account(), "d3Jvbmc=")?;
    let storage = Storage::new(service.endpoint(), key)?;
    let dir = folder(&["a"]);
    let error = storage
        .group("x")?
        .upload(&all(dir.path()))
        .await
        .expect_err("refused");
    assert_eq!(error.storage_status(), Some(403));
    // The second one is Azurite's.
    let codes = ["AuthenticationFailed", "AuthorizationFailure"];
    assert!(
        error.code().is_some_and(|code| codes.contains(&code)),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("check the account's name and key"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn downloads_are_whole_and_not_repeated() -> Result<()> {
    let service = Service::start().await;
    let group = service.storage().group("down")?;
    for name in ["a.txt", "sub/b.txt", "../out.txt", "/etc/x", "c//d"] {
        service.put(group.container(), name, name).await;
    }
    let to = tempfile::tempdir().expect("a folder");
    let dir = to.path().join("new");
    let report = group.download(&dir).await?;
    assert_eq!(
        report.to_string(),
        "5 files: 2 fetched, 0 unchanged, 3 failed"
    );
    assert!(
        report
            .failed
            .iter()
            .all(|failure| failure.error.is_invalid())
    );
    assert_eq!(
        contents(to.path()).into_keys().collect::<Vec<_>>(),
        ["new/a.txt", "new/sub/b.txt"]
    );
    service.requests();

    let again = group.download(&dir).pattern("**/*.txt").await?;
    assert_eq!((again.fetched, again.unchanged), (0, 2));
    assert_eq!(service.requests().len(), 1);

    write(&dir, "a.txt", "mine!");
    let kept = group
        .download(&dir)
        .pattern("a.txt")
        .overwrite(false)
        .await?;
    assert_eq!((kept.fetched, kept.failed.len()), (0, 1));
    assert_eq!(
        fs::read_to_string(dir.join("a.txt")).expect("a file"),
        "mine!"
    );
    let replaced = group.download(&dir).pattern("a.txt").await?;
    assert_eq!(replaced.fetched, 1);
    assert_eq!(
        fs::read_to_string(dir.join("a.txt")).expect("a file"),
        "a.txt"
    );
    Ok(())
}

#[tokio::test]
async fn signatures_allow_what_they_say() -> Result<()> {
    let service = Service::start().await;
    service.put("signed", "a", "content").await;
    let by = |permissions, resources| service.signature(permissions, resources);
    let all = by("rwdlc", "sco");
    let list = "restype=container&comp=list";
    for (method, blob, query, signature, expected) in [
        (Method::GET, "a", "", by("r", "o"), 200),
        (Method::GET, "a", "", by("w", "o"), 403),
        (Method::GET, "a", "", by("r", "sc"), 403),
        (Method::PUT, "a", "", by("c", "o"), 403),
        (Method::PUT, "new", "", by("c", "o"), 201),
        (Method::PUT, "a", "", by("w", "o"), 201),
        (Method::DELETE, "a", "", by("r", "o"), 403),
        (Method::DELETE, "a", "", by("d", "o"), 202),
        (Method::GET, "a", "", all.replace("sig=", "sig=A"), 403),
        (Method::GET, "a", "", all.replace("2099", "2098"), 403),
        (Method::GET, "a", "", all.clone(), 404),
        (Method::GET, "", list, by("l", "c"), 200),
        (Method::GET, "", list, by("r", "c"), 403),
        (Method::PUT, "", "restype=container", all.clone(), 409),
    ] {
        let path = ["signed", blob];
        let path = if blob.is_empty() { &path[..1] } else { &path };
        let sent = service.send_signed(method.clone(), path, query, "x".into(), &signature);
        let (status, _) = sent.await;
        assert_eq!(status, expected, "{method} {path:?} {signature}");
    }
    Ok(())
}

#[tokio::test]
async fn blobs_are_read_in_ranges_and_listed_in_folders() -> Result<()> {
    let service = Service::start().await;
    for name in ["a/1", "a/2", "b", "c&d/3"] {
        service.put("folders", name, "0123456789").await;
    }
    let query = "restype=container&comp=list&delimiter=%2F";
    let list = service
        .send(Method::GET, &["folders"], query, "".into())
        .await;
    let text = String::from_utf8_lossy(&list);
    for part in [
        "<BlobPrefix><Name>a/</Name></BlobPrefix>",
        "<Name>b</Name>",
        "<BlobPrefix><Name>c&amp;d/</Name></BlobPrefix>",
    ] {
        assert_eq!(text.matches(part).count(), 1, "{part} in {text}");
    }
    assert!(!text.contains("a/1"), "{text}");
    let query = "restype=container&comp=list&prefix=a%2F";
    let list = service
        .send(Method::GET, &["folders"], query, "".into())
        .await;
    let text = String::from_utf8_lossy(&list);
    assert!(text.contains("a/2") && !text.contains("<Name>b"), "{text}");
    Ok(())
}
