//! Output of the program: results on stdout, progress on stderr, as lines, as a bar in a
//! terminal, or all of it as JSON on stdout, one object a line.

use std::io::{self, IsTerminal as _, Write as _};

use batch_jobs::batch_client::wait::TasksOutcome;
use batch_jobs::{FailedTask, FetchReport, ListedJob, Progress, SubmitProgress};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

/// The form of the output. Clones share the bar.
#[derive(Clone)]
pub(crate) enum Report {
    Json,
    Lines,
    Bar(ProgressBar),
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        if json {
            return Self::Json;
        }
        if !io::stderr().is_terminal() {
            return Self::Lines;
        }
        let style = ProgressStyle::with_template("[{bar:30}] {msg}");
        let bar = ProgressBar::new(0);
        Self::Bar(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    pub(crate) fn submitting(&self, now: &SubmitProgress) {
        let (done, all, event) = match now {
            SubmitProgress::Uploading(now) => {
                let event = json!({
                    "event": "uploading", "files": now.files, "sent": now.sent,
                    "unchanged": now.unchanged, "failed": now.failed, "bytesLeft": now.bytes_left,
                });
                (now.done(), now.files, event)
            }
            SubmitProgress::Adding { done, tasks, .. } => {
                let event = json!({"event": "adding", "tasks": tasks, "done": done});
                (*done, *tasks, event)
            }
            _ => return,
        };
        self.progress(done, all, &now.to_string(), &event);
    }

    pub(crate) fn watching(&self, now: &Progress) {
        let event = json!({
            "event": "watching", "waiting": now.waiting, "running": now.running,
            "succeeded": now.succeeded, "failed": now.failed, "rate": now.rate,
            "secondsLeft": now.left.map(|left| left.as_secs()),
        });
        let done = u64::from(now.succeeded) + u64::from(now.failed);
        self.progress(done, now.total().into(), &now.to_string(), &event);
    }

    fn progress(&self, done: u64, all: u64, text: &str, event: &Value) {
        match self {
            // The next write of a result reports that stdout is closed.
            Self::Json => drop(writeln!(io::stdout(), "{event}")),
            Self::Lines => eprintln!("{text}"),
            Self::Bar(bar) => {
                bar.set_length(all);
                bar.set_position(done);
                bar.set_message(text.to_owned());
            }
        }
    }

    pub(crate) fn outcome(&self, outcome: &TasksOutcome) -> io::Result<()> {
        let event = || {
            json!({
                "event": "done", "success": outcome.is_success(),
                "succeeded": outcome.tasks.succeeded, "failed": outcome.tasks.failed,
            })
        };
        self.result(&outcome.to_string(), event)
    }

    pub(crate) fn failure(&self, failure: &FailedTask) -> io::Result<()> {
        let event = || {
            json!({
                "event": "failure", "task": failure.id, "file": failure.name,
                "exitCode": failure.exit_code,
                "category": failure.category.as_ref().map(ToString::to_string),
                "code": failure.code, "message": failure.message, "stderr": failure.stderr,
            })
        };
        let mut text = failure.to_string();
        for line in failure.stderr.iter().flat_map(|text| text.lines()) {
            text.push_str("\n  ");
            text.push_str(line);
        }
        self.result(&text, event)
    }

    pub(crate) fn fetched(&self, report: &FetchReport) -> io::Result<()> {
        let failed = report.failed.iter();
        let event = || {
            let failed = failed
                .clone()
                .map(|failure| json!({"file": failure.name, "error": failure.error.to_string()}));
            json!({
                "event": "fetched", "fetched": report.fetched, "unchanged": report.unchanged,
                "bytes": report.bytes, "failed": failed.collect::<Vec<_>>(),
            })
        };
        self.result(&report.to_string(), event)?;
        if !matches!(self, Self::Json) {
            for failure in &report.failed {
                eprintln!("{failure}");
            }
        }
        Ok(())
    }

    pub(crate) fn job(&self, job: &ListedJob) -> io::Result<()> {
        let state = job.state.as_ref().map(ToString::to_string);
        let created = job.created.map(|time| time.to_rfc3339());
        let text = [Some(job.job.id()), state.as_deref(), created.as_deref()];
        let text: Vec<&str> = text.into_iter().flatten().collect();
        let event =
            || json!({"event": "job", "job": job.job.id(), "state": state, "created": created});
        self.result(&text.join("\t"), event)
    }

    pub(crate) fn error(&self, error: &dyn std::error::Error) {
        self.clear();
        if let Self::Json = self {
            let event = json!({"event": "error", "message": error.to_string()});
            // There is nowhere to report that stdout is closed.
            drop(writeln!(io::stdout(), "{event}"));
        }
        eprintln!("batch-jobs: {error}");
    }

    fn result(&self, text: &str, event: impl Fn() -> Value) -> io::Result<()> {
        self.clear();
        match self {
            Self::Json => writeln!(io::stdout(), "{}", event()),
            _ => writeln!(io::stdout(), "{text}"),
        }
    }

    /// Takes the bar away for good: results follow progress.
    fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
