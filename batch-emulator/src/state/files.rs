//! Files on nodes: derived from what ran there, so that they need no memory.
//!
//! A node has the six root folders of the documentation. What ran there, a task as well as a job's
//! preparation or release, has `stdout.txt`, `stderr.txt` and `wd` below `workitems/<job>/job-1`; a
//! start task has them in `startup`. Only the deleted paths are stored.
//!
//! Source: "Files and directories in Azure Batch"; recorded, `File_ListFromTask`.

use std::collections::BTreeSet;

use super::State;
use super::jobs::Job;
use super::nodes::Node;
use super::numbers::PoolNumber;
use super::pools::Pool;
use super::resource::{Stamp, child, object, put, text};
use super::tasks::Task;
use crate::refusal::Refusal;
use crate::refusal::{conflict, missing, wrong_state};
use crate::request::{FileHeaders, Object};
use crate::time::Time;

/// The folders at the root of every node.
///
/// Source: "Files and directories in Azure Batch".
const ROOT_FOLDERS: [&str; 6] = [
    "applications",
    "fsmounts",
    "shared",
    "startup",
    "volatile",
    "workitems",
];

/// A file or directory.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Path from the node's root.
    pub(crate) path: String,
    /// `None` for a directory.
    pub(crate) content: Option<String>,
    created: Time,
    modified: Time,
}

impl Entry {
    fn directory(path: String, time: Time) -> Self {
        Self {
            path,
            content: None,
            created: time,
            modified: time,
        }
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp {
            created: self.created,
            modified: self.modified,
        }
    }
}

/// A location of files: a node, or the directory of a task on it.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) node: &'a Node,
    pub(crate) pool: PoolNumber,
    windows: bool,
    /// Ends with a slash, or is empty.
    root: String,
    /// Prefix of the URLs of files.
    url: String,
    entries: Vec<Entry>,
}

pub(crate) fn not_found() -> Refusal {
    missing("FileNotFound", "file")
}

/// Creates the error for the files of a task that has not run on any node.
///
/// Source: users report that the live service rejects both listing and reading them with 409 and a
/// `Reason`.
pub(crate) fn not_run() -> Refusal {
    let reason = "The task has not run on a node yet, so it has no files";
    wrong_state("The state of the task does not allow the operation.").with("Reason", reason)
}

/// Returns the files of a task that has started.
///
/// Source: description of `TaskConstraints.retentionTime`. No source for the content of
/// `stdout.txt`; chosen so that a reader sees which task it belongs to.
fn task_entries(job: &Job, task: &Task, now: Time) -> Vec<Entry> {
    let run = task.run.as_deref();
    let Some(start) = run.and_then(|run| run.start) else {
        return Vec::new();
    };
    let end = run.and_then(|run| run.end);
    if end.is_some_and(|end| end.plus(task.limits.retention) <= now) {
        return Vec::new();
    }
    let output = if end.is_some() {
        format!("simulated: {}\n", task.command_line)
    } else {
        String::new()
    };
    run_entries(&task.directory(&job.id), output, start, end)
}

/// Returns the files of a job's preparation and release on a node.
///
/// Source: recorded, `Job_ListPreparationAndReleaseTaskStatus`: the directories of both.
fn special_entries(job: &Job, node: &Node) -> Vec<Entry> {
    let Some(prepared) = job.prepared.get(&node.seat.node_id) else {
        return Vec::new();
    };
    let programs = [
        ("jobPreparationTask", Some(&prepared.course)),
        ("jobReleaseTask", prepared.release.as_ref()),
    ];
    let mut entries = Vec::new();
    for (kind, course) in programs {
        let given = child(&job.given, kind);
        if let (Some(given), Some(course)) = (given, course) {
            let command = text(given, "commandLine").unwrap_or_default();
            let output = match course.end {
                Some(_) => format!("simulated: {command}\n"),
                None => String::new(),
            };
            let directory = job.special_directory(kind);
            entries.extend(run_entries(&directory, output, course.start, course.end));
        }
    }
    entries
}

