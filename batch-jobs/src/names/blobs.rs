//! Names of blobs, and the local paths that they may become.

use std::path::{Path, PathBuf};

use super::sha1_hex;
use crate::error::{Error, Result};

/// Longest name of a blob, in characters.
const LIMIT: usize = 1024;

/// Checks the name under which a file is uploaded.
pub(crate) fn check_blob(name: &str) -> Result<()> {
    let refuse = |reason: &str| {
        Err(Error::invalid(format!(
            "cannot use `{}` as the name of a blob: {reason}",
            name.escape_debug()
        )))
    };
    if name.chars().count() > LIMIT {
        return refuse("it is longer than 1,024 characters");
    }
    if name.chars().any(char::is_control) {
        return refuse("it has a control character; rename the file");
    }
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return refuse("its parts must not be empty, `.` or `..`");
    }
    Ok(())
}

/// Returns the path below a folder that a blob is downloaded to, or `None` if its name would lead
/// elsewhere or is not a path on this platform: names come from others and are not trusted.
pub(crate) fn local_path(folder: &Path, name: &str) -> Option<PathBuf> {
    check_blob(name).ok()?;
    if cfg!(windows) && name.contains(['\\', ':', '*', '?', '"', '<', '>', '|']) {
        return None;
    }
    let mut path = folder.to_owned();
    path.extend(name.split('/'));
    Some(path)
}

/// Returns the name of a file while it is incomplete. It does not depend on the length of the real
/// name, which may be the longest that the file system has.
pub(crate) fn hidden_name(name: &str) -> String {
    format!(".batch-jobs-{}.part", &sha1_hex(name)[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let longest = "ä".repeat(1024);
        for name in ["a", "a/b c/ä#%+.txt", "..a", "a..", ".hidden", &longest] {
            check_blob(name).expect(name);
        }
        let too_long = format!("{longest}x");
        for name in [
            "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "a\nb", &too_long,
        ] {
            assert!(check_blob(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn blobs_stay_below_the_folder() {
        let folder = Path::new("results");
        assert_eq!(
            local_path(folder, "a/b.txt"),
            Some(PathBuf::from("results/a/b.txt"))
        );
        for name in ["../a", "/etc/passwd", "a/../../b", "a//b", ""] {
            assert_eq!(local_path(folder, name), None, "{name}");
        }
    }
}
