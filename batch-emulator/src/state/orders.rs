//! Actions that the state requests outside, if tasks really run.
//!
//! The state only collects them; [`State::take_orders`](super::State::take_orders) hands them to
//! the service, which forwards them to the program runner. While a state is replayed, they are
//! taken and discarded.

use std::fmt;

use serde_json::Value;

use super::report::Program;
use crate::registries::Registry;
use crate::request::Object;

/// A requested action. Orders are started in sequence.
#[derive(Debug)]
pub(crate) enum Order {
    /// Run a program and report its end.
    Run(Box<Launch>),
    /// Stop a program and all that it started, or has left running in the background. Its end is
    /// not reported.
    Stop {
        /// The program to stop.
        program: Program,
    },
    /// Remove a directory of a node, or the node's whole folder if the path is empty.
    Remove {
        /// Id of the node.
        node: String,
        /// Path from the node's root.
        path: String,
    },
    /// Upload files of a node, as its logs.
    UploadLogs {
        /// Id of the node.
        node: String,
        /// URL of the container, with its signature.
        container: Secret,
        /// Prefix of the blobs' names.
        prefix: String,
    },
}

/// A program to run.
#[derive(Debug)]
pub(crate) struct Launch {
    /// Identifies the program.
    pub(crate) program: Program,
    /// Id of the node.
    pub(crate) node: String,
    /// Directory of the task, from the node's root; the program runs in its `wd`.
    pub(crate) directory: String,
    /// Command line, which is run without a shell.
    pub(crate) command_line: String,
    /// The user's environment settings; later ones override earlier ones.
    pub(crate) settings: Vec<(String, String)>,
    /// The service's variables, except those that contain paths, which are unknown here.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Directory of the job preparation task, from the node's root, if there is one.
    pub(crate) preparation: Option<String>,
    /// Directory that the instances of a multi-instance task share, from the node's root.
    pub(crate) shared: Option<String>,
    /// Files to download to `wd`, as specified: their URLs may contain signatures.
    pub(crate) resource_files: Hidden,
    /// Files to download to the directory itself.
    pub(crate) common_files: Hidden,
    /// Files to upload at the end.
    pub(crate) output_files: Hidden,
    /// Application packages, by application and version.
    pub(crate) packages: Vec<Package>,
    /// True if processes that it leaves in the background may run until its task ends.
    pub(crate) keeps_background: bool,
    /// True if it is retried after a nonzero exit code; then its files are not uploaded.
    pub(crate) tried_again: bool,
    /// The container in which the program is to run, if it has one.
    pub(crate) container: Option<Container>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Container {
    pub(crate) image: String,
    /// Further options for the command that runs it.
    pub(crate) options: String,
    /// True if it starts in the working directory of its image instead of the task's.
    pub(crate) own_directory: bool,
    /// The registries that the image may come from.
    pub(crate) registries: Vec<Registry>,
    /// The folders that it sees, and whether it may only read them; all of the node if absent.
    pub(crate) mounts: Option<Vec<(String, bool)>>,
}

/// An application package that a program needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// Id of the application.
    pub(crate) id: String,
    /// Version to use.
    pub(crate) version: String,
    /// True if the user specified the version, so that the variable's name contains it.
    pub(crate) named: bool,
}

/// A string that is redacted in logs.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

/// Objects whose URLs may contain signatures; redacted in logs.
#[derive(Clone, Default)]
pub(crate) struct Hidden(pub(crate) Vec<Object>);

impl Hidden {
    /// Collects the objects of a list.
    pub(crate) fn of(values: &[Value]) -> Self {
        Self(
            values
                .iter()
                .filter_map(Value::as_object)
                .cloned()
                .collect(),
        )
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} redacted", self.0.len())
    }
}
