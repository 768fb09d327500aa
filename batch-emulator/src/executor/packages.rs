//! Application packages: folders on this machine, copied to the nodes that need them.

use std::io;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt as _};

use super::environment::folder;
use crate::folders::{inside, make_dirs, new_file};
use crate::state::orders::Package;
use crate::state::report::Failure;

/// Copies a package to a node unless it is already there.
pub(super) fn deploy(
    node: &Dir,
    packages: Option<&Path>,
    package: &Package,
) -> Result<(), Failure> {
    copy(node, packages, package).map_err(|error| Failure {
        server: false,
        code: "ApplicationPackageNotFound".to_owned(),
        message: "An application package could not be copied to the node.".to_owned(),
        details: vec![
            ("Application".to_owned(), package.id.clone()),
            ("Version".to_owned(), package.version.clone()),
            ("Message".to_owned(), error.to_string()),
        ],
    })
}

fn copy(node: &Dir, packages: Option<&Path>, package: &Package) -> io::Result<()> {
    let applications = node.open_dir("applications")?;
    let name = folder(package);
    let target =
        inside(&name).ok_or_else(|| io::Error::other("its name is not a valid folder name"))?;
    if applications.is_dir(&target) {
        return Ok(());
    }
    let packages = packages.ok_or_else(|| {
        io::Error::other("no packages folder is configured; set `packages` or --packages")
    })?;
    let source = [&package.id, &package.version].map(|part| inside(part));
    let [Some(id), Some(version)] = source else {
        return Err(io::Error::other("its name is not a valid folder name"));
    };
    let source = packages.join(id).join(version);
    let source = Dir::open_ambient_dir(&source, ambient_authority()).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot open {}: {error}", source.display()),
        )
    })?;
    // Copied under another name until it is complete; two tasks may do this at the same time.
    let making = PathBuf::from(format!("{name}.{}", uuid::Uuid::new_v4()));
    make_dirs(&applications, &making)?;
    copy_all(&source, &applications.open_dir(&making)?)?;
    match applications.rename(&making, &applications, &target) {
        Err(_) if applications.is_dir(&target) => applications.remove_dir_all(&making),
        result => result,
    }
}

/// Copies files and folders; links and special files are skipped.
fn copy_all(source: &Dir, target: &Dir) -> io::Result<()> {
    for entry in source.entries()? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        let name = Path::new(&name);
        if kind.is_dir() {
            target.create_dir(name)?;
            copy_all(&entry.open_dir()?, &target.open_dir(name)?)?;
        } else if kind.is_file() {
            let mut from = entry.open()?;
            let mut to = new_file(target, name, from.metadata()?.mode())?;
            io::copy(&mut from, &mut to)?;
        }
    }
    Ok(())
}
