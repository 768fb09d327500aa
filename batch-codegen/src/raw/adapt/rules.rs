//! Changes to the document that progenitor 0.15.1 needs, one rule for each.

use std::collections::BTreeSet;

use openapiv3 as oa;
use openapiv3::{OpenAPI, Operation, ReferenceOr};

/// A change to the document for progenitor.
pub struct Rule {
    /// The name in errors and reviews.
    pub name: &'static str,
    /// The reason, with evidence.
    pub reason: &'static str,
    /// Changes the document and returns the number of changed places.
    pub apply: fn(&mut OpenAPI) -> usize,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.name)
    }
}

/// Every rule, in the order in which they apply.
pub const RULES: &[Rule] = &[
    Rule {
        name: "responses_are_read_by_the_client",
        reason: "progenitor panics on `default` beside another success type and on a bodyless 404 beside \
                 typed errors, and a body that it cannot decode loses status and headers; the client reads \
                 responses itself",
        apply: responses_are_read_by_the_client,
    },
    Rule {
        name: "parameters_are_plain",
        reason: "progenitor sends defaults as values, makes bounds NonZero types and formats (uuid, \
                 date-time-rfc1123) types of other crates; the wire format has strings, numbers and booleans",
        apply: parameters_are_plain,
    },
    Rule {
        name: "media_types_without_parameters",
        reason: "progenitor sets application/json whatever parameters the media type has; the transport \
                 puts `odata=minimalmetadata` back",
        apply: media_types_without_parameters,
    },
    Rule {
        name: "optional_bodies_are_nullable",
        reason: "progenitor makes every body required (Job_Terminate and three more have optional ones); as \
                 a nullable body it is an Option, and a patch sends no body for a `None`",
        apply: optional_bodies_are_nullable,
    },
    Rule {
        name: "models_are_ours",
        reason: "progenitor's models are closed enums, empty Vecs for absent arrays, strings for dates; ours \
                 replace them by name, so only the names used in bodies remain",
        apply: models_are_ours,
    },
    Rule {
        name: "prose_stays_with_the_typed_client",
        reason: "the raw client is private: its docs would be some 5,000 lines that nobody can open",
        apply: prose_stays_with_the_typed_client,
    },
];

fn operations(document: &mut OpenAPI) -> impl Iterator<Item = &mut Operation> {
    document
        .paths
        .paths
        .values_mut()
        .filter_map(item_mut)
        .flat_map(|path| {
            [
                &mut path.get,
                &mut path.put,
                &mut path.post,
                &mut path.delete,
                &mut path.head,
                &mut path.patch,
            ]
        })
        .filter_map(Option::as_mut)
}

fn item_mut<T>(place: &mut ReferenceOr<T>) -> Option<&mut T> {
    match place {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { .. } => None,
    }
}

fn data_mut(parameter: &mut oa::Parameter) -> &mut oa::ParameterData {
    match parameter {
        oa::Parameter::Query { parameter_data, .. }
        | oa::Parameter::Header { parameter_data, .. }
        | oa::Parameter::Path { parameter_data, .. }
        | oa::Parameter::Cookie { parameter_data, .. } => parameter_data,
    }
}

/// Calls `change` for every parameter, shared or not, and sums up the counts.
fn each_parameter(
    document: &mut OpenAPI,
    change: impl Fn(&mut oa::ParameterData) -> usize,
) -> usize {
    let own: usize = operations(document)
        .flat_map(|operation| operation.parameters.iter_mut())
        .filter_map(item_mut)
        .map(|parameter| change(data_mut(parameter)))
        .sum();
    let shared: usize = document
        .components
        .iter_mut()
        .flat_map(|components| components.parameters.values_mut())
        .filter_map(item_mut)
        .map(|parameter| change(data_mut(parameter)))
        .sum();
    own + shared
}

fn bodies(document: &mut OpenAPI) -> impl Iterator<Item = &mut oa::RequestBody> {
    operations(document)
        .filter_map(|operation| operation.request_body.as_mut())
        .filter_map(item_mut)
}

