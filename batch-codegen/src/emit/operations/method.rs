//! The method that makes a call, with its docs.

use proc_macro2::TokenStream;
use quote::quote;

use super::examples;
use crate::api::facts::Repeat;
use crate::api::{Api, Operation, Returns, Scalar};
use crate::emit::shape::{argument, builder_name, field, method_name, own_parameters, shared};
use crate::emit::{docs, repeats};
use crate::names::{ident, kebab, snake};

pub(super) fn method(api: &Api, operation: &Operation) -> TokenStream {
    let name = method_name(operation);
    let builder = builder_name(operation);
    let mut arguments: Vec<TokenStream> = own_parameters(operation)
        .filter(|p| p.required)
        .map(|parameter| {
            let name = field(parameter);
            let kind = argument(parameter.scalar);
            quote! { #name: #kind }
        })
        .collect();
    let mut fields: Vec<TokenStream> = own_parameters(operation)
        .filter(|parameter| shared(api, operation, parameter).is_none())
        .map(|parameter| {
            let name = field(parameter);
            match (parameter.required, parameter.scalar) {
                (true, Scalar::Text) => quote! { #name: #name.into() },
                (true, _) => quote! { #name },
                (false, _) => quote! { #name: None },
            }
        })
        .collect();
    if let Some(body) = &operation.body {
        let model = ident(&body.model);
        if body.required {
            arguments.push(quote! { body: models::#model });
            fields.push(quote! { body });
        } else {
            fields.push(quote! { body: None });
        }
    }
    let docs = docs::attributes(&method_docs(api, operation));
    let aliases = docs::aliases(&operation.aliases);
    let deprecated = operation.deprecated.then(|| {
        quote! { #[deprecated = "the service plans to remove this operation"] }
    });
    let accepting = accepting(operation, &arguments, deprecated.as_ref());
    quote! {
        #docs
        #aliases
        #deprecated
        pub fn #name(&self, #(#arguments),*) -> Call<#builder> {
            Call::new(&self.client, #builder { #(#fields),* })
        }
        #accepting
    }
}

/// The method that also accepts an existing resource, or a missing one.
fn accepting(
    operation: &Operation,
    arguments: &[TokenStream],
    deprecated: Option<&TokenStream>,
) -> Option<TokenStream> {
    let (suffix, setter, wrapper, text) = match operation.repeat {
        Repeat::Adds { .. } => (
            "_if_absent",
            quote! { if_absent },
            quote! { crate::IfAbsent },
            "and accepts an existing resource of the same id, which is compared with this one. \
             Awaited, it returns [`AddedIfAbsent`](crate::AddedIfAbsent).",
        ),
        Repeat::Deletes { .. } => (
            "_if_present",
            quote! { if_present },
            quote! { crate::IfPresent },
            "and accepts that there is none. Awaited, it returns `true` if there was one, and \
             `false` otherwise.",
        ),
        _ => return None,
    };
    let method = method_name(operation);
    let name = ident(&format!("{}{suffix}", snake(&operation.name)));
    let builder = builder_name(operation);
    let docs = format!(" Calls [`{method}`](Self::{method}), {text}");
    let passed = own_parameters(operation)
        .filter(|parameter| parameter.required)
        .map(field)
        .chain(
            operation
                .body
                .iter()
                .filter(|b| b.required)
                .map(|_| ident("body")),
        );
    let allow = deprecated.map(|_| quote! { #[allow(deprecated)] });
    Some(quote! {
        #[doc = #docs]
        #deprecated
        #allow
        pub fn #name(&self, #(#arguments),*) -> #wrapper<#builder> {
            self.#method(#(#passed),*).#setter()
        }
    })
}

fn method_docs(api: &Api, operation: &Operation) -> String {
    let builder = builder_name(operation);
    let mut required: Vec<String> = own_parameters(operation)
        .filter(|p| p.required)
        .map(|p| docs::prose(&format!("- `{}`: {}", snake(&p.client), p.docs)))
        .collect();
    if let Some(body) = operation.body.as_ref().filter(|body| body.required) {
        required.push(docs::prose(&format!("- `body`: {}", body.docs)));
    }
    let mut optional: Vec<String> = own_parameters(operation)
        .filter(|p| !p.required)
        .map(|p| {
            let name = snake(&p.client);
            let setter = field(p);
            match shared(api, operation, p) {
                Some(_) => format!("[`{name}`](Call::{setter})"),
                None => format!("[`{name}`](Call::<{builder}>::{setter})"),
            }
        })
        .collect();
    if operation.body.as_ref().is_some_and(|body| !body.required) {
        optional.push(format!("[`body`](Call::<{builder}>::body)"));
    }
    let optional = match optional.as_slice() {
        [] => String::new(),
        names => docs::linked(&format!("Optional: {}.", names.join(", "))),
    };
    let (group, name) = operation.id.split_once('_').unwrap_or_default();
    let page = format!(
        "`{}` · `{} {}` · [service page](https://learn.microsoft.com/rest/api/batchservice/{}/{})",
        operation.id,
        operation.method.to_uppercase(),
        operation.path,
        kebab(group),
        kebab(name),
    );
    docs::paragraphs(&[
        docs::prose(&operation.summary),
        docs::prose(&operation.description),
        required.join("\n"),
        optional,
        versions(operation),
        returns_docs(operation),
        docs::prose(&repeats::sentence(operation).unwrap_or_default()),
        examples::operation(api, operation),
        page,
    ])
}

/// Returns the versions that have the operation, unless all have it.
fn versions(operation: &Operation) -> String {
    let Some(sentence) = operation.span.sentence() else {
        return String::new();
    };
    docs::linked(&format!(
        "{sentence} A client for another version refuses the call; see \
         [`api_version`](crate::ClientBuilder::api_version)."
    ))
}

fn returns_docs(operation: &Operation) -> String {
    let codes: Vec<String> = operation
        .success
        .iter()
        .map(|(code, text)| format!("{code} ({})", text.trim_end_matches('.')))
        .collect();
    let extra = match operation.returns {
        Returns::Existence => " If the service responds with 404, the call returns `false`.",
        Returns::Page { .. } => {
            " Awaiting the call returns one page; [`stream`](Call::stream) returns the items of all \
             pages, [`pages`](Call::pages) the pages."
        }
        Returns::Bytes => " The body is a stream, which is read as it is polled.",
        _ => "",
    };
    // Text of the description is escaped; text written here has links.
    let codes = docs::prose(&codes.join(" or ")).replace('\n', " ");
    docs::linked(&format!(
        "The service responds with {codes}. Any other response is an [`Error`].{extra}"
    ))
}
