//! From the description of the Azure Batch API to its Rust client.
pub mod error;
pub mod openapi;
pub mod swagger;
