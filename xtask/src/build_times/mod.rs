//! `build-times`: how long the clean build of a small application takes with this client, with
//! `azure_svc_batch`, and with reqwest and rustls alone.
//!
//! ```text
//! apps ──► cargo fetch ──► build, each into a fresh folder, taking turns ──► ratios
//!                              └─ cargo --timings ──► the slowest crates of ours
//! ```
//!
//! The applications call the same two operations over the same TLS (rustls with ring) and are
//! generated below the target folder. A target folder lives as long as its build.

mod apps;
mod timings;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};

use crate::arguments::{misuse, once};
use crate::run;
use crate::statistics::{columns, median, ratio, time};
use crate::workspace;
use apps::{App, Kind};
use timings::Unit;

const USAGE: &str = "\
usage: cargo xtask build-times [--runs N] [--profile debug|release]

  --runs N          builds of each application; 3 where it is not given
  --profile NAME    only this profile; both where it is not given
";
const RUNS: usize = 3;
/// How many crates are shown.
const SLOWEST: usize = 10;
/// The highest ratio to `azure_svc_batch` that is wanted.
const TARGET: f64 = 0.70;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Profile {
    Debug,
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

#[derive(Debug, PartialEq)]
struct Wanted {
    profiles: Vec<Profile>,
    runs: usize,
}

/// Builds all applications and prints what it took.
pub(crate) fn run(parser: Parser) -> Result<bool> {
    let wanted = wanted(parser)?;
    let root = workspace::root()?;
    let apps = apps::write(&root, &run::target(&root).join("build-times"))?;
    for app in &apps {
        // So that no build waits for the network.
        let fetched = run::quietly(run::cargo(&app.folder).args(["fetch", "--quiet"]));
        fetched.with_context(|| format!("cannot download what {} needs", app.name))?;
    }
    for profile in wanted.profiles {
        print!("{}", measure(&apps, profile, wanted.runs)?);
    }
    Ok(true)
}

fn wanted(mut parser: Parser) -> Result<Wanted> {
    let (mut profile, mut runs) = (None, None);
    let usage = |why: lexopt::Error| misuse(why, USAGE);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("runs") => {
                let value = parser.value().and_then(|value| value.parse());
                once(&mut runs, value.map_err(usage)?, "runs", USAGE)?;
            }
            Arg::Long("profile") => {
                let value = parser.value().and_then(ValueExt::string);
                let value = match &*value.map_err(usage)? {
                    "debug" => Profile::Debug,
                    "release" => Profile::Release,
                    other => return Err(misuse(format!("unknown profile {other:?}"), USAGE)),
                };
                once(&mut profile, value, "profile", USAGE)?;
            }
            other => return Err(misuse(other.unexpected(), USAGE)),
        }
    }
    if runs == Some(0) {
        return Err(misuse("--runs has to be 1 or more", USAGE));
    }
    Ok(Wanted {
        profiles: profile.map_or(vec![Profile::Debug, Profile::Release], |one| vec![one]),
        runs: runs.unwrap_or(RUNS),
    })
}

/// The builds of one application.
#[derive(Default)]
struct Builds {
    seconds: Vec<f64>,
    /// The crates of the last build.
    units: Vec<Unit>,
}

fn measure(apps: &[App], profile: Profile, runs: usize) -> Result<String> {
    let mut builds: Vec<Builds> = apps.iter().map(|_| Builds::default()).collect();
    for number in 1..=runs {
        for (app, builds) in apps.iter().zip(&mut builds) {
            eprintln!(
                "building {}, {}, {number} of {runs}",
                app.name,
                profile.name()
            );
            let (seconds, units) = build(app, profile)?;
            builds.seconds.push(seconds);
            builds.units = units;
        }
    }
    report(apps, &builds, profile, runs)
}

