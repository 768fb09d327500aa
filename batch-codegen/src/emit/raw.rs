//! The raw client: progenitor's output for the adapted document, patched so that its methods build
//! requests and send nothing, and where no description can keep progenitor from a mistake.
//!
//! Each patch is a named function over the syntax tree and must hit as often as it says.

use crate::error::{Error, Result};
use heck::ToUpperCamelCase;
use openapiv3::{OpenAPI, Parameter, ReferenceOr};
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};
use quote::quote;
use syn::parse_quote;
use syn::visit_mut::{self, VisitMut};

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
        .with_tag(TagStyle::Merged);
    if let Some(components) = &adapted.components {
        for name in components.schemas.keys() {
            // progenitor looks for the name as it would spell it: `PoolUpgradeOsParameter` for
            // `PoolUpgradeOSParameter`.
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
    let queries = query_parameters(adapted);
    let optional_bodies = optional_bodies(adapted);
    patched("own_imports", own_imports(&mut file), 2)?;
    patched("no_hooks", no_hooks(&mut file), 2)?;
    patched(
        "no_constructor_with_timeout",
        no_constructor_with_timeout(&mut file),
        1,
    )?;
    patched("no_empty_modules", no_empty_modules(&mut file), 2)?;
    patched(
        "no_version_header",
        no_version_header(&mut file),
        operations,
    )?;
    patched(
        "own_query_parameters",
        own_query_parameters(&mut file),
        queries,
    )?;
    patched("absent_bodies", absent_bodies(&mut file), optional_bodies)?;
    patched("requests_only", requests_only(&mut file), operations)?;
    nothing_foreign(&file)?;
    let methods = methods(&mut file)
        .map(|method| raw_method(method))
        .collect();
    Ok(RawClient { file, methods })
}

fn patched(name: &str, hits: usize, expected: usize) -> Result<()> {
    if hits == expected {
        return Ok(());
    }
    Err(Error::new(
        "$",
        format!(
            "the patch `{name}` hit {hits} places in progenitor's client instead of {expected}; compare \
             batch-codegen/src/emit/raw.rs with the version of progenitor in Cargo.lock"
        ),
    ))
}

/// Refuses a raw client that needs progenitor's runtime: its users would, too.
fn nothing_foreign(file: &syn::File) -> Result<()> {
    if !quote!(#file).to_string().contains("progenitor_client") {
        return Ok(());
    }
    Err(Error::new(
        "$",
        "the raw client still names progenitor_client after all patches; add a patch to \
         batch-codegen/src/emit/raw.rs that replaces what it uses",
    ))
}

/// The query parameters of all operations.
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

/// Takes progenitor-client's names out, and our own in. Its `encode_path` lets `\` and tabs
/// through, which the URL parser folds away: the request would address another resource than the
/// caller named.
fn own_imports(file: &mut syn::File) -> usize {
    let before = file.items.len();
    file.items.retain(|item| {
        let is_import = matches!(item, syn::Item::Use(_));
        !(is_import && quote!(#item).to_string().contains("progenitor_client"))
    });
    let hits = before - file.items.len();
    let ours: syn::ItemUse = parse_quote! {
        use crate::wire::path::encode as encode_path;
    };
    let build: syn::ItemUse = parse_quote! {
        use crate::wire::request::{BuildError, OptionalBody as _, QueryParam};
    };
    file.items.insert(0, ours.into());
    file.items.insert(1, build.into());
    hits
}

/// `ClientInfo` and `ClientHooks` serve sending, which is the transport's.
fn no_hooks(file: &mut syn::File) -> usize {
    let before = file.items.len();
    file.items
        .retain(|item| !matches!(item, syn::Item::Impl(block) if block.trait_.is_some()));
    before - file.items.len()
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

/// Writes query parameters through a type of ours, so that progenitor-client is not needed at run
/// time.
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

/// The operations whose body may be absent, which the adapted document says by a nullable schema.
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

/// progenitor sends the JSON `null` for a body that is `None`, where nothing is to be sent.
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
    let mut hits = 0;
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
        hits += 1;
    }
    hits
}

fn impls(file: &mut syn::File) -> impl Iterator<Item = &mut syn::ItemImpl> {
    file.items.iter_mut().filter_map(|item| match item {
        syn::Item::Impl(block) if block.trait_.is_none() => Some(block),
        _ => None,
    })
}

/// The methods that stand for operations: those with a receiver.
fn methods(file: &mut syn::File) -> impl Iterator<Item = &mut syn::ImplItemFn> {
    impls(file)
        .flat_map(|block| block.items.iter_mut())
        .filter_map(|item| match item {
            syn::ImplItem::Fn(method) if method.sig.receiver().is_some() => Some(method),
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
