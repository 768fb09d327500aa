//! Generates the Rust client of the Azure Batch API from the description of the API.
//!
//! ```text
//! spec/BatchService.json
//!   │
//!   0 dialect   a file that TypeSpec generated → our dialect, and our names; ours passes unchanged
//!   ├ versions  spec/versions/: what later versions change → one description of all of them
//!   1 swagger   parse: text → typed Swagger 2.0, strictly
//!   2 openapi   the same API as OpenAPI 3.0.3: spec/openapi.json
//!   ├───────────────────────────┐
//!   3 api       types decided   raw   adapt → progenitor → patches: the raw client
//!   ├───────────────────────────┘
//!   4 emit      the files of batch-client/src/generated/ and batch-emulator/src/generated/
//! ```
//!
//! A stage depends only on the stages before it. A property of the description becomes a field of a
//! model in [`swagger`], [`openapi`], `api` and [`emit`]. The code of [`raw`] builds requests.
//! [`review`] is separate: it reports what another description would mean for users. Nothing here
//! accesses files: `cargo xtask regen` reads and writes them, `cargo xtask diff` reads them.

mod api;
mod described;
pub mod dialect;
pub mod emit;
pub mod error;
mod json;
mod names;
pub mod openapi;
pub mod raw;
pub mod review;
pub mod swagger;
mod tables;
mod typed;
mod versions;

pub use api::facts::{Contents as TableContents, FILES as TABLE_FILES};
pub use error::{Error, Result};
pub use tables::TABLES_VERSION;
pub use versions::{FOLDER as VERSIONS_FOLDER, of_version, union};

use api::Api;
use dialect::Names;
use tables::Tables;

/// The file of the names that TypeSpec gives to what we know under another name.
pub const NAMES_FILE: &str = "names.json";

/// Everything generated from one description.
#[derive(Debug)]
pub struct Output {
    /// The content of `spec/openapi.json`.
    pub openapi: String,
    /// The files of `batch-client/src/generated/`, by their path in it.
    pub client: emit::Files,
    /// The files of `batch-emulator/src/generated/`, by their path in it.
    pub server: emit::Files,
    /// The files of `tests/it/generated/`, by their path in it.
    pub tests: emit::Files,
    /// Mismatches between the hand-written tables and the description. Always empty for the version
    /// that the tables are written for ([`TABLES_VERSION`]), where a mismatch is an error.
    pub notes: Vec<String>,
    /// The tables of facts with a row for each place of the description; a row that was missing is
    /// `todo`.
    pub tables: TableContents,
    /// The `todo` rows, each with its file. The client treats these places as cautiously as it can
    /// (never shown, never repeated), and `regen --check` fails while there is one.
    pub todo: Vec<String>,
}

/// Runs the whole pipeline: takes the text of a Swagger 2.0 description and the tables beside it
/// ([`TABLE_FILES`], [`NAMES_FILE`] for a description in TypeSpec's dialect, and the changes of
/// later versions in [`VERSIONS_FOLDER`]), each by its file
/// name, and returns all generated files.
///
/// # Errors
///
/// Returns the first problem in the description or in a table, with its JSON path.
pub fn generate(description: &str, tables: &TableContents) -> Result<Output> {
    let names = tables.get(NAMES_FILE).map(|text| Names::read(text));
    let names = names.transpose()?.unwrap_or_default();
    let described = described::read(description)?.named(&names, None)?;
    let faithful = openapi::convert(&described.swagger)?;
    let mut openapi = serde_json::to_string_pretty(&faithful)
        .map_err(|e| Error::new("$", format!("cannot serialize openapi.json: {e}")))?;
    openapi.push('\n');
    let union = match versions::union(&described.text, tables)? {
        Some(union) => openapi::convert(&swagger::parse(&union)?)?,
        None => faithful,
    };
    let swagger = described.swagger;
    let contents = tables;
    let tables = Tables::for_version(&swagger.info.version);
    let (api, facts) = Api::read(&union, contents, &tables)?;
    let filters = api::facts::text(contents, "filters.json")?;
    let raw = raw::client(&union, &tables)?;
    let client = emit::client(&api, raw, filters, &tables)?;
    let rules = contents.get(emit::rules::FILE).map(String::as_str);
    let server = emit::server(&api, filters, rules, &tables)?;
    let tests = emit::tests(&api)?;
    Ok(Output {
        openapi,
        client,
        server,
        tests,
        notes: tables.into_notes(),
        tables: facts.contents,
        todo: facts.todo,
    })
}
