//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value};

pub(crate) const HELP: &str = "\
Usage: batch-jobs run DIR COMMAND (--pool POOL | --local) [OPTIONS]
       batch-jobs jobs
       batch-jobs watch JOB
       batch-jobs failures JOB
       batch-jobs tail JOB TASK [FILE]
       batch-jobs outputs JOB DIR
       batch-jobs cancel JOB
       batch-jobs clean JOB [--outputs]

run uploads the files of DIR that are new, makes a task for each of them, waits, and fetches the
outputs. Run it again after an interruption: it goes on where it was. COMMAND is run by /bin/sh;
{filePath}, {fileName} and {fileNameWithoutExtension} stand for the file of a task.

  --pool POOL        the pool to run on
  --local            run on this machine, without an account: tasks are processes of your user
  --job JOB          id of the job (default: the name of DIR)
  --group GROUP      file group of the inputs (default: the job)
  --pattern PATTERN  only files that match, such as '*.exr'; may be repeated
  --outputs PATTERN  files to keep of each task, such as 'out/**'; may be repeated
  --to DIR           folder for the outputs
  --set NAME=VALUE   a placeholder {NAME} of the command; may be repeated
  --type NAME        parameters of the job type NAME of the configuration; its `pool` replaces --pool

jobs lists the jobs that were submitted by this program. clean deletes the job and, with --outputs,
the container of its outputs and logs.

  --json             print results and progress as JSON on stdout, one object a line, whose `event`
                     is uploading, adding, watching, done, failure, fetched, job or error

The Batch account is taken from the configuration: AZURE_BATCH_ENDPOINT, AZURE_BATCH_ACCOUNT and
AZURE_BATCH_ACCESS_KEY, a profile of batch/config.toml, or the Azure CLI's; the storage account from AZURE_STORAGE_CONNECTION_STRING, or
AZURE_STORAGE_ACCOUNT and one of AZURE_STORAGE_KEY and AZURE_STORAGE_SAS_TOKEN.

Exit status: 0 if all tasks succeeded and all files were fetched, 1 if a task or a file failed, 2
for a wrong usage, 3 if the command failed: a setting is missing, an account refused a request.";

/// A parsed command line.
#[derive(Debug, PartialEq)]
pub(crate) struct Invocation {
    pub(crate) command: Command,
    /// True if everything is printed as JSON.
    pub(crate) json: bool,
}

/// A command with its arguments.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Run(Run),
    Jobs,
    Watch {
        job: String,
    },
    Failures {
        job: String,
    },
    Tail {
        job: String,
        task: String,
        file: String,
    },
    Outputs {
        job: String,
        dir: PathBuf,
    },
    Cancel {
        job: String,
    },
    Clean {
        job: String,
        outputs: bool,
    },
}

/// Options of `run`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) dir: PathBuf,
    pub(crate) command: String,
    pub(crate) pool: Option<String>,
    /// True to run on this machine.
    pub(crate) local: bool,
    /// Name of a job type of the configuration.
    pub(crate) job_type: Option<String>,
    pub(crate) job: String,
    pub(crate) group: String,
    pub(crate) patterns: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) to: Option<PathBuf>,
    pub(crate) parameters: Vec<(String, String)>,
}

/// Options and arguments, not checked yet.
#[derive(Default)]
struct Given {
    words: Vec<OsString>,
    json: bool,
    job: Option<String>,
    group: Option<String>,
    run: Run,
    delete_outputs: bool,
}

pub(crate) fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Invocation, String> {
    let mut parser = lexopt::Parser::from_args(line);
    let mut given = Given::default();
    while let Some(argument) = parser.next().map_err(shown)? {
        match argument {
            Short('h') | Long("help") => {
                return Ok(Invocation {
                    command: Command::Help,
                    json: false,
                });
            }
            Value(word) => given.words.push(word),
            Long("pool") => given.run.pool = Some(text(&mut parser)?),
            Long("local") => given.run.local = true,
            Long("type") => given.run.job_type = Some(text(&mut parser)?),
            Long("json") => given.json = true,
            Long("job") => given.job = Some(text(&mut parser)?),
            Long("group") => given.group = Some(text(&mut parser)?),
            Long("pattern") => given.run.patterns.push(text(&mut parser)?),
            Long("outputs") if given.words.first().is_some_and(|word| word == "clean") => {
                given.delete_outputs = true;
            }
            Long("outputs") => given.run.outputs.push(text(&mut parser)?),
            Long("to") => given.run.to = Some(parser.value().map_err(shown)?.into()),
            Long("set") => {
                let pair = text(&mut parser)?;
                let (name, value) = pair
                    .split_once('=')
                    .ok_or_else(|| format!("--set {pair}: it has no `=`"))?;
                given
                    .run
                    .parameters
                    .push((name.to_owned(), value.to_owned()));
            }
            other => return Err(other.unexpected().to_string()),
        }
    }
    let json = given.json;
    let command = command(given)?;
    Ok(Invocation { command, json })
}

