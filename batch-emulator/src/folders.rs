//! Folders of nodes on this machine, and paths within them.
//!
//! This module is below `service`, which reads files for requests, and `executor`, which runs
//! programs there.
//!
//! Each node has a folder in the work folder, named by the node's id. Every path that comes from
//! outside (of a file, a resource file or an output file) is opened through [`Dir`], which neither
//! `..` nor a link can escape, even if a program replaces a path component in the meantime.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt as _, OpenOptions, OpenOptionsExt as _};
use tempfile::TempDir;

use crate::config::Config;

/// Number of attempts to remove a folder, because processes that were just ended may still write to
/// it.
const REMOVALS: u32 = 20;
/// The folders that every node has.
const OF_NODE: [&str; 5] = ["applications", "logs", "shared", "startup", "workitems"];

/// The folders of all nodes.
#[derive(Debug)]
pub(crate) struct Folders {
    path: PathBuf,
    root: Dir,
    /// The temporary folder, if one is used; removed when dropped.
    temporary: Option<TempDir>,
}

/// Returns the components of a path that only descends: no empty component, no `.`, no `..`.
pub(crate) fn inside(path: &str) -> Option<PathBuf> {
    let plain =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\0');
    path.split('/').all(plain).then(|| PathBuf::from(path))
}

fn refused(path: &str) -> io::Error {
    let text = format!("{path:?} is not a relative path inside the folder");
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// Permission bits that may be set.
const MODE: u32 = 0o777;

impl Folders {
    /// Opens the configured folder, or creates a temporary one.
    pub(crate) fn open(config: &Config) -> io::Result<Self> {
        let (path, temporary) = if let Some(path) = &config.work_dir {
            std::fs::create_dir_all(path)?;
            (path.clone(), None)
        } else {
            let made = tempfile::Builder::new()
                .prefix("batch-emulator-")
                .tempdir()?;
            (made.path().to_owned(), Some(made))
        };
        let path = path.canonicalize()?;
        Ok(Self {
            root: Dir::open_ambient_dir(&path, ambient_authority())?,
            path,
            temporary,
        })
    }

    /// Returns the temporary folder that is removed at the end, if there is one.
    pub(crate) fn temporary(&self) -> Option<&Path> {
        self.temporary.as_ref().map(TempDir::path)
    }

    /// Returns the folder that contains the folders of all nodes.
    pub(crate) fn root_path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder if it is temporary. Processes that were just killed may still use it for
    /// a moment.
    pub(crate) fn clean(&self) {
        let Some(path) = self.temporary() else {
            return;
        };
        for _ in 0..REMOVALS {
            match std::fs::remove_dir_all(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                _ => return,
            }
        }
    }

    /// Returns the path of a node's folder, or of an item in it.
    pub(crate) fn path(&self, node: &str, path: &str) -> PathBuf {
        if path.is_empty() {
            self.path.join(node)
        } else {
            self.path.join(node).join(path)
        }
    }

    /// Opens the folder of a node, if it exists.
    pub(crate) fn node(&self, node: &str) -> io::Result<Dir> {
        let node = inside(node).ok_or_else(|| refused(node))?;
        self.root.open_dir(node)
    }

    /// Opens the folder of a node and creates it if it does not exist.
    pub(crate) fn make_node(&self, node: &str) -> io::Result<Dir> {
        let name = inside(node).ok_or_else(|| refused(node))?;
        make_dirs(&self.root, &name)?;
        let dir = self.root.open_dir(name)?;
        for name in OF_NODE {
            make_dirs(&dir, Path::new(name))?;
        }
        Ok(dir)
    }

    /// Opens the folder of a task and creates it with its `wd` if they do not exist.
    pub(crate) fn make(&self, node: &str, directory: &str) -> io::Result<Dir> {
        let dir = self.make_node(node)?;
        let path = inside(directory).ok_or_else(|| refused(directory))?;
        make_dirs(&dir, &path.join("wd"))?;
        dir.open_dir(path)
    }

    /// Removes a path of a node, or the whole node's folder. A missing path is not an error.
    pub(crate) async fn remove(&self, node: &str, path: &str) -> io::Result<()> {
        let mut tried = 0;
        loop {
            let removed = self.remove_now(node, path);
            tried += 1;
            match removed {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(_) if tried < REMOVALS => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                result => return result,
            }
        }
    }

    fn remove_now(&self, node: &str, path: &str) -> io::Result<()> {
        if path.is_empty() {
            let node = inside(node).ok_or_else(|| refused(node))?;
            return self.root.remove_dir_all(node);
        }
        let path = inside(path).ok_or_else(|| refused(node))?;
        self.node(node)?.remove_dir_all(path)
    }
}

/// Creates a folder and its missing parents.
pub(crate) fn make_dirs(dir: &Dir, path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o755);
    dir.create_dir_with(path, &builder)
}

/// Creates a file for writing with this mode, replacing whatever exists at the path.
pub(crate) fn new_file(dir: &Dir, path: &Path, mode: u32) -> io::Result<cap_std::fs::File> {
    match dir.remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    // Never follow a link that a program may have created in the meantime.
    options.write(true).create_new(true).mode(mode & MODE);
    dir.open_with(path, &options)
}

/// Opens a file for reading without blocking, since it could be a pipe.
pub(crate) fn open_file(dir: &Dir, path: &Path) -> io::Result<cap_std::fs::File> {
    let mut options = OpenOptions::new();
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    options.read(true).custom_flags(flags.cast_signed());
    dir.open_with(path, &options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_only_descend() {
        for bad in [
            "", ".", "..", "/", "/a", "a/", "a//b", "a/./b", "a/../b", "../a", "a\0",
        ] {
            assert_eq!(inside(bad), None, "{bad:?}");
        }
        for good in ["a", "a/b", "..a", "a..", "...", "a b", "a\\..\\b", "~"] {
            assert_eq!(inside(good), Some(PathBuf::from(good)), "{good:?}");
        }
    }

    #[tokio::test]
    async fn no_path_escapes_a_node() {
        let folders = Folders::open(&Config::default()).unwrap();
        let secret = folders.path.join("secret");
        std::fs::write(&secret, "s").unwrap();
        let dir = folders.make("n", "workitems/j/job-1/t").unwrap();
        let links = [
            ("up", "../../../../secret".to_owned()),
            ("absolute", secret.to_str().unwrap().to_owned()),
            ("chain", "up".to_owned()),
            ("out", "../../../../..".to_owned()),
        ];
        for (name, target) in links {
            let path = folders.path("n", "workitems/j/job-1/t").join(name);
            std::os::unix::fs::symlink(target, path).unwrap();
            assert!(open_file(&dir, Path::new(name)).is_err(), "{name}");
        }
        assert!(open_file(&dir, Path::new("out/secret")).is_err());
        assert!(new_file(&dir, Path::new("out/new"), 0o600).is_err());
        // A link is replaced, not followed.
        new_file(&dir, Path::new("up"), 0o600).unwrap();
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "s");
        assert!(folders.remove_now("n", "../secret").is_err());
        assert!(folders.remove_now("..", "").is_err());
        folders.remove("n", "workitems/j").await.unwrap();
        folders.remove("n", "").await.unwrap();
        assert!(secret.exists() && !folders.path("n", "").exists());
    }
}