/// Returns the files of a program that has started.
///
/// Source: recorded, `File_ListFromTask`.
fn run_entries(directory: &str, output: String, start: Time, end: Option<Time>) -> Vec<Entry> {
    let file = |name: &str, content: String| Entry {
        path: format!("{directory}/{name}"),
        content: Some(content),
        created: start,
        modified: end.unwrap_or(start),
    };
    vec![
        Entry::directory(directory.to_owned(), start),
        file("stderr.txt", String::new()),
        file("stdout.txt", output),
        Entry::directory(format!("{directory}/wd"), start),
    ]
}

impl Place<'_> {
    /// Returns the entries below the root in the order of their paths; unless `recursive`, only
    /// those at its top level.
    pub(crate) fn list(&self, recursive: bool) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().filter_map(move |entry| {
            let name = entry
                .path
                .strip_prefix(&self.root)
                .filter(|name| !name.is_empty())?;
            (recursive || !name.contains('/')).then_some((name, entry))
        })
    }

    /// Finds the entry with a name; a backslash also separates names, as on Windows nodes.
    ///
    /// No source for backslashes; chosen because listings of Windows nodes contain them.
    pub(crate) fn find(&self, name: &str) -> Result<&Entry, Refusal> {
        let path = format!("{}{}", self.root, name.replace('\\', "/").trim_matches('/'));
        self.entries
            .iter()
            .find(|entry| entry.path == path)
            .ok_or_else(not_found)
    }

    /// Checks that a directory may be deleted.
    ///
    /// Source: descriptions of `File_DeleteFromTask` and `File_DeleteFromComputeNode`.
    pub(crate) fn check_delete(&self, entry: &Entry, recursive: bool) -> Result<(), Refusal> {
        let inside = format!("{}/", entry.path);
        if recursive
            || !self
                .entries
                .iter()
                .any(|other| other.path.starts_with(&inside))
        {
            return Ok(());
        }
        Err(wrong_state("The directory is not empty."))
    }

    /// Returns the mode of a file if its system has modes.
    ///
    /// Source: recorded, `File_GetPropertiesFromTask` and, of a Windows node, `File_ListFromTask`:
    /// `0o100644`, or nothing. No source for the mode of directories; chosen as the usual one.
    fn mode(&self, entry: &Entry) -> Option<String> {
        let mode = if entry.content.is_some() {
            "0o100644"
        } else {
            "0o40755"
        };
        (!self.windows).then(|| mode.to_owned())
    }

    /// Formats an entry as a listing does.
    pub(crate) fn object(&self, name: &str, entry: &Entry) -> Object {
        let mut object = object([
            ("name", self.shown(name).into()),
            ("url", format!("{}/{}", self.url, self.shown(name)).into()),
            // Source: recorded, `File_ListFromTask`: a directory has no properties.
            ("isDirectory", entry.content.is_none().into()),
        ]);
        if let Some(content) = &entry.content {
            let mut properties = Object::new();
            put(&mut properties, "creationTime", entry.created.to_string());
            put(&mut properties, "lastModified", entry.modified.to_string());
            put(&mut properties, "contentLength", content.len());
            put(&mut properties, "contentType", "text/plain");
            if let Some(mode) = self.mode(entry) {
                put(&mut properties, "fileMode", mode);
            }
            put(&mut object, "properties", properties);
        }
        object
    }

    /// Returns a name as the node's system separates it.
    ///
    /// Source: recorded, `File_ListFromComputeNode` of a Windows node: backslashes in names and in
    /// URLs.
    fn shown(&self, name: &str) -> String {
        if self.windows {
            name.replace('/', "\\")
        } else {
            name.to_owned()
        }
    }

    /// Returns the headers of a file.
    ///
    /// Source: recorded, `File_GetPropertiesFromTask`. No source for the content type; chosen
    /// because all simulated files are plain text.
    pub(crate) fn headers(&self, entry: &Entry) -> FileHeaders {
        let name = entry.path.strip_prefix(&self.root).unwrap_or(&entry.path);
        FileHeaders {
            created: entry.created.date(),
            is_directory: entry.content.is_none(),
            url: format!("{}/{}", self.url, self.shown(name)),
            mode: self.mode(entry),
            content_type: "text/plain".to_owned(),
            length: entry
                .content
                .as_ref()
                .map_or(0, |content| content.len() as u64),
        }
    }
}

