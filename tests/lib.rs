//! Tests of the promises that cross crates; see `it/`.
