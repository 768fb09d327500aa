//! Reading files that may hold secrets, and writing them whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Config;
use crate::error::Error;

/// No file of a person is larger.
const LARGEST: usize = 1 << 20;
/// The first lines of a new file.
const HEADER: &str =
    "# Profiles for Azure Batch. The documentation of batch_client::config describes them.\n\n";

impl Config {
    /// Writes the profiles, readable by this user alone, into the file that they were read from.
    ///
    /// The file is replaced whole or not at all, and created with its folder where it does not
    /// exist. Values from variables and from the Azure CLI's file are not part of it. Of its
    /// comments, those at the beginning remain.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`]: the file cannot be written, or the user has no configuration
    /// folder.
    pub fn save(&self) -> Result<(), Error> {
        let Some(path) = self.path() else {
            return Err(Error::invalid_request(
                "cannot save the configuration: this user has no configuration folder; set \
                 AZURE_BATCH_CONFIG to the path of a file",
            ));
        };
        let mut text = self.document.text();
        if !text.starts_with('#') {
            text.insert_str(0, HEADER);
        }
        write(path, text.as_bytes()).map_err(|why| {
            Error::invalid_request(format!("cannot write {}: {why}", path.display()))
        })
    }
}

/// Reads a file; `None` if it does not exist and does not have to.
pub(super) fn read(
    path: &Path,
    required: bool,
    warnings: &mut Vec<String>,
) -> Result<Option<String>, Error> {
    match bytes(path) {
        Ok(bytes) if bytes.len() > LARGEST => Err(Error::invalid_request(format!(
            "cannot read {}: it is larger than {LARGEST} bytes, so it is not a configuration; move \
             it away, or set AZURE_BATCH_CONFIG or AZURE_CONFIG_DIR to another place",
            path.display()
        ))),
        Ok(bytes) => {
            if others_can_read(path) {
                let path = path.display();
                warnings.push(format!(
                    "others can read {path}, which may hold a key; run: chmod 600 {path}"
                ));
            }
            String::from_utf8(bytes).map(Some).map_err(|why| {
                let valid = &why.as_bytes()[..why.utf8_error().valid_up_to()];
                let line = String::from_utf8_lossy(valid).matches('\n').count() + 1;
                Error::invalid_request(format!(
                    "cannot read {}: line {line}: it is not UTF-8; save the file as UTF-8",
                    path.display()
                ))
            })
        }
        Err(why) if why.kind() == io::ErrorKind::NotFound && !required => Ok(None),
        Err(why) => Err(Error::invalid_request(format!(
            "cannot read {}: {why}",
            path.display()
        ))),
    }
}

/// The bytes of a file, which may be endless, up to one more than the largest.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut some = File::open(path)?.take(LARGEST as u64 + 1);
    some.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the user's folders are the user's alone.
#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}

/// Replaces a file in one step.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder)?;
    let (new, file) = beside(&folder)?;
    let written = fill(file, bytes).and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        // The first error says more.
        let _ = fs::remove_file(&new);
    }
    written
}

/// Creates a new file in a folder, readable by this user alone.
fn beside(folder: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);

    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let new = folder.join(format!(".config-{}-{count}.tmp", std::process::id()));
        match options.open(&new) {
            // Left behind by a process of the same number that was killed.
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (new, file)),
        }
    }
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}
