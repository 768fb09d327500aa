//! Files on nodes: made up from what ran there, so that they take no room.
//!
//! A node has `shared`, `startup` (where it has a start task) and `workitems`, with
//! `<job>/job-1/<task>` below; a task that began has `stdout.txt`, `stderr.txt` and `wd`. Only
//! which of them were deleted is kept.
//!
//! Source: "Files and directories in Azure Batch"; recorded, `File_ListFromTask`. What is shown of
//! the directories is what a task's owner works with; `applications`, `fsmounts` and `volatile` are
//! not there.

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

/// A file or directory.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// From the node's root.
    pub(crate) path: String,
    /// Absent for a directory.
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

/// Where files are looked for: a node, or the directory of a task on it.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) node: &'a Node,
    pub(crate) pool: PoolNumber,
    windows: bool,
    /// Ends with a slash, or is empty.
    root: String,
    /// What the address of a file begins with.
    url: String,
    entries: Vec<Entry>,
}

pub(crate) fn not_found() -> Refusal {
    missing("FileNotFound", "file")
}

/// The files of a task that has begun.
///
/// Source: description of `TaskConstraints.retentionTime`. No source for the content of
/// `stdout.txt`; chosen so that a reader sees which task it came from.
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

/// The files of a program that has begun.
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
    /// The entries below the root, those at its top alone unless all are wanted, in the order of
    /// their paths.
    pub(crate) fn list(&self, recursive: bool) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().filter_map(move |entry| {
            let name = entry
                .path
                .strip_prefix(&self.root)
                .filter(|name| !name.is_empty())?;
            (recursive || !name.contains('/')).then_some((name, entry))
        })
    }

    /// The entry of a name; a backslash parts names too, as on Windows nodes.
    ///
    /// No source for backslashes; chosen because listings of Windows nodes have them in names.
    pub(crate) fn find(&self, name: &str) -> Result<&Entry, Refusal> {
        let path = format!("{}{}", self.root, name.replace('\\', "/").trim_matches('/'));
        self.entries
            .iter()
            .find(|entry| entry.path == path)
            .ok_or_else(not_found)
    }

    /// Holds that a directory may be deleted.
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

    /// The mode of a file, where its system has one.
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

    /// As a listing has it.
    pub(crate) fn object(&self, name: &str, entry: &Entry) -> Object {
        let mut object = object([
            ("name", self.shown(name).into()),
            ("url", format!("{}/{name}", self.url).into()),
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

    fn shown(&self, name: &str) -> String {
        if self.windows {
            name.replace('/', "\\")
        } else {
            name.to_owned()
        }
    }

    /// As the headers of a reading have it.
    ///
    /// Source: recorded, `File_GetPropertiesFromTask`. No source for the content type; chosen
    /// because all simulated files are plain text.
    pub(crate) fn headers(&self, entry: &Entry) -> FileHeaders {
        let name = entry.path.strip_prefix(&self.root).unwrap_or(&entry.path);
        FileHeaders {
            created: entry.created.date(),
            is_directory: entry.content.is_none(),
            url: format!("{}/{name}", self.url),
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
    /// The files of a node.
    ///
    /// Source: "Files and directories in Azure Batch".
    pub(crate) fn node_files<'a>(
        &'a self,
        pool: &'a Pool,
        node: &'a Node,
        base: &str,
    ) -> Place<'a> {
        let mut entries = vec![Entry::directory("shared".into(), node.allocated)];
        entries.extend(Self::startup_entries(pool, node));
        let mut made = std::collections::BTreeSet::new();
        for key in &node.ran {
            let Some(job) = self.job(key.job) else {
                continue;
            };
            let Some(task) = job.tasks.get(key.task).filter(|task| on_node(task, node)) else {
                continue;
            };
            let below = task_entries(job, task, self.now);
            if let Some(first) = below.first() {
                let parents = [
                    "workitems".to_owned(),
                    format!("workitems/{}", job.id),
                    format!("workitems/{}/job-1", job.id),
                ];
                for parent in parents
                    .into_iter()
                    .filter(|parent| made.insert(parent.clone()))
                {
                    entries.push(Entry::directory(parent, first.created));
                }
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

    /// The files of a start task.
    ///
    /// Source: "Files and directories in Azure Batch": `startup` is the directory of the start
    /// task.
    fn startup_entries(pool: &Pool, node: &Node) -> Vec<Entry> {
        let task = child(&pool.given, "startTask");
        let (Some(task), Some(course)) = (task, &node.start) else {
            return Vec::new();
        };
        let command = text(task, "commandLine").unwrap_or_default();
        run_entries(
            "startup",
            format!("simulated: {command}\n"),
            course.start,
            course.end,
        )
    }

    /// The files of a task, which are gone with its node.
    ///
    /// Source: "Batch Status and Error Codes": `TaskFilesUnavailable` where the node is gone.
    pub(crate) fn task_files<'a>(
        &'a self,
        job: &'a Job,
        task: &'a Task,
        base: &str,
    ) -> Result<Place<'a>, Refusal> {
        let seat = task.seat().ok_or_else(not_found)?;
        let pool = self.pool(seat.pool);
        let node = pool.and_then(|pool| pool.nodes.get(pool.nodes.number(&seat.node_id)?));
        let gone = || {
            conflict(
                "TaskFilesUnavailable",
                "The node that ran the task is gone, and the files with it.",
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

    /// Deletes a file, or a directory with what is in it.
    pub(crate) fn delete_file(&mut self, pool: PoolNumber, node: &str, path: String) {
        let pool = self.pools.get_mut(pool);
        if let Some((_, node)) = pool.and_then(|pool| pool.find_node_mut(node).ok()) {
            node.deleted.insert(path);
        }
    }
}

/// A task that has moved on has left nothing behind.
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

/// Whether the path or a directory above it was deleted.
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
