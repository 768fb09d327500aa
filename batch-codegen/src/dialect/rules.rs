//! The rules of the dialect, in the order in which they apply.

use super::{Document, naming, ours, shape};

/// One rule: what it is called, why it exists, and where it has to match.
pub struct Rule {
    /// The name in errors.
    pub name: &'static str,
    /// What TypeSpec writes, and what becomes of it.
    pub reason: &'static str,
    /// When it is an error that the rule matches nothing.
    pub needs: Needs,
    /// True for a rule that changes names; it applies after the shape is checked.
    pub names: bool,
    /// Changes the document and returns the number of changed places.
    pub(super) apply: fn(&mut Document<'_>) -> usize,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The descriptions in which a rule has to match something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Every description that TypeSpec generated.
    TypeSpec,
    /// Those of these versions; in other versions it may match.
    Versions(&'static [&'static str]),
    /// Every TypeSpec description for which there are names.
    Names,
    /// Every TypeSpec description that is read beside one in our dialect.
    Ours,
    /// None; it applies to our dialect, too.
    AnyDialect,
    /// None.
    Nothing,
}

const fn shape(
    name: &'static str,
    needs: Needs,
    apply: fn(&mut Document<'_>) -> usize,
    reason: &'static str,
) -> Rule {
    Rule {
        name,
        reason,
        needs,
        names: false,
        apply,
    }
}

const fn naming(
    name: &'static str,
    needs: Needs,
    apply: fn(&mut Document<'_>) -> usize,
    reason: &'static str,
) -> Rule {
    Rule {
        name,
        reason,
        needs,
        names: true,
        apply,
    }
}

/// The first version that TypeSpec generated.
const FIRST: &[&str] = &["2024-07-01.20.0"];
/// The version with counts as text.
const SECOND: &[&str] = &["2025-06-01"];

/// All rules, those for the shape first.
pub const RULES: &[Rule] = &[
    shape(
        "generator_mark_is_dropped",
        Needs::TypeSpec,
        shape::generator_mark,
        "`info.x-typespec-generated` names the generator, which is not a fact of the API",
    ),
    shape(
        "tags_are_dropped",
        Needs::Nothing,
        shape::tags,
        "the root lists `tags` without descriptions; ours are at the operations",
    ),
    shape(
        "lists_in_queries_are_strings",
        Needs::TypeSpec,
        shape::lists_in_queries,
        "`$select` and `$expand` are arrays with `collectionFormat: csv`, which on the wire are the string that \
         we have",
    ),
    shape(
        "length_of_api_version_is_dropped",
        Needs::TypeSpec,
        shape::length_of_api_version,
        "`minLength: 1` on `api-version`, which the client sets itself",
    ),
    shape(
        "identifiers_are_dropped",
        Needs::Versions(FIRST),
        shape::identifiers,
        "`x-ms-identifiers` names the key of the items of a list for Microsoft's documentation",
    ),
    shape(
        "passwords_are_strings",
        Needs::TypeSpec,
        shape::passwords,
        "the format `password` says that a form should hide the value; spec/secrets.json says who may see it",
    ),
    shape(
        "urls_are_strings",
        Needs::TypeSpec,
        shape::urls,
        "some URLs have the format `uri` and others do not; all our URLs are strings",
    ),
    shape(
        "counts_as_text_are_integers",
        Needs::Versions(SECOND),
        shape::counts_as_text,
        "a count is `string` with the format `int64`; live responses always wrote text, and our integers read \
         both. `x-batch-as-text` remembers it",
    ),
    shape(
        "floats_are_doubles",
        Needs::TypeSpec,
        shape::floats,
        "statistics are `float`; the same numbers are `double` in our dialect, and `f64` in the client",
    ),
    shape(
        "http_dates_have_their_older_name",
        Needs::TypeSpec,
        shape::http_dates,
        "the format `date-time-rfc7231` is `date-time-rfc1123` in our dialect",
    ),
    shape(
        "scalar_definitions_are_inlined",
        Needs::AnyDialect,
        shape::scalar_definitions,
        "a definition such as `Azure.Core.ipV4Address` is a bare string with a format; a model has properties",
    ),
    shape(
        "enum_definitions_are_inlined",
        Needs::TypeSpec,
        shape::enum_definitions,
        "every enum is a definition; our enums are written at the property and named by `x-ms-enum`",
    ),
    shape(
        "media_types_are_those_of_all_bodies",
        Needs::TypeSpec,
        shape::media_types,
        "each operation with a body states the media type that ours states once, and the root states one that \
         no body has",
    ),
    shape(
        "ids_of_requests_are_uuids",
        Needs::TypeSpec,
        shape::request_ids,
        "the format `uuid` of `client-request-id` and `request-id` is gone, although they still are",
    ),
    shape(
        "files_are_objects",
        Needs::TypeSpec,
        shape::files,
        "a body of bytes is `type: file`; ours is `type: object, format: file`",
    ),
    shape(
        "enums_are_closed",
        Needs::TypeSpec,
        shape::closed_enums,
        "TypeSpec writes `modelAsString: true` at every enum; ours are open whatever it says",
    ),
    shape(
        "client_names_of_parameters_are_dropped",
        Needs::TypeSpec,
        shape::client_names_of_parameters,
        "the names of parameters in Microsoft's clients, such as `ifMatch`; ours come from the wire name",
    ),
    shape(
        "client_names_of_properties_are_dropped",
        Needs::TypeSpec,
        shape::client_names_of_properties,
        "the names of properties in Microsoft's clients; ours come from the wire name and names.json",
    ),
    shape(
        "client_names_of_values_are_dropped",
        Needs::TypeSpec,
        shape::client_names_of_values,
        "every value of an enum has a name for clients; ours come from the value",
    ),
    naming(
        "operations_have_our_ids",
        Needs::Names,
        naming::operations,
        "operations are called `Pools_GetPool`; ours `Pool_Get`, and the methods of the client with it",
    ),
    naming(
        "bodies_are_updates",
        Needs::Nothing,
        naming::updates,
        "three PUT operations take the whole resource, with what only the service sets; what can be sent in it \
         is our update parameter. `x-batch-whole-resource` remembers it",
    ),
    naming(
        "models_have_our_names",
        Needs::Names,
        naming::models,
        "definitions have the names of the newer clients, and some exist a second time as `…Update` for PATCH, \
         with the same properties and none of them required",
    ),
    naming(
        "enums_have_our_names",
        Needs::Names,
        naming::enums,
        "enums have the names of the newer clients",
    ),
    naming(
        "properties_have_our_names",
        Needs::Nothing,
        naming::properties,
        "a few properties have another name in our client than on the wire",
    ),
    naming(
        "bodies_have_our_names",
        Needs::Ours,
        ours::bodies,
        "the name of a body parameter is only seen in clients, and ours differs",
    ),
    naming(
        "parameters_have_our_names",
        Needs::Ours,
        ours::parameters,
        "`maxresults` and some others have a name in our client, which TypeSpec files do not state",
    ),
    naming(
        "values_have_our_names",
        Needs::Ours,
        ours::values,
        "some values of enums have a name in our client, which TypeSpec files do not state",
    ),
    naming(
        "some_enums_are_definitions",
        Needs::Nothing,
        ours::enum_definitions,
        "the enums that are definitions in ours, too, stay definitions",
    ),
    naming(
        "secrets_are_as_in_ours",
        Needs::Nothing,
        ours::secrets,
        "TypeSpec marks other properties with `x-ms-secret` than we do; spec/secrets.json decides",
    ),
    naming(
        "ids_of_requests_are_as_in_ours",
        Needs::Nothing,
        ours::request_ids,
        "in our description, five operations have ids of requests without a format",
    ),
    naming(
        "access_is_as_in_ours",
        Needs::Ours,
        ours::access,
        "TypeSpec describes neither shared keys nor the name of the parameter for the account's URL",
    ),
];
