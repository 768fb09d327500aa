//! Calls of operations by name, with arguments as strings and JSON, through the typed client.
//!
//! The library does not contain them. The example `call` and the tests include the file and provide
//! the type `Input`, which reads arguments, and the type `Output`, which receives responses.

use proc_macro2::TokenStream;
use quote::quote;

use super::shape;
use crate::api::{Api, Operation, Parameter, Returns, Scalar};
use crate::names::{ident, snake};

pub(crate) fn emit(api: &Api) -> TokenStream {
    let arms = api.operations().map(arm);
    let ids = api.operations().map(|operation| &operation.id);
    let count = api.operations().count();
    let models = models(api);
    quote! {
        use batch_client::Client;

        use super::{Failure, Input, Output};

        #[doc = " Every operation id of the description."]
        pub(crate) const OPERATIONS: [&str; #count] = [#(#ids),*];

        #models

        #[doc = " Calls an operation by its id."]
        #[allow(deprecated, clippy::too_many_lines)]
        pub(crate) async fn call(client: &Client, operation: &str, mut input: Input) -> Result<Output, Failure> {
            match operation {
                #(#arms)*
                other => Err(Failure::unknown_operation(other, &OPERATIONS)),
            }
        }
    }
}

/// The table by which unknown properties of a body are found.
fn models(api: &Api) -> TokenStream {
    let bodies = api.operations().filter_map(|operation| {
        let body = operation.body.as_ref()?;
        Some(body.model.as_str())
    });
    let rows: Vec<TokenStream> = api
        .reached(bodies)
        .iter()
        .filter_map(|name| api.model(name))
        .map(|model| {
            let name = &model.name;
            let properties = model.properties.iter().map(|property| {
                let (wire, model) = (&property.wire, property.kind.model().unwrap_or_default());
                quote! { (#wire, #model) }
            });
            quote! { (#name, &[#(#properties),*]) }
        })
        .collect();
    let count = rows.len();
    quote! {
        #[doc = " The models that a body can contain: the names of their properties on the wire, each"]
        #[doc = " with the model of its value or items, if it has one."]
        pub(crate) const MODELS: [(&str, &[(&str, &str)]); #count] = [#(#rows),*];
    }
}

fn arm(operation: &Operation) -> TokenStream {
    let id = &operation.id;
    let group = ident(&snake(id.split('_').next().unwrap_or_default()));
    let name = ident(&snake(&operation.name));
    let mut arguments: Vec<TokenStream> = shape::own_parameters(operation)
        .filter(|p| p.required)
        .map(|p| {
            let (wire, reader) = (&p.wire, reader(p));
            quote! { input.required(#wire, Input::#reader)? }
        })
        .collect();
    let setters = shape::own_parameters(operation)
        .filter(|p| !p.required)
        .map(|p| {
            let (wire, reader, setter) = (&p.wire, reader(p), shape::field(p));
            quote! {
                if let Some(value) = input.#reader(#wire)? {
                    call = call.#setter(value);
                }
            }
        });
    let mut body_setter = None;
    if let Some(body) = &operation.body {
        let model = &body.model;
        if body.required {
            arguments.push(quote! { input.required_body(#model, &MODELS)? });
        } else {
            body_setter = Some(quote! {
                if let Some(body) = input.body(#model, &MODELS)? {
                    call = call.body(body);
                }
            });
        }
    }
    let finish = match &operation.returns {
        Returns::Nothing => quote! { Output::nothing(call.await?) },
        Returns::Existence => quote! { Output::existence(call.await?) },
        Returns::FileProperties => quote! { Output::file_properties(call.await?) },
        Returns::Bytes => quote! { Output::download(call.await?) },
        Returns::Model(_) => quote! { Output::model(call.await?) },
        Returns::Page { model, .. } => {
            let model = ident(model);
            quote! {
                if all {
                    Output::items(call.pages()).await
                } else {
                    Output::page::<batch_client::models::#model>(call.raw().await?).await
                }
            }
        }
    };
    // Read before `finish`, which refuses arguments that were not read.
    let all = matches!(operation.returns, Returns::Page { .. }).then(|| {
        quote! { let all = input.all(); }
    });
    quote! {
        #id => {
            #[allow(unused_mut)]
            let mut call = client.#group().#name(#(#arguments),*);
            #(#setters)*
            #body_setter
            if let Some(value) = input.integer("timeout")? {
                call = call.server_timeout(value);
            }
            if let Some(value) = input.text("client-request-id")? {
                call = call.client_request_id(value);
            }
            if let Some(value) = input.boolean("return-client-request-id")? {
                call = call.return_client_request_id(value);
            }
            if let Some(value) = input.date("ocp-date")? {
                call = call.ocp_date(value);
            }
            #all
            input.finish(#id)?;
            #finish
        }
    }
}

fn reader(parameter: &Parameter) -> proc_macro2::Ident {
    ident(match parameter.scalar {
        Scalar::Text => "text",
        Scalar::Integer => "integer",
        Scalar::Long => "long",
        Scalar::Boolean => "boolean",
        Scalar::DateTime | Scalar::HttpDate => "date",
    })
}
