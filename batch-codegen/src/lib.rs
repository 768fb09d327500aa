//! From the description of the Azure Batch API to its Rust client.
//!
//! ```text
//! spec/BatchService.json
//!   │
//!   1 swagger   parse: text → typed Swagger 2.0, strictly
//!   2 openapi   the same API as OpenAPI 3.0.3: spec/openapi.json
//!   ├───────────────────────────┐
//!   3 api       types decided   raw   adapt → progenitor → patches: the raw client
//!   ├───────────────────────────┘
//!   4 emit      the files of batch-client/src/generated/ and batch-emulator/src/generated/
//! ```
//!
//! A stage knows only those before it. On the way from a property of the description to a field of
//! a model stand [`swagger`], [`openapi`], `api` and [`emit`]; on the way of a request's
//! construction stands [`raw`]. Beside all of it is [`review`]: what another description would mean
//! for users. Nothing here touches a file: `cargo xtask regen` reads and writes, `cargo xtask diff`
//! reads.

mod api;
pub mod emit;
pub mod error;
mod names;
pub mod openapi;
pub mod raw;
pub mod review;
pub mod swagger;
mod tables;

pub use api::facts::{FILES as TABLE_FILES, Texts as TableTexts};
pub use error::{Error, Result};
pub use tables::TABLES_VERSION;

use api::Api;
use tables::Tables;

/// What one description makes.
#[derive(Debug)]
pub struct Output {
    /// The text of `spec/openapi.json`.
    pub openapi: String,
    /// The files of `batch-client/src/generated/`, by their path in it.
    pub client: emit::Files,
    /// The files of `batch-emulator/src/generated/`, by their path in it.
    pub server: emit::Files,
    /// What the hand-written tables name and this description lacks, or the other way round; always
    /// none in the version that they are made for ([`TABLES_VERSION`]), where it is an error.
    pub notes: Vec<String>,
    /// The tables of facts with a row for each place of the description; rows that were missing
    /// are `todo`.
    pub tables: TableTexts,
    /// The rows that are `todo`, each with its file: the client treats their places with the most
    /// care (never shown, never repeated), and `regen --check` refuses them.
    pub todo: Vec<String>,
}

/// The whole pipeline: the text of a Swagger 2.0 description, and those of the tables beside it
/// ([`TABLE_FILES`]), each by its file name → all generated files.
///
/// # Errors
///
/// What is wrong with the description, with the JSON path of the place.
pub fn generate(description: &str, tables: &TableTexts) -> Result<Output> {
    let swagger = swagger::parse(description)?;
    let faithful = openapi::convert(&swagger)?;
    let texts = tables;
    let tables = Tables::for_version(&swagger.info.version);
    let (api, facts) = Api::read(&faithful, texts, &tables)?;
    let filters = api::facts::text(texts, "filters.json")?;
    let raw = raw::client(&faithful, &tables)?;
    let client = emit::client(&api, raw, filters, &tables)?;
    let server = emit::server(&api, filters, &tables)?;
    let mut openapi = serde_json::to_string_pretty(&faithful)
        .map_err(|e| Error::new("$", format!("openapi.json cannot be written: {e}")))?;
    openapi.push('\n');
    Ok(Output {
        openapi,
        client,
        server,
        notes: tables.into_notes(),
        tables: facts.texts,
        todo: facts.todo,
    })
}
