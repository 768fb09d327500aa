//! The raw client: what progenitor makes of the adapted document, with the places mended that no
//! description can keep it from getting wrong.
//!
//! Each mend is a named function over the syntax tree and must hit as often as it says.

use crate::error::{Error, Result};
use heck::ToUpperCamelCase;
use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use quote::quote;
use syn::parse_quote;

/// The arguments of one method of the raw client, in order.
#[derive(Debug, Clone)]
pub(crate) struct RawMethod {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
}

pub(crate) struct RawClient {
    pub(crate) file: syn::File,
    pub(crate) methods: Vec<RawMethod>,
}

pub(crate) fn emit(adapted: &OpenAPI) -> Result<RawClient> {
    let mut settings = GenerationSettings::new();
    settings
        // Compiles fastest of progenitor's styles; the typed client is our own.
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        // A client without its hooks (which sign and send) does not compile.
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { crate::transport::Call });
    if let Some(components) = &adapted.components {
        for name in components.schemas.keys() {
            // progenitor looks for the name as it would spell it: `PoolUpgradeOsParameter` for `PoolUpgradeOSParameter`.
            settings.with_replacement(
                name.to_upper_camel_case(),
                format!("crate::models::{name}"),
                std::iter::empty::<TypeImpl>(),
            );
        }
    }
    let tokens = Generator::new(&settings)
        .generate_tokens(adapted)
        .map_err(|e| Error::new("$", format!("progenitor: {e}")))?;
    let mut file: syn::File = syn::parse2(tokens)
        .map_err(|e| Error::new("$", format!("progenitor wrote what is not Rust: {e}")))?;

    let operations = adapted.operations().count();
    mended("path_encoding", path_encoding(&mut file), 1)?;
    mended(
        "no_constructor_with_timeout",
        no_constructor_with_timeout(&mut file),
        1,
    )?;
    mended("no_empty_modules", no_empty_modules(&mut file), 2)?;
    mended(
        "no_version_header",
        no_version_header(&mut file),
        operations,
    )?;
    mended(
        "untouched_responses",
        untouched_responses(&mut file),
        operations,
    )?;
    let methods = methods(&mut file)
        .map(|method| raw_method(method))
        .collect();
    Ok(RawClient { file, methods })
}

fn mended(name: &str, hits: usize, expected: usize) -> Result<()> {
    if hits == expected {
        return Ok(());
    }
    Err(Error::new(
        "$",
        format!(
            "the mend `{name}` hit {hits} places in progenitor's client instead of {expected}; look at \
             batch-codegen/src/emit/raw.rs beside the version of progenitor in Cargo.lock"
        ),
    ))
}

/// progenitor's encoding lets `\` and tabs through, which the URL parser folds away: other resources
/// would be addressed than were named.
fn path_encoding(file: &mut syn::File) -> usize {
    let mut hits = 0;
    for item in &mut file.items {
        if let syn::Item::Use(import) = item
            && matches!(import.vis, syn::Visibility::Inherited)
            && quote!(#import).to_string().contains("encode_path")
        {
            *import = parse_quote! {
                use progenitor_client::{ClientHooks, OperationInfo};
            };
            hits += 1;
        } else if let syn::Item::Use(import) = item
            && quote!(#import).to_string().contains("ResponseValue")
        {
            *import = parse_quote! {
                use progenitor_client::{ClientInfo, Error};
            };
        }
    }
    file.items.insert(
        0,
        parse_quote! { use crate::wire::path::encode as encode_path; },
    );
    hits
}

/// `Client::new` sets a total timeout of 15 s, which would cut off downloads.
fn no_constructor_with_timeout(file: &mut syn::File) -> usize {
    let mut hits = 0;
    for block in impls(file) {
        let before = block.items.len();
        block
            .items
            .retain(|item| !matches!(item, syn::ImplItem::Fn(f) if f.sig.ident == "new"));
        hits += before - block.items.len();
    }
    hits
}

/// `types` holds only what our models replace, `prelude` re-exports a private client.
fn no_empty_modules(file: &mut syn::File) -> usize {
    let before = file.items.len();
    file.items.retain(
        |item| !matches!(item, syn::Item::Mod(m) if m.ident == "types" || m.ident == "prelude"),
    );
    before - file.items.len()
}

/// The service wants its version in the query; progenitor also appends a header to every request.
fn no_version_header(file: &mut syn::File) -> usize {
    let mut hits = 0;
    for method in methods(file) {
        let before = method.block.stmts.len();
        method.block.stmts.retain(|statement| {
            let text = quote!(#statement).to_string();
            !(text.starts_with("header_map . append") && text.contains("\"api-version\""))
        });
        hits += before - method.block.stmts.len();
    }
    hits
}

/// Responses go to the client as they came: with status, headers and an unread body.
fn untouched_responses(file: &mut syn::File) -> usize {
    let mut hits = 0;
    for method in methods(file) {
        if let Some(syn::Stmt::Expr(last @ syn::Expr::Match(_), None)) =
            method.block.stmts.last_mut()
        {
            *last = parse_quote! { Ok(response) };
            method.sig.output = parse_quote! { -> Result<reqwest::Response, Error<()>> };
            hits += 1;
        }
    }
    hits
}

fn impls(file: &mut syn::File) -> impl Iterator<Item = &mut syn::ItemImpl> {
    file.items.iter_mut().filter_map(|item| match item {
        syn::Item::Impl(block) if block.trait_.is_none() => Some(block),
        _ => None,
    })
}

/// The methods that stand for operations.
fn methods(file: &mut syn::File) -> impl Iterator<Item = &mut syn::ImplItemFn> {
    impls(file)
        .flat_map(|block| block.items.iter_mut())
        .filter_map(|item| match item {
            syn::ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method),
            _ => None,
        })
}

fn raw_method(method: &syn::ImplItemFn) -> RawMethod {
    let arguments = method.sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(argument) => match &*argument.pat {
            syn::Pat::Ident(name) => Some(name.ident.to_string()),
            _ => None,
        },
        syn::FnArg::Receiver(_) => None,
    });
    RawMethod {
        name: method.sig.ident.to_string(),
        arguments: arguments.collect(),
    }
}
