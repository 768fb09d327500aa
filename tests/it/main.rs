//! Integration tests, one file per promise.

mod calls;
mod coverage;
mod errors;
mod listing;
mod live;
mod msrv;
mod retry;
mod service;
mod transfers;
mod waits;
mod wire;
