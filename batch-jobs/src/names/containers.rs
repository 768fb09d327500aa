//! Names of containers.
//!
//! A file group is a container with the prefix `fgrp-`, the outputs of a job are in one with the
//! prefix `job-`. Batch Explorer, the portal and `az batch` find them by these names, so they have
//! to agree with the rules of azure-batch-extensions and of the .NET file conventions.

use super::sha1_hex;
use crate::error::{Error, Result};

const GROUP_PREFIX: &str = "fgrp-";
/// Longest name of a container (63) without the prefix.
const GROUP_LIMIT: usize = 58;
const JOB_PREFIX: &str = "job-";
const JOB_LIMIT: usize = 59;
/// Length to which a readable part is cut before the hash of the whole name.
const READABLE: usize = 15;

/// Returns the container of a file group.
pub(crate) fn group_container(group: &str) -> Result<String> {
    let name = group.to_lowercase();
    let clean = collapse(&name, &['_', '-']);
    let clean = clean.trim_end_matches('-');
    if !is_plain(clean) {
        return Err(Error::invalid(format!(
            "cannot use `{group}` as a file group: its name may only have letters, digits, `-` and \
             `_`, and must start with a letter or digit"
        )));
    }
    if clean == name && name.len() <= GROUP_LIMIT {
        return Ok(format!("{GROUP_PREFIX}{name}"));
    }
    let hash = sha1_hex(&name);
    let whole = format!("{clean}-{hash}");
    Ok(if whole.len() > GROUP_LIMIT {
        let readable: String = clean.chars().take(READABLE).collect();
        format!("{GROUP_PREFIX}{readable}-{hash}")
    } else {
        format!("{GROUP_PREFIX}{whole}")
    })
}

/// Returns the container of a job's outputs.
pub(crate) fn job_container(job: &str) -> String {
    let name = job.to_lowercase();
    if name.len() <= JOB_LIMIT && is_plain(&name) && !name.contains("--") && !name.ends_with('-') {
        return format!("{JOB_PREFIX}{name}");
    }
    let clean = collapse(&name, &[':', '_', '-']);
    let readable: String = clean.trim_matches('-').chars().take(READABLE).collect();
    let readable = match readable.trim_matches('-') {
        "" => "job",
        readable => readable,
    };
    format!("{JOB_PREFIX}{readable}-{}", sha1_hex(&name))
}

fn is_plain(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(is_word) && name.chars().all(|c| is_word(c) || c == '-')
}

/// Replaces each run of these characters by one `-`.
fn collapse(name: &str, separators: &[char]) -> String {
    let mut out = String::with_capacity(name.len());
    let mut in_run = false;
    for c in name.chars() {
        let separates = separators.contains(&c);
        if !separates {
            out.push(c);
        } else if !in_run {
            out.push('-');
        }
        in_run = separates;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_groups_have_the_names_of_the_extensions() {
        let long = "a".repeat(58);
        let hash = |name: &str| sha1_hex(name);
        for (group, expected) in [
            ("nightly", "nightly".to_owned()),
            ("Nightly", "nightly".to_owned()),
            ("a-b", "a-b".to_owned()),
            ("7", "7".to_owned()),
            ("a_b", format!("a-b-{}", hash("a_b"))),
            ("a--b", format!("a-b-{}", hash("a--b"))),
            ("a-_-b", format!("a-b-{}", hash("a-_-b"))),
            ("a-", format!("a-{}", hash("a-"))),
            (&long, long.clone()),
            // 17 characters and the hash fit, 18 do not.
            (
                "abcdefghijklmno__",
                format!("abcdefghijklmno-{}", hash("abcdefghijklmno__")),
            ),
            (
                "abcdefghijklmno_q",
                format!("abcdefghijklmno-q-{}", hash("abcdefghijklmno_q")),
            ),
            (
                "abcdefghijklmno_qr",
                format!("abcdefghijklmno-{}", hash("abcdefghijklmno_qr")),
            ),
            (
                &"b".repeat(59),
                format!("{}-{}", "b".repeat(15), hash(&"b".repeat(59))),
            ),
        ] {
            let container = group_container(group).expect("a legal name");
            assert_eq!(container, format!("fgrp-{expected}"), "{group}");
            assert!(container.len() <= 63, "{container}");
        }
        // The hash, as Python computes it.
        assert_eq!(
            group_container("a_b").expect("a legal name"),
            "fgrp-a-b-eb2980a5a244aad8cef818994eaae6c75b8eac16"
        );
    }

    #[test]
    fn groups_that_cannot_be_containers_are_refused() {
        for group in ["", "-", "_a", "a.b", "a b", "ä", "a/b", "a\n"] {
            let error = group_container(group).expect_err(group);
            assert!(error.is_invalid(), "{error}");
        }
    }

    #[test]
    fn jobs_have_the_names_of_the_file_conventions() {
        let hash = |name: &str| sha1_hex(name);
        for (job, expected) in [
            ("nightly", "nightly".to_owned()),
            ("MyTerrificJob", "myterrificjob".to_owned()),
            (&"j".repeat(59), "j".repeat(59)),
            (
                &"j".repeat(60),
                format!("{}-{}", "j".repeat(15), hash(&"j".repeat(60))),
            ),
            ("my_job", format!("my-job-{}", hash("my_job"))),
            ("a--b", format!("a-b-{}", hash("a--b"))),
            ("a-", format!("a-{}", hash("a-"))),
            ("-a", format!("a-{}", hash("-a"))),
            ("plan:job-1", format!("plan-job-1-{}", hash("plan:job-1"))),
            ("__", format!("job-{}", hash("__"))),
            // The cut is followed by another trim.
            (
                "abcdefghijklmn_opq",
                format!("abcdefghijklmn-{}", hash("abcdefghijklmn_opq")),
            ),
        ] {
            let container = job_container(job);
            assert_eq!(container, format!("job-{expected}"), "{job}");
            assert!(container.len() <= 63, "{container}");
        }
    }
}
