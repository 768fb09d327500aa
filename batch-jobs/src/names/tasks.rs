//! Ids of tasks.
//!
//! The id of a task comes from the path of its file alone, so that the same program run again makes
//! the same ids, and a task that is already there is recognized.

use super::sha1_hex;
use crate::error::{Error, Result};

/// Longest id that Batch accepts.
const LIMIT: usize = 64;
/// Digits of the hash in an id.
const DIGITS: usize = 10;

/// Returns the id of the task for a file: its path in the characters of an id, and the beginning of
/// the hash of the path, which tells `a b` from `a_b` and `A` from `a`.
pub(crate) fn task_id(path: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c
        } else {
            '-'
        }
    };
    // The end of a path says more than its beginning.
    let most = LIMIT - DIGITS - 1;
    let cut = path.chars().count().saturating_sub(most);
    let readable: String = path.chars().skip(cut).map(plain).collect();
    let hash = sha1_hex(path);
    format!("{}-{}", readable.trim_matches('-'), &hash[..DIGITS])
        .trim_start_matches('-')
        .to_owned()
}

/// Checks an id of a job, a pool or a task.
pub(crate) fn check_id(what: &str, id: &str) -> Result<()> {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.is_empty() || id.len() > LIMIT || !id.chars().all(is_legal) {
        return Err(Error::invalid(format!(
            "cannot use `{id}` as the id of a {what}: an id has 1 to {LIMIT} letters, digits, `-` \
             and `_`"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_legal_stable_and_different() {
        let long = "x/".repeat(500) + "end.exr";
        let paths = [
            "a.exr",
            "A.exr",
            "a b.exr",
            "a_b.exr",
            "a-b.exr",
            "shots/ä#%+.exr",
            "shots/a.exr",
            "🎬",
            "-",
            ".hidden",
            &long,
        ];
        let ids: HashSet<String> = paths.iter().map(|path| task_id(path)).collect();
        assert_eq!(ids.len(), paths.len(), "{ids:?}");
        for id in &ids {
            check_id("task", id).expect("a legal id");
        }
        // Batch compares ids without case.
        let lower: HashSet<String> = ids.iter().map(|id| id.to_lowercase()).collect();
        assert_eq!(lower.len(), ids.len());
        // Changing this would send all tasks of a job again after an update of the program.
        assert_eq!(task_id("shots/a b.exr"), "shots-a-b-exr-a94c5fdf8a");
        assert!(task_id(&long).contains("end-exr-"), "{}", task_id(&long));
    }

    #[test]
    fn illegal_ids_are_refused() {
        for id in ["", "a b", "a.b", "ä", "a/b", &"x".repeat(65)] {
            assert!(check_id("job", id).is_err(), "{id}");
        }
        check_id("job", &"x".repeat(64)).expect("the longest id");
    }
}