/// Builds an application from nothing, and leaves nothing behind.
fn build(app: &App, profile: Profile) -> Result<(f64, Vec<Unit>)> {
    let target = app.folder.join("target");
    let forget = || match fs::remove_dir_all(&target) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
            Err(why).with_context(|| format!("cannot delete {}", target.display()))
        }
        _ => Ok(()),
    };
    forget()?;
    let mut command = run::cargo(&app.folder);
    command
        .args(["build", "--quiet", "--offline", "--timings"])
        .args((profile == Profile::Release).then_some("--release"))
        .env("CARGO_TARGET_DIR", &target)
        // A user's dependencies come from the registry, which cargo compiles without. Ours come from
        // folders, for which writing the state would take a quarter of the compiler's time.
        .env("CARGO_INCREMENTAL", "0")
        .stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status().context("cannot run cargo")?;
    let seconds = start.elapsed().as_secs_f64();
    let units = read_timings(&target);
    forget()?;
    if !status.success() {
        bail!(
            "cannot build {}: {status}; what cargo said is above",
            app.name
        );
    }
    Ok((seconds, units?))
}

fn read_timings(target: &Path) -> Result<Vec<Unit>> {
    let path = target.join("cargo-timings/cargo-timing.html");
    let html = fs::read_to_string(&path);
    timings::units(&html.with_context(|| format!("cannot read {}", path.display()))?)
}

fn report(apps: &[App], builds: &[Builds], profile: Profile, runs: usize) -> Result<String> {
    let find = |kind: Kind| {
        let place = apps.iter().position(|app| app.kind == kind);
        place
            .and_then(|place| builds.get(place))
            .context("no application")
    };
    let (ours, peer, alone) = (find(Kind::Ours)?, find(Kind::Peer)?, find(Kind::Alone)?);
    let heads = [
        "application",
        "clean build",
        "to azure_svc_batch",
        "to reqwest alone",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for (app, builds) in apps.iter().zip(builds) {
        let to = |other: &Builds| {
            let ratio = ratio(&builds.seconds, &other.seconds).context("no builds")?;
            anyhow::Ok(format!("{ratio:.2}"))
        };
        rows.push(vec![
            app.name.to_owned(),
            time(median(&builds.seconds).context("no builds")?),
            to(peer)?,
            to(alone)?,
        ]);
    }
    let reached = ratio(&ours.seconds, &peer.seconds).context("no builds")?;
    let met = if reached <= TARGET { "yes" } else { "NO" };
    let mut out = format!(
        "\n== clean build, {}, median of {runs}\n{}ratio to azure_svc_batch <= {TARGET:.2}: {met}\n",
        profile.name(),
        columns(&rows)
    );
    out.push_str("slowest of ours:");
    for unit in timings::slowest(&ours.units, SLOWEST) {
        let _ = write!(out, " {} {:.1} s,", unit.name, unit.seconds);
    }
    out.truncate(out.trim_end_matches(',').len());
    out.push('\n');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Wanted> {
        wanted(Parser::from_args(words))
    }

    #[test]
    fn three_builds_in_both_profiles_unless_something_else_is_wanted() {
        let all = read(&[]).unwrap();
        assert_eq!(all.profiles, [Profile::Debug, Profile::Release]);
        assert_eq!(all.runs, 3);
        let one = read(&["--runs", "1", "--profile", "debug"]).unwrap();
        assert_eq!((one.profiles, one.runs), (vec![Profile::Debug], 1));
        for words in [&["--profile", "dev"][..], &["--runs", "0"], &["debug"]] {
            let error = read(words).unwrap_err();
            assert!(error.is::<crate::Misuse>(), "{words:?}: {error}");
        }
    }

    #[test]
    fn ratios_are_of_builds_side_by_side() {
        let app = |kind, name| App {
            kind,
            name,
            folder: "x".into(),
        };
        let apps = [
            app(Kind::Ours, "ours"),
            app(Kind::Peer, "peer"),
            app(Kind::Alone, "alone"),
        ];
        let builds = |seconds: &[f64]| Builds {
            seconds: seconds.to_vec(),
            units: vec![Unit {
                name: "syn".to_owned(),
                seconds: 2.7,
            }],
        };
        let all = [
            builds(&[14.0, 30.0, 14.0]),
            builds(&[20.0, 40.0, 20.0]),
            builds(&[10.0, 20.0, 10.0]),
        ];
        let text = report(&apps, &all, Profile::Debug, 3).unwrap();
        let lines: Vec<String> = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(lines[4], "ours 14.00 s 0.70 1.40");
        assert_eq!(lines[7], "ratio to azure_svc_batch <= 0.70: yes");
        assert_eq!(lines[8], "slowest of ours: syn 2.7 s");
    }
}