fn responses_are_read_by_the_client(document: &mut OpenAPI) -> usize {
    let mut hits = 0;
    for operation in operations(document) {
        operation.responses = oa::Responses::default();
        hits += 1;
    }
    if let Some(components) = &mut document.components {
        components.responses.clear();
    }
    hits
}

fn parameters_are_plain(document: &mut OpenAPI) -> usize {
    each_parameter(document, |parameter| {
        let oa::ParameterSchemaOrContent::Schema(ReferenceOr::Item(schema)) = &mut parameter.format
        else {
            return 0;
        };
        let plain = oa::Schema {
            schema_data: oa::SchemaData::default(),
            schema_kind: oa::SchemaKind::Type(match &schema.schema_kind {
                oa::SchemaKind::Type(oa::Type::Integer(integer)) => {
                    oa::Type::Integer(oa::IntegerType {
                        format: integer.format.clone(),
                        ..Default::default()
                    })
                }
                oa::SchemaKind::Type(oa::Type::Boolean(_)) => {
                    oa::Type::Boolean(oa::BooleanType::default())
                }
                _ => oa::Type::String(oa::StringType::default()),
            }),
        };
        let changed = *schema != plain;
        *schema = plain;
        usize::from(changed)
    })
}

fn media_types_without_parameters(document: &mut OpenAPI) -> usize {
    let mut hits = 0;
    for body in bodies(document) {
        let content = std::mem::take(&mut body.content);
        for (media_type, media) in content {
            let plain = media_type.split(';').next().unwrap_or_default().trim();
            hits += usize::from(plain != media_type);
            body.content.insert(plain.to_owned(), media);
        }
    }
    hits
}

fn optional_bodies_are_nullable(document: &mut OpenAPI) -> usize {
    let mut hits = 0;
    for body in bodies(document).filter(|body| !body.required) {
        body.required = true;
        for schema in body
            .content
            .values_mut()
            .filter_map(|media| media.schema.as_mut())
        {
            let inner = schema.clone();
            *schema = ReferenceOr::Item(oa::Schema {
                schema_data: oa::SchemaData {
                    nullable: true,
                    ..Default::default()
                },
                schema_kind: oa::SchemaKind::AllOf {
                    all_of: vec![inner],
                },
            });
            hits += 1;
        }
    }
    hits
}

fn models_are_ours(document: &mut OpenAPI) -> usize {
    let mut used = BTreeSet::new();
    for body in bodies(document) {
        for schema in body
            .content
            .values()
            .filter_map(|media| media.schema.as_ref())
        {
            used.extend(body_model(schema));
        }
    }
    let Some(components) = &mut document.components else {
        return 0;
    };
    components.schemas.retain(|name, _| used.contains(name));
    for schema in components.schemas.values_mut() {
        *schema = ReferenceOr::Item(oa::Schema {
            schema_data: oa::SchemaData::default(),
            schema_kind: oa::SchemaKind::Type(oa::Type::Object(oa::ObjectType::default())),
        });
    }
    components.schemas.len()
}

fn body_model(schema: &ReferenceOr<oa::Schema>) -> Option<String> {
    match schema {
        ReferenceOr::Reference { reference } => reference
            .strip_prefix("#/components/schemas/")
            .map(str::to_owned),
        ReferenceOr::Item(oa::Schema {
            schema_kind: oa::SchemaKind::AllOf { all_of },
            ..
        }) => all_of.first().and_then(body_model),
        ReferenceOr::Item(_) => None,
    }
}

fn prose_stays_with_the_typed_client(document: &mut OpenAPI) -> usize {
    let mut hits = each_parameter(document, |parameter| {
        usize::from(parameter.description.take().is_some())
    });
    for operation in operations(document) {
        let texts = (operation.summary.take(), operation.description.take());
        hits += usize::from(texts.0.is_some()) + usize::from(texts.1.is_some());
    }
    for body in bodies(document) {
        hits += usize::from(body.description.take().is_some());
    }
    hits
}