fn command(given: Given) -> Result<Command, String> {
    let words = given.words.iter();
    let words: Option<Vec<&str>> = words.map(|word| word.to_str()).collect();
    let words = words.ok_or("an argument is not UTF-8")?;
    let owned = |text: &str| text.to_owned();
    Ok(match *words {
        ["run", dir, command] => {
            let named = PathBuf::from(dir)
                .file_name()
                .and_then(|name| name.to_str().map(id));
            let job = given
                .job
                .or(named)
                .ok_or("DIR has no name; give the job one with --job")?;
            let has_pool = given.run.pool.is_some() || given.run.job_type.is_some();
            if !has_pool && !given.run.local || given.run.pool.is_some() && given.run.local {
                return Err("`run` needs either --pool POOL or --local".to_owned());
            }
            Command::Run(Run {
                dir: dir.into(),
                command: owned(command),
                group: given.group.unwrap_or_else(|| job.clone()),
                job,
                ..given.run
            })
        }
        ["jobs"] => Command::Jobs,
        ["watch", job] => Command::Watch { job: owned(job) },
        ["failures", job] => Command::Failures { job: owned(job) },
        ["tail", job, task] => Command::Tail {
            job: owned(job),
            task: owned(task),
            file: owned("stdout.txt"),
        },
        ["tail", job, task, file] => Command::Tail {
            job: owned(job),
            task: owned(task),
            file: owned(file),
        },
        ["outputs", job, dir] => Command::Outputs {
            job: owned(job),
            dir: dir.into(),
        },
        ["cancel", job] => Command::Cancel { job: owned(job) },
        ["clean", job] => Command::Clean {
            job: owned(job),
            outputs: given.delete_outputs,
        },
        [] => return Err("a command is missing".to_owned()),
        [word, ..] => return Err(format!("the arguments of `{word}` are wrong")),
    })
}

/// Makes an id of a folder's name.
fn id(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.chars().take(40).map(plain).collect()
}

fn text(parser: &mut lexopt::Parser) -> Result<String, String> {
    parser
        .value()
        .and_then(lexopt::ValueExt::string)
        .map_err(shown)
}

#[allow(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn shown(error: lexopt::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Command, String> {
        parse(words.iter().map(OsString::from)).map(|parsed| parsed.command)
    }

    #[test]
    fn commands_are_read() {
        let run = parsed(&[
            "run",
            "my scenes",
            "render {filePath}",
            "--pool",
            "p",
            "--pattern",
            "*.exr",
            "--to=r",
            "--outputs",
            "out/**",
            "--outputs=*.log",
            "--set",
            "q=a=b",
            "--type=t",
        ]);
        let expected = Run {
            dir: "my scenes".into(),
            command: "render {filePath}".to_owned(),
            pool: Some("p".to_owned()),
            local: false,
            job_type: Some("t".to_owned()),
            job: "my-scenes".to_owned(),
            group: "my-scenes".to_owned(),
            patterns: vec!["*.exr".to_owned()],
            outputs: vec!["out/**".to_owned(), "*.log".to_owned()],
            to: Some("r".into()),
            parameters: vec![("q".to_owned(), "a=b".to_owned())],
        };
        assert_eq!(run, Ok(Command::Run(expected)));
        let job = || "j".to_owned();
        assert_eq!(parsed(&["watch", "j"]), Ok(Command::Watch { job: job() }));
        let clean = |outputs| {
            Ok(Command::Clean {
                job: job(),
                outputs,
            })
        };
        assert_eq!(parsed(&["clean", "j"]), clean(false));
        assert_eq!(parsed(&["clean", "j", "--outputs"]), clean(true));
        assert_eq!(parsed(&["run", "--help"]), Ok(Command::Help));
    }

    #[test]
    fn wrong_usage_is_named() {
        for (words, named) in [
            (&[][..], "a command is missing"),
            (&["fly"], "`fly`"),
            (&["run", "d", "c"], "--pool"),
            (&["run", "d", "c", "--pool", "p", "--local"], "--local"),
            (&["run", "/", "c", "--pool", "p"], "--job"),
            (&["run", "d", "--pool", "p"], "`run`"),
            (&["watch"], "`watch`"),
            (&["run", "d", "c", "--set", "x"], "no `=`"),
            (&["run", "d", "c", "--what"], "--what"),
        ] {
            let error = parsed(words).expect_err("wrong");
            assert!(error.contains(named), "{words:?}: {error}");
        }
    }
}
