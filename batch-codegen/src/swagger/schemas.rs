//! The keys of a schema and of an enum.

use serde::Deserialize;
use serde_json::{Number, Value};

use super::parts::{ExternalDocs, Map};

/// The schema of a model, a property or an item.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Schema {
    /// `#/definitions/NAME`; Microsoft puts descriptions and `x-ms-*` keys beside it.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// `object`, `array`, `string`, `integer`, `number`, `boolean`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The format of the type.
    pub format: Option<String>,
    /// A title of one line.
    pub title: Option<String>,
    /// A description of several lines.
    pub description: Option<String>,
    /// The properties of an object.
    pub properties: Map<Schema>,
    /// The names of the required properties.
    pub required: Vec<String>,
    /// The type of properties that are not listed.
    pub additional_properties: Option<Box<Schema>>,
    /// The items of an array.
    pub items: Option<Box<Schema>>,
    /// Schemas that must all match.
    pub all_of: Vec<Schema>,
    /// The allowed values of a string.
    #[serde(rename = "enum")]
    pub values: Option<Vec<String>>,
    /// The names of the values.
    #[serde(rename = "x-ms-enum")]
    pub ms_enum: Option<MsEnum>,
    /// The service's default.
    pub default: Option<Value>,
    /// The lowest value.
    pub minimum: Option<Number>,
    /// The highest value.
    pub maximum: Option<Number>,
    /// The minimum number of items.
    pub min_items: Option<usize>,
    /// The maximum number of items.
    pub max_items: Option<usize>,
    /// The minimum length of a string.
    pub min_length: Option<usize>,
    /// The maximum length of a string.
    pub max_length: Option<usize>,
    /// A regular expression that a string must match.
    pub pattern: Option<String>,
    /// True if only the service sets it.
    pub read_only: bool,
    /// True if it may be `null`.
    #[serde(rename = "x-nullable")]
    pub nullable: Option<bool>,
    /// True if it must never be shown.
    #[serde(rename = "x-ms-secret")]
    pub secret: Option<bool>,
    /// True for a number that the service writes as text.
    #[serde(rename = "x-batch-as-text")]
    pub as_text: Option<bool>,
    /// The first version that has it, in a union of versions.
    #[serde(rename = "x-batch-since")]
    pub since: Option<String>,
    /// The last version that has it, in a union of versions.
    #[serde(rename = "x-batch-until")]
    pub until: Option<String>,
    /// The first version that writes the number as text, in a union of versions.
    #[serde(rename = "x-batch-text-since")]
    pub text_since: Option<String>,
    /// The name that clients show.
    #[serde(rename = "x-ms-client-name")]
    pub client_name: Option<String>,
    /// True if Microsoft's generators put its properties into the parent.
    #[serde(rename = "x-ms-client-flatten")]
    pub client_flatten: Option<bool>,
    /// Further documentation.
    pub external_docs: Option<ExternalDocs>,
    /// An example value.
    pub example: Option<Value>,
}

impl Schema {
    /// Returns true for a body of bytes: `type: file`, which Microsoft writes as `type: object,
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
    /// True if clients should accept unknown values; ours always do.
    #[serde(default)]
    pub model_as_string: bool,
    /// The values with their descriptions.
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
    /// Meaning of the value.
    pub description: Option<String>,
    /// The first version that has it, in a union of versions.
    #[serde(rename = "x-batch-since")]
    pub since: Option<String>,
    /// The last version that has it, in a union of versions.
    #[serde(rename = "x-batch-until")]
    pub until: Option<String>,
}
