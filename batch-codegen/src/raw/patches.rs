//! Patches of the raw client: its methods build requests and send nothing, and progenitor's output
//! is fixed where no description can keep it from being wrong.
//!
//! Each patch is a named function over the syntax tree and must match as often as it declares.

use openapiv3::{OpenAPI, Parameter, ReferenceOr};
use quote::quote;
use syn::parse_quote;

use super::requests;
use crate::error::{Error, Result};

/// Applies all patches to the client of an adapted document.
pub(super) fn apply(file: &mut syn::File, adapted: &OpenAPI) -> Result<()> {
    let operations = adapted.operations().count();
    check_matches("own_imports", own_imports(file), 2)?;
    check_matches("no_hooks", no_hooks(file), 2)?;
    check_matches("own_client", own_client(file), 2)?;
    check_matches("no_empty_modules", no_empty_modules(file), 2)?;
    check_matches("no_version_header", no_version_header(file), operations)?;
    let translated = requests::translate(file)?;
    check_matches("own_requests", translated.requests, operations)?;
    let queries = query_parameters(adapted);
    check_matches("own_requests: queries", translated.queries, queries)?;
    check_matches(
        "own_requests: bodies that may be absent",
        translated.optional_bodies,
        optional_bodies(adapted),
    )?;
    check_no_progenitor_client(file)
}

fn check_matches(name: &str, matches: usize, expected: usize) -> Result<()> {
    if matches == expected {
        return Ok(());
    }
    Err(Error::new(
        "$",
        format!(
            "the patch `{name}` matched {matches} places in progenitor's client, not {expected}; compare \
             batch-codegen/src/raw/patches.rs with the version of progenitor in Cargo.lock"
        ),
    ))
}

/// Refuses a raw client that needs progenitor's runtime: its users would need it, too.
fn check_no_progenitor_client(file: &syn::File) -> Result<()> {
    if !quote!(#file).to_string().contains("progenitor_client") {
        return Ok(());
    }
    Err(Error::new(
        "$",
        "the raw client still uses progenitor_client after all patches; add a patch to \
         batch-codegen/src/raw/patches.rs that replaces the use",
    ))
}

/// Counts the query parameters of all operations.
fn query_parameters(adapted: &OpenAPI) -> usize {
    let shared = adapted.components.as_ref();
    let is_query = |parameter: &&ReferenceOr<Parameter>| {
        let parameter = match parameter {
            ReferenceOr::Item(item) => Some(item),
            ReferenceOr::Reference { reference } => reference
                .strip_prefix("#/components/parameters/")
                .and_then(|name| shared?.parameters.get(name)?.as_item()),
        };
        matches!(parameter, Some(Parameter::Query { .. }))
    };
    adapted
        .operations()
        .map(|(_, _, operation)| operation.parameters.iter().filter(is_query).count())
        .sum()
}

/// Replaces progenitor-client's imports with our own. Its `encode_path` does not encode `\` and
/// tabs, which the URL parser then rewrites or removes: the request would address another resource
/// than the one that the caller named. [`RequestParts`](requests) checks and encodes segments
/// itself.
fn own_imports(file: &mut syn::File) -> usize {
    let before = file.items.len();
    file.items.retain(|item| {
        let is_import = matches!(item, syn::Item::Use(_));
        !(is_import && quote!(#item).to_string().contains("progenitor_client"))
    });
    let matches = before - file.items.len();
    let ours: syn::ItemUse = parse_quote! {
        use crate::wire::request::{BuildError, RequestParts};
    };
    file.items.insert(0, ours.into());
    matches
}

/// Removes `ClientInfo` and `ClientHooks`: they serve sending, which the transport does.
fn no_hooks(file: &mut syn::File) -> usize {
    let before = file.items.len();
    file.items
        .retain(|item| !matches!(item, syn::Item::Impl(block) if block.trait_.is_some()));
    before - file.items.len()
}

/// Replaces progenitor's client, which holds a `reqwest::Client` with a timeout of 15 s. Ours only
/// builds requests and holds the address alone.
fn own_client(file: &mut syn::File) -> usize {
    let before = file.items.len();
    file.items.retain(|item| match item {
        syn::Item::Struct(client) => client.ident != "Client",
        syn::Item::Impl(block) => !block
            .items
            .iter()
            .any(|item| matches!(item, syn::ImplItem::Fn(f) if f.sig.ident == "new")),
        _ => true,
    });
    let matches = before - file.items.len();
    let client: syn::ItemStruct = parse_quote! {
        /// Builds the requests to one account.
        #[derive(Debug)]
        pub struct Client {
            base: String,
            /// The version of the API that the requests ask for.
            pub version: crate::ApiVersion,
        }
    };
    let constructor: syn::ItemImpl = parse_quote! {
        impl Client {
            /// `base` is the account's endpoint, without a slash at its end.
            pub fn new(base: &str, version: crate::ApiVersion) -> Self {
                Self {
                    base: base.to_owned(),
                    version,
                }
            }
        }
    };
    file.items.insert(1, client.into());
    file.items.insert(2, constructor.into());
    matches
}

/// Removes `types`, whose content our models replace, and `prelude`, which re-exports a private
/// client.
fn no_empty_modules(file: &mut syn::File) -> usize {
    let before = file.items.len();
    file.items.retain(
        |item| !matches!(item, syn::Item::Mod(m) if m.ident == "types" || m.ident == "prelude"),
    );
    before - file.items.len()
}

/// Removes the version header that progenitor adds to every request: the service expects its
/// version in the query.
fn no_version_header(file: &mut syn::File) -> usize {
    let mut matches = 0;
    for method in methods(file) {
        let before = method.block.stmts.len();
        method.block.stmts.retain(|statement| {
            let text = quote!(#statement).to_string();
            !(text.starts_with("header_map . append") && text.contains("\"api-version\""))
        });
        matches += before - method.block.stmts.len();
    }
    matches
}

/// Counts the operations whose body is optional, which the adapted document marks as nullable.
fn optional_bodies(adapted: &OpenAPI) -> usize {
    let is_nullable = |media: &openapiv3::MediaType| {
        let schema = media.schema.as_ref().and_then(ReferenceOr::as_item);
        schema.is_some_and(|schema| schema.schema_data.nullable)
    };
    adapted
        .operations()
        .filter_map(|(_, _, operation)| operation.request_body.as_ref()?.as_item())
        .filter(|body| body.content.values().any(is_nullable))
        .count()
}

fn impls(file: &mut syn::File) -> impl Iterator<Item = &mut syn::ItemImpl> {
    file.items.iter_mut().filter_map(|item| match item {
        syn::Item::Impl(block) if block.trait_.is_none() => Some(block),
        _ => None,
    })
}

/// The methods for operations: those with a receiver.
pub(super) fn methods(file: &mut syn::File) -> impl Iterator<Item = &mut syn::ImplItemFn> {
    impls(file)
        .flat_map(|block| block.items.iter_mut())
        .filter_map(|item| match item {
            syn::ImplItem::Fn(method) if method.sig.receiver().is_some() => Some(method),
            _ => None,
        })
}
