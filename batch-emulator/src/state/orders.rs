//! What the state wants done outside of it, where tasks really run.
//!
//! The state only collects them; [`State::take_orders`](super::State::take_orders) hands them to
//! the service, which gives them to who does them. While a state is rebuilt from what was kept,
//! they are taken and thrown away.

use std::fmt;

use serde_json::Value;

use super::report::Program;
use crate::request::Object;

/// Something to be done outside. Orders are begun in the order in which they came.
#[derive(Debug)]
pub(crate) enum Order {
    /// Run a program, and report its end.
    Run(Box<Launch>),
    /// End a program and all that it started, or has left running in the background. Its end is not
    /// reported.
    Stop {
        /// Which one.
        program: Program,
    },
    /// Remove a directory of a node; all of the node's where the path is empty.
    Remove {
        /// The node's id.
        node: String,
        /// From the node's root.
        path: String,
    },
    /// Upload files of a node, as its logs.
    UploadLogs {
        /// The node's id.
        node: String,
        /// The address of the container, with its signature.
        container: Secret,
        /// What the names of the blobs begin with.
        prefix: String,
    },
}

/// A program to be run.
#[derive(Debug)]
pub(crate) struct Launch {
    /// Which one.
    pub(crate) program: Program,
    /// The node's id.
    pub(crate) node: String,
    /// The directory of the task, from the node's root; `wd` in it is where the program runs.
    pub(crate) directory: String,
    /// The command line, which no shell reads.
    pub(crate) command_line: String,
    /// Environment settings of the user's, the later ones above the earlier ones.
    pub(crate) settings: Vec<(String, String)>,
    /// What the service says of itself, without what holds paths: those are not known here.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The directory of the job preparation task, from the node's root, where there is one.
    pub(crate) preparation: Option<String>,
    /// The directory that the instances of a multi-instance task share, from the node's root.
    pub(crate) shared: Option<String>,
    /// Files to fetch into `wd`, as given: their addresses may hold signatures.
    pub(crate) resource_files: Hidden,
    /// Files to fetch into the directory itself.
    pub(crate) common_files: Hidden,
    /// Files to upload at the end.
    pub(crate) output_files: Hidden,
    /// Application packages, by application and version; the version is absent where none was
    /// named.
    pub(crate) packages: Vec<Package>,
    /// Whether what it leaves running in the background stays until its task is over.
    pub(crate) keeps_background: bool,
    /// Whether it is tried again where its exit code is not 0; its files are not uploaded then.
    pub(crate) tried_again: bool,
    /// Whether the program is to be run in a container, which this service cannot.
    pub(crate) in_container: bool,
}

/// An application package that a program needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// The application.
    pub(crate) id: String,
    /// The version to take.
    pub(crate) version: String,
    /// Whether the user named the version: the variable's name has it then.
    pub(crate) named: bool,
}

/// A text that no log shows.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}

/// Objects whose addresses may hold signatures.
#[derive(Clone, Default)]
pub(crate) struct Hidden(pub(crate) Vec<Object>);

impl Hidden {
    /// The objects of a list.
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
