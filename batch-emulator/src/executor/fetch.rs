//! Resource files: downloads before a program runs.

use std::io;
use std::path::{Path, PathBuf};

use cap_std::fs::{Dir, Permissions, PermissionsExt as _};

use super::access::Access;
use super::blobs::{BlobError, Blobs, FetchError, shown};
use crate::folders::{inside, make_dirs, new_file};
use crate::request::Object;
use crate::state::report::Failure;
use crate::state::resource::text;

/// Default mode of a file.
const MODE: u32 = 0o770;

/// Downloads a resource file, or all files of a container, to a folder: at most the bytes that are
/// left, which it takes off.
pub(super) async fn fetch(
    blobs: &Blobs,
    access: &Access,
    file: &Object,
    dir: &Dir,
    left: &mut u64,
) -> Result<(), Failure> {
    let mode = text(file, "fileMode").map_or(Some(MODE), |mode| u32::from_str_radix(mode, 8).ok());
    let Some(mode) = mode else {
        let text = "The file mode is not an octal number.".to_owned();
        return Err(failure("ResourceFileCreateFailed", source(file), "", text));
    };
    let resolve = |url: &str, code| {
        let resolved = access.resolve(file, url);
        resolved.map_err(|text| failure(code, source(file), "", text.to_owned()))
    };
    let path = text(file, "filePath").unwrap_or_default();
    if let Some(url) = text(file, "httpUrl") {
        let url = resolve(url, "BlobAccessDenied")?;
        return fetch_one(blobs, &url, (dir, path, mode), left).await;
    }
    let name = text(file, "autoStorageContainerName").unwrap_or_default();
    let container = match text(file, "storageContainerUrl") {
        Some(url) => Some(resolve(url, "ResourceContainerAccessDenied")?),
        None => access.auto_storage(name),
    };
    let Some(container) = container else {
        let text = "The account has no auto-storage account; start the emulator with --storage or \
                    --auto-storage.";
        return Err(failure(
            "ResourceContainerNotFound",
            name.to_owned(),
            path,
            text.to_owned(),
        ));
    };
    fetch_all(blobs, file, &container, (dir, mode), left).await
}

async fn fetch_all(
    blobs: &Blobs,
    file: &Object,
    container: &str,
    (dir, mode): (&Dir, u32),
    left: &mut u64,
) -> Result<(), Failure> {
    let prefix = text(file, "blobPrefix").unwrap_or_default();
    let names = blobs.list(container, prefix).await.map_err(|trouble| {
        let code = match trouble {
            BlobError::Status(404) => "ResourceContainerNotFound",
            BlobError::Status(401 | 403) => "ResourceContainerAccessDenied",
            BlobError::Time => "ResourceContainerListTimedOut",
            BlobError::Status(_) | BlobError::Other(_) => "ResourceContainerListMiscError",
        };
        failure(code, shown(container), "", trouble.text())
    })?;
    let folder = text(file, "filePath")
        .unwrap_or_default()
        .trim_end_matches('/');
    for name in names {
        let path = if folder.is_empty() || folder == "." {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        let Ok(url) = blob_url(container, &name) else {
            let text = "The URL of the container cannot have blobs.".to_owned();
            return Err(failure(
                "ResourceContainerListMiscError",
                shown(container),
                "",
                text,
            ));
        };
        fetch_one(blobs, url.as_str(), (dir, &path, mode), left).await?;
    }
    Ok(())
}

/// Returns the URL of a blob, which keeps the signature of its container.
pub(super) fn blob_url(container: &str, name: &str) -> Result<reqwest::Url, ()> {
    let mut url = reqwest::Url::parse(container).map_err(drop)?;
    // The URL parser would resolve these.
    if name.split('/').any(|part| part == "." || part == "..") {
        return Err(());
    }
    url.path_segments_mut()?
        .pop_if_empty()
        .extend(name.split('/'));
    Ok(url)
}

async fn fetch_one(
    blobs: &Blobs,
    url: &str,
    (dir, path, mode): (&Dir, &str, u32),
    left: &mut u64,
) -> Result<(), Failure> {
    let failed = |code: &str, error: io::Error| failure(code, shown(url), path, error.to_string());
    let Some(target) = inside(path.trim_start_matches("./")) else {
        let text = "The path is outside the task's folder.";
        return Err(failure(
            "ResourceFileCreateFailed",
            shown(url),
            path,
            text.to_owned(),
        ));
    };
    if let Some(parent) = target.parent().filter(|parent| *parent != Path::new("")) {
        make_dirs(dir, parent).map_err(|error| failed("ResourceDirectoryCreateFailed", error))?;
    }
    // Readable and writable until the download is complete.
    let created =
        new_file(dir, &target, 0o600).map_err(|error| failed("ResourceFileCreateFailed", error))?;
    let mut out = tokio::fs::File::from_std(created.into_std());
    blobs
        .fetch(url, &mut out, left)
        .await
        .map_err(|error| match error {
            FetchError::File(error) => failed("ResourceFileWriteFailed", error),
            FetchError::Server(trouble) => {
                let code = match trouble {
                    BlobError::Status(404) => "BlobNotFound",
                    BlobError::Status(401 | 403) => "BlobAccessDenied",
                    BlobError::Time => "BlobDownloadTimedOut",
                    BlobError::Status(_) | BlobError::Other(_) => "BlobDownloadMiscError",
                };
                failure(code, shown(url), path, trouble.text())
            }
        })?;
    let file = cap_std::fs::File::from_std(out.into_std().await);
    file.set_permissions(Permissions::from_mode(mode & 0o777))
        .map_err(|error| failed("ResourceFileWriteFailed", error))
}

fn source(file: &Object) -> String {
    let url = ["httpUrl", "storageContainerUrl"]
        .iter()
        .find_map(|name| text(file, name));
    url.map(shown).unwrap_or_default()
}

fn failure(code: &str, source: String, path: &str, text: String) -> Failure {
    Failure {
        server: false,
        code: code.to_owned(),
        message: "A resource file of the task could not be copied to the node.".to_owned(),
        details: vec![
            ("BlobSource".to_owned(), source),
            ("FilePath".to_owned(), path.to_owned()),
            ("Message".to_owned(), text),
        ],
    }
}

/// Returns the relative paths of all files below a folder; links are not followed.
pub(super) fn files_below(dir: &Dir) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut left = vec![(dir.try_clone()?, PathBuf::new())];
    while let Some((dir, path)) = left.pop() {
        for entry in dir.entries()? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = path.join(entry.file_name());
            if kind.is_dir() {
                left.push((entry.open_dir()?, name));
            } else if kind.is_file() {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_keep_the_signature_of_their_container() {
        let url = blob_url("http://h/account/c?sig=s%2F", "a b/c?.txt").unwrap();
        assert_eq!(url.as_str(), "http://h/account/c/a%20b/c%3F.txt?sig=s%2F");
        assert!(blob_url("http://h/c", "../other/b").is_err());
        assert!(blob_url("data:text", "a").is_err());
    }
}
