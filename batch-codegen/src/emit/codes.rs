//! Constants for the service's error codes, from `spec/error-codes.json` (the description names none).

use super::docs;
use crate::error::{Error, Result};
use crate::names::{ident, shouting};
use proc_macro2::TokenStream;
use quote::quote;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "source")]
    _source: String,
    codes: Vec<Code>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    #[serde(rename = "code")]
    name: String,
    status: Option<u16>,
    kind: Place,
    description: String,
}

/// Where the service puts a code.
#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Place {
    Request,
    Task,
    Pool,
    Node,
    Autoscale,
    Job,
}

impl Place {
    fn words(self) -> &'static str {
        match self {
            Self::Request => "An error of a request",
            Self::Task => "The failure of a task",
            Self::Pool => "An error of resizing a pool",
            Self::Node => "An error of a compute node",
            Self::Autoscale => "An error of an autoscale formula",
            Self::Job => "An error of scheduling a job",
        }
    }
}

pub(crate) fn emit(text: &str) -> Result<TokenStream> {
    let file: File =
        serde_json::from_str(text).map_err(|e| Error::new("error-codes.json", e.to_string()))?;
    let mut seen = BTreeSet::new();
    let mut constants = Vec::new();
    for code in &file.codes {
        let name = shouting(&code.name);
        if !seen.insert(name.clone()) {
            return Err(Error::new(
                "error-codes.json",
                format!("two codes make the constant {name}"),
            ));
        }
        let status = code
            .status
            .map_or(String::new(), |s| format!(", with status {s}"));
        let place = format!("{}{status}.", code.kind.words());
        let docs = docs::attributes(&docs::paragraphs(&[docs::prose(&code.description), place]));
        let (name, value) = (ident(&name), &code.name);
        constants.push(quote! { #docs pub const #name: &str = #value; });
    }
    Ok(quote! { #(#constants)* })
}
