//! Paths of the public Rust items that a description leads to, for the diff.
//!
//! Every name comes from the function that the emitter of the item takes it from.

use super::{enums, headers, models, shape, types};
use crate::api::{Api, Enum, Header, Kind, Model, Operation, Parameter, Property, Variant};
use crate::names::{ident, snake};

/// `batch_client::API_VERSION`.
pub(crate) const API_VERSION: &str = "batch_client::API_VERSION";

/// A model or an enum.
pub(crate) fn model(name: &str) -> String {
    format!("batch_client::models::{}", ident(name))
}

pub(crate) fn variant(of: &Enum, variant: &Variant) -> String {
    format!(
        "{}::{}",
        model(&of.name),
        ident(&enums::variant_name(variant))
    )
}

pub(crate) fn field(of: &Model, property: &Property) -> String {
    format!("{}::{}", model(&of.name), types::field(property))
}

/// The type of the field.
pub(crate) fn field_type(of: &Model, property: &Property, kind: &Kind) -> String {
    let kind = types::owned(kind);
    if types::is_plain(of, property) {
        kind.to_string()
    } else {
        format!("Option < {kind} >")
    }
}

/// Returns true if the model derives `Default`.
pub(crate) fn has_default(of: &Model) -> bool {
    models::has_default(of)
}

/// Returns the arguments of `new`, in order.
pub(crate) fn arguments(of: &Model) -> Vec<&Property> {
    models::arguments(of)
}

/// Returns true if the model has a `new`.
pub(crate) fn has_constructor(of: &Model) -> bool {
    models::has_constructor(of)
}

/// The constructor `new`, which models that are sent have.
pub(crate) fn constructor(of: &Model) -> String {
    format!("{}::new", model(&of.name))
}

fn group(of: &Operation) -> String {
    let group = of.id.split('_').next().unwrap_or_default();
    format!("batch_client::operations::{}", ident(&snake(group)))
}

/// The method that makes a call.
pub(crate) fn operation(of: &Operation) -> String {
    format!("{}::Operations::{}", group(of), shape::method_name(of))
}

/// The setter of an optional parameter: a method of `Call` of this operation, named here under the
/// operation's own type.
pub(crate) fn setter(of: &Operation, parameter: &Parameter) -> String {
    format!("{}::{}", builder(of), shape::field(parameter))
}

/// The setter of an optional body.
pub(crate) fn body_setter(of: &Operation) -> String {
    format!("{}::body", builder(of))
}

fn builder(of: &Operation) -> String {
    format!("{}::{}", group(of), shape::builder_name(of))
}

/// Returns true if the parameter belongs to the operation and not to every call.
pub(crate) fn is_own(of: &Operation, parameter: &Parameter) -> bool {
    shape::own_parameters(of).any(|own| own.wire == parameter.wire)
}

/// The type of an argument or setter.
pub(crate) fn parameter_type(parameter: &Parameter) -> String {
    shape::stored(parameter.scalar).to_string()
}

/// The type of the response.
pub(crate) fn output(of: &Operation, api: &Api) -> String {
    shape::output(of, api).to_string()
}

/// The item through which users read a response header, with its type.
pub(crate) fn header(of: &Operation, header: &Header) -> (String, String) {
    let kind = headers::kind(header.scalar).to_string();
    if headers::in_file_properties(of, header) {
        let name = headers::field(header);
        (format!("batch_client::FileProperties::{name}"), kind)
    } else {
        let name = headers::accessor_name(header);
        (format!("batch_client::Response::{name}"), kind)
    }
}
