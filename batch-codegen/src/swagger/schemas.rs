//! The keys of a schema, and of an enum.

use serde::Deserialize;
use serde_json::{Number, Value};

use super::parts::{ExternalDocs, Map};

/// A schema: a model, a property, an item.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Schema {
    /// `#/definitions/NAME`; Microsoft puts texts and marks beside it.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// `object`, `array`, `string`, `integer`, `number`, `boolean`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The format of the type.
    pub format: Option<String>,
    /// One line.
    pub title: Option<String>,
    /// More lines.
    pub description: Option<String>,
    /// The properties of an object.
    pub properties: Map<Schema>,
    /// Which of them must be there.
    pub required: Vec<String>,
    /// The type of further properties.
    pub additional_properties: Option<Box<Schema>>,
    /// The items of an array.
    pub items: Option<Box<Schema>>,
    /// Parts that are all true of it.
    pub all_of: Vec<Schema>,
    /// The values of a string.
    #[serde(rename = "enum")]
    pub values: Option<Vec<String>>,
    /// Names of the values.
    #[serde(rename = "x-ms-enum")]
    pub ms_enum: Option<MsEnum>,
    /// What the service takes where it is not sent.
    pub default: Option<Value>,
    /// Lowest value.
    pub minimum: Option<Number>,
    /// Highest value.
    pub maximum: Option<Number>,
    /// Fewest items.
    pub min_items: Option<usize>,
    /// Most items.
    pub max_items: Option<usize>,
    /// Shortest text.
    pub min_length: Option<usize>,
    /// Longest text.
    pub max_length: Option<usize>,
    /// A regular expression.
    pub pattern: Option<String>,
    /// Whether only the service sets it.
    pub read_only: bool,
    /// Whether it may be null.
    #[serde(rename = "x-nullable")]
    pub nullable: Option<bool>,
    /// Whether it must never be shown.
    #[serde(rename = "x-ms-secret")]
    pub secret: Option<bool>,
    /// The name that clients show.
    #[serde(rename = "x-ms-client-name")]
    pub client_name: Option<String>,
    /// Whether its properties stand in the parent, for Microsoft's generators.
    #[serde(rename = "x-ms-client-flatten")]
    pub client_flatten: Option<bool>,
    /// More to read.
    pub external_docs: Option<ExternalDocs>,
    /// A value that could stand there.
    pub example: Option<Value>,
}

impl Schema {
    /// Whether it is a body of bytes: `type: file`, for which Microsoft writes `type: object,
    /// format: file`.
    pub(crate) fn is_file(&self) -> bool {
        self.kind.as_deref() == Some("file") || self.format.as_deref() == Some("file")
    }
}

/// `x-ms-enum`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MsEnum {
    /// The name of the type.
    pub name: String,
    /// Whether clients should take other values too; ours always do.
    #[serde(default)]
    pub model_as_string: bool,
    /// The values with their texts.
    #[serde(default)]
    pub values: Vec<MsEnumValue>,
}

/// One value of an `x-ms-enum`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MsEnumValue {
    /// The wire value.
    pub value: String,
    /// The name that clients show.
    pub name: Option<String>,
    /// What it means.
    pub description: Option<String>,
}
