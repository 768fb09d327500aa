//! Patches of the raw client: its methods build requests and send nothing, and progenitor's output
//! is fixed where no description can keep it from being wrong.
//!
//! Each patch is a named function over the syntax tree and must match as often as it declares.

use openapiv3::{OpenAPI, Parameter, ReferenceOr};
use quote::quote;
use syn::parse_quote;
use syn::visit_mut::{self, VisitMut};

use crate::error::{Error, Result};

/// Applies all patches to the client of an adapted document.
pub(super) fn apply(file: &mut syn::File, adapted: &OpenAPI) -> Result<()> {
    let operations = adapted.operations().count();
    check_matches("own_imports", own_imports(file), 2)?;
    check_matches("no_hooks", no_hooks(file), 2)?;
    check_matches(
        "no_constructor_with_timeout",
        no_constructor_with_timeout(file),
        1,
    )?;
    check_matches("no_empty_modules", no_empty_modules(file), 2)?;
    check_matches("no_version_header", no_version_header(file), operations)?;
    let queries = query_parameters(adapted);
    check_matches("own_query_parameters", own_query_parameters(file), queries)?;
    check_matches(
        "absent_bodies",
        absent_bodies(file),
        optional_bodies(adapted),
    )?;
    check_matches("requests_only", requests_only(file), operations)?;
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
/// than the one that the caller named.
fn own_imports(file: &mut syn::File) -> usize {
    let before = file.items.len();
    file.items.retain(|item| {
        let is_import = matches!(item, syn::Item::Use(_));
        !(is_import && quote!(#item).to_string().contains("progenitor_client"))
    });
    let matches = before - file.items.len();
    let ours: syn::ItemUse = parse_quote! {
        use crate::wire::path::encode as encode_path;
    };
    let build: syn::ItemUse = parse_quote! {
        use crate::wire::request::{BuildError, OptionalBody as _, QueryParam};
    };
    file.items.insert(0, ours.into());
    file.items.insert(1, build.into());
    matches
}

/// Removes `ClientInfo` and `ClientHooks`: they serve sending, which the transport does.
fn no_hooks(file: &mut syn::File) -> usize {
    let before = file.items.len();
    file.items
        .retain(|item| !matches!(item, syn::Item::Impl(block) if block.trait_.is_some()));
    before - file.items.len()
}

/// Removes `Client::new`, which sets a total timeout of 15 s that would cut off downloads.
fn no_constructor_with_timeout(file: &mut syn::File) -> usize {
    let mut matches = 0;
    for block in impls(file) {
        let before = block.items.len();
        block
            .items
            .retain(|item| !matches!(item, syn::ImplItem::Fn(f) if f.sig.ident == "new"));
        matches += before - block.items.len();
    }
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

/// Writes query parameters through a type of our own, so that progenitor-client is not needed at
/// run time.
fn own_query_parameters(file: &mut syn::File) -> usize {
    struct Replace(usize);
    impl VisitMut for Replace {
        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            let is_foreign = path
                .segments
                .first()
                .is_some_and(|s| s.ident == "progenitor_client");
            if is_foreign && path.segments.iter().any(|s| s.ident == "QueryParam") {
                *path = parse_quote! { QueryParam::new };
                self.0 += 1;
            }
            visit_mut::visit_path_mut(self, path);
        }
    }
    let mut replace = Replace(0);
    replace.visit_file_mut(file);
    replace.0
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

fn has_optional_body(method: &syn::ImplItemFn) -> bool {
    method.sig.inputs.iter().any(|input| {
        let text = quote!(#input).to_string();
        text.starts_with("body : Option <")
    })
}

/// Sends no body for `None`, where progenitor would send the JSON `null`.
fn absent_bodies(file: &mut syn::File) -> usize {
    struct Replace(usize);
    impl VisitMut for Replace {
        fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
            if call.method == "json" {
                call.method = parse_quote! { optional_json };
                call.args = parse_quote! { body };
                self.0 += 1;
            }
            visit_mut::visit_expr_method_call_mut(self, call);
        }
    }
    let mut replace = Replace(0);
    for method in methods(file).filter(|method| has_optional_body(method)) {
        replace.visit_block_mut(&mut method.block);
    }
    replace.0
}

/// Returns the built request where progenitor would send it, call hooks and read the response.
fn requests_only(file: &mut syn::File) -> usize {
    let mut matches = 0;
    for method in methods(file) {
        let statements = &mut method.block.stmts;
        let built = statements.iter().position(|statement| {
            matches!(statement, syn::Stmt::Local(local)
                if matches!(&local.pat, syn::Pat::Ident(name) if name.ident == "request"))
        });
        let Some(built) = built else { continue };
        statements.truncate(built + 1);
        let Some(syn::Stmt::Local(syn::Local {
            init: Some(init), ..
        })) = statements.pop()
        else {
            continue;
        };
        let request = init.expr;
        statements.push(syn::Stmt::Expr(parse_quote! { Ok(#request) }, None));
        method.sig.asyncness = None;
        for attribute in &mut method.attrs {
            let text = quote!(#attribute).to_string();
            if let Some((before, rest)) = text.split_once("Sends a ")
                && let Ok(honest) =
                    format!("{before}Builds a {rest}").parse::<proc_macro2::TokenStream>()
            {
                *attribute = parse_quote! { #honest };
            }
        }
        method.sig.output = parse_quote! { -> Result<reqwest::Request, BuildError> };
        matches += 1;
    }
    matches
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
