//! The rules about several values of an object, from `spec/rules.json`, as a table of the emulator.
//!
//! A rule of a definition that the description does not have is an error in the version that the
//! tables are written for, and a note in any other. What the kinds of rules mean is implemented in
//! `batch-emulator/src/check/objects/`.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;
use serde::Deserialize;
use serde_json::Value;

use crate::api::{Api, Model};
use crate::error::{Error, Result};
use crate::tables::Tables;

/// The name of the table.
pub(crate) use crate::api::facts::RULES_FILE as FILE;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "source")]
    _source: String,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    /// The definitions that have the rule.
    places: Vec<String>,
    rule: Rule,
    /// The property that the error names.
    property: String,
    code: String,
    #[serde(rename = "source")]
    _source: Source,
    passes: Value,
    fails: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    Documented,
    Recorded,
    Reported,
}

/// Values by path, such as `policy.mode`; `*` is any value.
type Values = BTreeMap<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Rule {
    ExactlyOne(Vec<String>),
    AtMostOne(Vec<String>),
    Together(Vec<String>),
    Needs(String),
    When {
        r#if: Values,
        #[serde(default)]
        needs: Values,
        #[serde(default)]
        forbids: Vec<String>,
    },
    Unique {
        list: String,
        by: String,
    },
    Span {
        from: String,
        to: String,
        least: i64,
    },
    Apart {
        from: String,
        to: String,
        reserved: (i64, i64),
    },
    Disjoint {
        list: String,
        from: String,
        to: String,
    },
    Reserved {
        property: String,
        values: Vec<i64>,
    },
    Allowed {
        property: String,
        values: Vec<String>,
    },
    Total {
        list: String,
        inner: String,
        most: usize,
    },
    Characters {
        list: String,
        most: usize,
    },
    NotEmpty(String),
    System {
        property: String,
        system: System,
    },
    Encryption(String),
    NatName(String),
    GalleryImage(String),
    Hexadecimal {
        property: String,
        most: usize,
    },
    Base64 {
        property: String,
        most: usize,
    },
    Before((String, String)),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum System {
    Linux,
    Windows,
}

/// Emits the table. Without a table there are no rules.
pub(super) fn emit(text: Option<&str>, api: &Api, tables: &Tables) -> Result<TokenStream> {
    let fail = |message: String| Error::new(FILE, message);
    let rows = match text {
        Some(text) => {
            let table: Table = serde_json::from_str(text).map_err(|e| fail(e.to_string()))?;
            table.rows
        }
        None => Vec::new(),
    };
    if !rows.is_sorted_by(|one, other| one.name < other.name) {
        return Err(fail(
            "the rows are not sorted by name, or one is there twice".to_owned(),
        ));
    }
    let mut rules = BTreeMap::new();
    let mut examples = Vec::new();
    for row in &rows {
        check_code(row, api)?;
        let mut known = false;
        for place in &row.places {
            match check_place(row, place, api) {
                Ok(()) => {
                    known = true;
                    rules.insert((place, &row.name), emit_row(row, place));
                }
                Err(error) => tables.mismatch(error)?,
            }
        }
        if known {
            let (name, passes, fails) = (&row.name, row.passes.to_string(), row.fails.to_string());
            examples.push(quote! { (#name, #passes, #fails) });
        }
    }
    let rules = rules.values();
    Ok(quote! {
        use crate::check::objects::{ObjectRule, Rule};

        #[doc = " The rules, in the order of their definitions."]
        pub(crate) const RULES: &[ObjectRule] = &[#(#rules),*];
        #[doc = " For each rule, by name, an object that passes and one that fails."]
        #[cfg(test)]
        pub(crate) const EXAMPLES: &[(&str, &str, &str)] = &[#(#examples),*];
    })
}

fn check_code(row: &Row, api: &Api) -> Result<()> {
    if api.codes.iter().any(|code| code.name == row.code) {
        return Ok(());
    }
    let text = format!("{}: {} is not in error-codes.json", row.name, row.code);
    Err(Error::new(FILE, text))
}

/// Checks that the definition exists and has the properties that the rule names.
fn check_place(row: &Row, place: &str, api: &Api) -> Result<()> {
    let wrong = |text: String| Err(Error::new(FILE, format!("{}: {text}", row.name)));
    let Some(model) = api.models.iter().find(|model| model.name == place) else {
        return wrong(format!("the description does not define {place}"));
    };
    for name in row.rule.properties() {
        let first = name.split('.').next().unwrap_or_default();
        if !has(model, first) {
            return wrong(format!("{place} does not have the property {first}"));
        }
    }
    Ok(())
}

fn has(model: &Model, name: &str) -> bool {
    model
        .properties
        .iter()
        .any(|property| property.wire == name)
}

impl Rule {
    /// Returns the properties of the definition that the rule names.
    fn properties(&self) -> Vec<&str> {
        match self {
            Self::ExactlyOne(names) | Self::AtMostOne(names) | Self::Together(names) => {
                names.iter().map(String::as_str).collect()
            }
            Self::When {
                r#if,
                needs,
                forbids,
            } => {
                let paths = r#if.keys().chain(needs.keys()).chain(forbids);
                paths.map(String::as_str).collect()
            }
            Self::Unique { list, .. }
            | Self::Disjoint { list, .. }
            | Self::Total { list, .. }
            | Self::Characters { list, .. } => vec![list],
            Self::Span { from, to, .. } | Self::Apart { from, to, .. } => vec![from, to],
            Self::Before((one, other)) => vec![one, other],
            Self::Reserved { property, .. }
            | Self::Allowed { property, .. }
            | Self::System { property, .. }
            | Self::Hexadecimal { property, .. }
            | Self::Base64 { property, .. }
            | Self::Needs(property)
            | Self::NotEmpty(property)
            | Self::Encryption(property)
            | Self::NatName(property)
            | Self::GalleryImage(property) => vec![property],
        }
    }

    fn emit(&self) -> TokenStream {
        match self {
            Self::ExactlyOne(names) => quote! { Rule::ExactlyOne(&[#(#names),*]) },
            Self::AtMostOne(names) => quote! { Rule::AtMostOne(&[#(#names),*]) },
            Self::Together(names) => quote! { Rule::Together(&[#(#names),*]) },
            Self::Needs(name) => quote! { Rule::Needs(#name) },
            Self::When {
                r#if,
                needs,
                forbids,
            } => {
                let (conditions, needs) = (values(r#if), values(needs));
                let forbids = forbids.iter().map(|name| path(name));
                quote! {
                    Rule::When { conditions: #conditions, needs: #needs, forbids: &[#(#forbids),*] }
                }
            }
            Self::Unique { list, by } => quote! { Rule::Unique { list: #list, by: #by } },
            Self::Span { from, to, least } => {
                quote! { Rule::Span { from: #from, to: #to, least: #least } }
            }
            Self::Apart {
                from,
                to,
                reserved: (first, last),
            } => {
                quote! { Rule::Apart { from: #from, to: #to, reserved: (#first, #last) } }
            }
            Self::Disjoint { list, from, to } => {
                quote! { Rule::Disjoint { list: #list, from: #from, to: #to } }
            }
            Self::Reserved { property, values } => {
                quote! { Rule::Reserved { property: #property, values: &[#(#values),*] } }
            }
            Self::Allowed { property, values } => {
                quote! { Rule::Allowed { property: #property, values: &[#(#values),*] } }
            }
            Self::Total { list, inner, most } => {
                quote! { Rule::Total { list: #list, inner: #inner, most: #most } }
            }
            Self::Characters { list, most } => {
                quote! { Rule::Characters { list: #list, most: #most } }
            }
            Self::NotEmpty(name) => quote! { Rule::NotEmpty(#name) },
            Self::System { property, system } => {
                let (path, windows) = (path(property), *system == System::Windows);
                quote! { Rule::System { path: #path, windows: #windows } }
            }
            Self::Encryption(name) => {
                let path = path(name);
                quote! { Rule::Encryption(#path) }
            }
            Self::NatName(name) => quote! { Rule::NatName(#name) },
            Self::GalleryImage(name) => quote! { Rule::GalleryImage(#name) },
            Self::Hexadecimal { property, most } => {
                quote! { Rule::Hexadecimal { property: #property, most: #most } }
            }
            Self::Base64 { property, most } => {
                quote! { Rule::Base64 { property: #property, most: #most } }
            }
            Self::Before((one, other)) => quote! { Rule::Before(#one, #other) },
        }
    }
}

fn path(name: &str) -> TokenStream {
    let names = name.split('.');
    quote! { &[#(#names),*] }
}

fn values(values: &Values) -> TokenStream {
    let values = values.iter().map(|(name, value)| {
        let path = path(name);
        let value = match value {
            Value::String(any) if any == "*" => quote! { None },
            value => {
                let json = value.to_string();
                quote! { Some(#json) }
            }
        };
        quote! { (#path, #value) }
    });
    quote! { &[#(#values),*] }
}

fn emit_row(row: &Row, place: &str) -> TokenStream {
    let Row {
        name,
        property,
        code,
        ..
    } = row;
    let rule = row.rule.emit();
    quote! {
        ObjectRule { name: #name, model: #place, rule: #rule, property: #property, code: #code }
    }
}
