//! The environment of a program: the documented variables, the user's settings, and little of this
//! machine.
//!
//! Of the emulator's own environment, which may hold secrets, only the search path and the locale
//! are passed on.

use crate::folders::Folders;
use crate::state::orders::{Launch, Package};

/// Variables inherited from the emulator's environment.
const INHERITED: [&str; 5] = ["PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ"];
/// Default search path for programs.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Returns the variables of a program; if a name occurs twice, the last value applies.
pub(super) fn of(launch: &Launch, folders: &Folders, endpoint: &str) -> Vec<(String, String)> {
    let path = |path: &str| {
        folders
            .path(&launch.node, path)
            .to_string_lossy()
            .into_owned()
    };
    let mut all = vec![("PATH".to_owned(), PATH.to_owned())];
    for name in INHERITED {
        all.extend(
            std::env::var(name)
                .ok()
                .map(|value| (name.to_owned(), value)),
        );
    }
    let wd = path(&format!("{}/wd", launch.directory));
    all.push(("HOME".to_owned(), wd.clone()));
    all.push(("PWD".to_owned(), wd));
    all.extend(own(launch, folders, endpoint));
    all
}

/// Returns the variables of a program that do not depend on this machine; if a name occurs twice,
/// the last value applies.
pub(super) fn own(launch: &Launch, folders: &Folders, endpoint: &str) -> Vec<(String, String)> {
    let path = |path: &str| {
        folders
            .path(&launch.node, path)
            .to_string_lossy()
            .into_owned()
    };
    let mut all = Vec::new();
    let wd = path(&format!("{}/wd", launch.directory));
    let mut put = |name: &str, value: String| all.push((name.to_owned(), value));
    let settings = launch.settings.iter().filter(|(name, value)| {
        let bad_name = name.is_empty() || name.contains(['=', '\0']);
        !bad_name && !value.contains('\0')
    });
    for (name, value) in settings {
        put(name, value.clone());
    }
    for (name, value) in &launch.variables {
        put(name, value.clone());
    }
    put("AZ_BATCH_ACCOUNT_URL", endpoint.to_owned());
    put("AZ_BATCH_NODE_ROOT_DIR", path(""));
    put("AZ_BATCH_NODE_SHARED_DIR", path("shared"));
    put("AZ_BATCH_NODE_STARTUP_DIR", path("startup"));
    put("AZ_BATCH_NODE_STARTUP_WORKING_DIR", path("startup/wd"));
    put("AZ_BATCH_TASK_DIR", path(&launch.directory));
    put("AZ_BATCH_TASK_WORKING_DIR", wd.clone());
    // Start tasks have none.
    if launch.directory != "startup" {
        put("AZ_BATCH_CERTIFICATES_DIR", format!("{wd}/certs"));
    }
    if let Some(directory) = &launch.preparation {
        put("AZ_BATCH_JOB_PREP_DIR", path(directory));
        put(
            "AZ_BATCH_JOB_PREP_WORKING_DIR",
            path(&format!("{directory}/wd")),
        );
    }
    if let Some(directory) = &launch.shared {
        put("AZ_BATCH_TASK_SHARED_DIR", path(directory));
    }
    for package in &launch.packages {
        let directory = path(&format!("applications/{}", folder(package)));
        put(&variable(package), directory);
    }
    all
}

/// Returns the folder of a package, within `applications` of its node.
pub(super) fn folder(package: &Package) -> String {
    format!("{}-{}", package.id, package.version)
}

/// Returns the variable that points to a package; characters that a variable's name cannot contain
/// become underscores.
fn variable(package: &Package) -> String {
    let mut name = format!("AZ_BATCH_APP_PACKAGE_{}", package.id);
    if package.named {
        name = format!("{name}_{}", package.version);
    }
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_as_on_linux() {
        let package = |id: &str, named| Package {
            id: id.to_owned(),
            version: "2.7-b#1".to_owned(),
            named,
        };
        assert_eq!(
            variable(&package("blender", true)),
            "AZ_BATCH_APP_PACKAGE_blender_2_7_b_1"
        );
        assert_eq!(variable(&package("a.b", false)), "AZ_BATCH_APP_PACKAGE_a_b");
    }
}
