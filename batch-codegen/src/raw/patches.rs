//! Patches of the raw client, for what no description can keep progenitor from getting wrong.
//!
//! Each patch is a named function over the syntax tree and must hit as often as it says.

use crate::error::{Error, Result};
use quote::quote;
use syn::parse_quote;

/// Applies all patches to the client of so many operations.
pub(super) fn apply(file: &mut syn::File, operations: usize) -> Result<()> {
    patched("path_encoding", path_encoding(file), 1)?;
    patched(
        "no_constructor_with_timeout",
        no_constructor_with_timeout(file),
        1,
    )?;
    patched("no_empty_modules", no_empty_modules(file), 2)?;
    patched("no_version_header", no_version_header(file), operations)?;
    patched("untouched_responses", untouched_responses(file), operations)
}

fn patched(name: &str, hits: usize, expected: usize) -> Result<()> {
    if hits == expected {
        return Ok(());
    }
    Err(Error::new(
        "$",
        format!(
            "the patch `{name}` hit {hits} places in progenitor's client instead of {expected}; look at \
             batch-codegen/src/raw/patches.rs beside the version of progenitor in Cargo.lock"
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
pub(super) fn methods(file: &mut syn::File) -> impl Iterator<Item = &mut syn::ImplItemFn> {
    impls(file)
        .flat_map(|block| block.items.iter_mut())
        .filter_map(|item| match item {
            syn::ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method),
            _ => None,
        })
}
