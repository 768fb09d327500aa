//! Support code for the integration tests in `it/`, which has one file per promise.
//!
//! - [`server`]: a real HTTP server that records the bytes of each request and sends prepared
//!   responses.
//! - [`description`]: the operations in `spec/BatchService.json`, read independently of the
//!   generator.
//! - [`mod@file`]: a server for one file of any size that grows, changes and drops its connections.
//! - [`gate`]: a service that lets requests pass by their bearer tokens.
//! - [`sts`]: a token service, as Microsoft Entra ID is; [`jwt`] signs its tokens.
//! - [`hostile`]: a job whose server fails by a script.
//! - [`sample`]: a value for everything that an operation takes.
//! - [`json`]: compares bodies by value, guided by their definition.
//! - [`proxy`]: a proxy in front of a real server that injects faults.
//! - [`throttle`]: a service that throttles.
//! - [`tls`]: a TLS server with an untrusted certificate.
//! - [`mod@reference`]: recordings that are not part of the project, if they are available.
//!
//! Nothing here uses the client, because the expected values must not come from the code under
//! test. (The package's programs do.)

#[path = "support/description.rs"]
pub mod description;
#[path = "support/file.rs"]
pub mod file;
#[path = "support/gate.rs"]
pub mod gate;
#[path = "support/hostile.rs"]
pub mod hostile;
#[path = "support/json.rs"]
pub mod json;
#[path = "support/jwt.rs"]
pub mod jwt;
#[path = "support/proxy.rs"]
pub mod proxy;
#[path = "support/reference.rs"]
pub mod reference;
#[path = "support/sample.rs"]
pub mod sample;
#[path = "support/server.rs"]
pub mod server;
#[path = "support/sts.rs"]
pub mod sts;
#[path = "support/throttle.rs"]
pub mod throttle;
#[path = "support/tls.rs"]
pub mod tls;

/// Compiles the examples in the workspace's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
