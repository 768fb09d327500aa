//! Integration tests, one file per promise.

mod bulk;
mod calls;
mod constructors;
mod coverage;
mod doc_examples;
mod edits;
mod errors;
mod execute;
mod failures;
mod guide;
mod house;
mod images;
mod listing;
mod live;
mod messages;
mod middleware;
mod msrv;
mod retry;
mod service;
mod throttled;
mod transfers;
mod under_faults;
mod versions;
mod waits;
mod wire;
