//! What the tests of the promises (`it/`, one file a promise) stand on.
//!
//! - [`server`]: a real HTTP server that keeps the bytes of each request and gives prepared
//!   answers.
//! - [`description`]: the operations as `spec/BatchService.json` has them, read independently of
//!   the generator.
//! - [`mod@file`]: a server of one file that grows, changes and breaks off, as long as one likes.
//! - [`sample`]: a value for everything that an operation takes.
//! - [`json`]: bodies compared by value, beside their definition.
//! - [`proxy`]: a proxy before a real server, which fails on order.
//! - [`tls`]: a TLS server with a certificate that nobody trusts.
//! - [`mod@reference`]: recordings that are not part of the project, where there are any.
//!
//! Nothing here uses the client: what it is held against must not come from it.

#[path = "support/description.rs"]
pub mod description;
#[path = "support/file.rs"]
pub mod file;
#[path = "support/json.rs"]
pub mod json;
#[path = "support/proxy.rs"]
pub mod proxy;
#[path = "support/reference.rs"]
pub mod reference;
#[path = "support/sample.rs"]
pub mod sample;
#[path = "support/server.rs"]
pub mod server;
#[path = "support/tls.rs"]
pub mod tls;

/// The README of the workspace, whose examples are compiled so.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