impl State {
    /// Returns the files of a node.
    ///
    /// Source: "Files and directories in Azure Batch".
    pub(crate) fn node_files<'a>(
        &'a self,
        pool: &'a Pool,
        node: &'a Node,
        base: &str,
    ) -> Place<'a> {
        let root = |name: &str| Entry::directory(name.to_owned(), node.allocated);
        let mut entries: Vec<Entry> = ROOT_FOLDERS.iter().map(|name| root(name)).collect();
        entries.extend(Self::startup_entries(pool, node));
        let tasks = node.ran.iter().filter_map(|key| {
            let job = self.job(key.job)?;
            let task = job.tasks.get(key.task)?;
            on_node(task, node).then(|| (job, task_entries(job, task, self.now)))
        });
        let jobs = self.jobs.iter();
        let special = jobs.map(|(_, job)| (job, special_entries(job, node)));
        let mut made = BTreeSet::new();
        for (job, below) in tasks.chain(special) {
            if let Some(first) = below.first()
                && made.insert(job.id.clone())
            {
                let folder = format!("workitems/{}", job.id);
                let inner = format!("{folder}/job-1");
                let parents = [folder, inner].map(|path| Entry::directory(path, first.created));
                entries.extend(parents);
            }
            entries.extend(below);
        }
        place(
            node,
            String::new(),
            format!("{}/files", node.seat.url(base)),
            entries,
        )
    }

    /// Returns the files of a start task.
    ///
    /// Source: "Files and directories in Azure Batch": `startup` is the directory of the start
    /// task.
    fn startup_entries(pool: &Pool, node: &Node) -> Vec<Entry> {
        let task = child(&pool.given, "startTask");
        let (Some(task), Some(course)) = (task, &node.start) else {
            return Vec::new();
        };
        let command = text(task, "commandLine").unwrap_or_default();
        let output = format!("simulated: {command}\n");
        let mut entries = run_entries("startup", output, course.start, course.end);
        // The folder itself is one of the root folders.
        entries.remove(0);
        entries
    }

    /// Returns the files of a task, which are deleted with its node.
    ///
    /// Source: "Batch Status and Error Codes": `TaskFilesUnavailable` if the node no longer exists.
    pub(crate) fn task_files<'a>(
        &'a self,
        job: &'a Job,
        task: &'a Task,
        base: &str,
    ) -> Result<Place<'a>, Refusal> {
        let seat = task.seat().ok_or_else(not_run)?;
        let pool = self.pool(seat.pool);
        let node = pool.and_then(|pool| pool.nodes.get(pool.nodes.number(&seat.node_id)?));
        let gone = || {
            conflict(
                "TaskFilesUnavailable",
                "The node that ran the task no longer exists, nor do its files.",
            )
        };
        let url = format!("{}/files", task.url(&job.id, base));
        let root = format!("{}/", task.directory(&job.id));
        Ok(place(
            node.ok_or_else(gone)?,
            root,
            url,
            task_entries(job, task, self.now),
        ))
    }

    /// Deletes a file, or a directory with its contents.
    pub(crate) fn delete_file(&mut self, pool: PoolNumber, node: &str, path: String) {
        let pool = self.pools.get_mut(pool);
        if let Some((_, node)) = pool.and_then(|pool| pool.find_node_mut(node).ok()) {
            node.deleted.insert(path);
        }
    }
}

/// Returns true if a task's files are on the node; a task that has moved leaves nothing behind.
fn on_node(task: &Task, node: &Node) -> bool {
    task.seat()
        .is_some_and(|seat| seat.node_id == node.seat.node_id)
}

fn place(node: &Node, root: String, url: String, mut entries: Vec<Entry>) -> Place<'_> {
    entries.retain(|entry| !deleted(node, &entry.path));
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Place {
        node,
        pool: node.seat.pool,
        windows: node.seat.windows,
        root,
        url,
        entries,
    }
}

/// Returns true if the path or a directory above it was deleted.
fn deleted(node: &Node, path: &str) -> bool {
    let mut ends = path
        .match_indices('/')
        .map(|(end, _)| end)
        .chain([path.len()]);
    !node.deleted.is_empty()
        && ends.any(|end| {
            path.get(..end)
                .is_some_and(|part| node.deleted.contains(part))
        })
}
