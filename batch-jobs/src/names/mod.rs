//! Names: of containers, as Microsoft's tools make them, of blobs and of tasks.

mod blobs;
mod containers;
mod tasks;

pub(crate) use blobs::{check_blob, hidden_name, local_path};
pub(crate) use containers::{group_container, job_container};
pub(crate) use tasks::{check_id, task_id};

use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};

/// Returns the SHA-1 of a text in hexadecimal digits.
fn sha1_hex(text: &str) -> String {
    let mut out = String::with_capacity(40);
    for byte in Sha1::digest(text) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}
