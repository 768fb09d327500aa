//! Rewrites progenitor's methods: they send a request and read the response; the rewritten ones
//! only build the request and return it.
//!
//! progenitor's
//!
//! ```ignore
//! let url = format!("{}/jobs/{}", self.baseurl, encode_path(&job_id.to_string()));
//! if let Some(value) = if_match {
//!     header_map.append("If-Match", value.to_string().try_into()?);
//! }
//! let request = self.client.delete(url);
//! let request = request.query(&QueryParam::new("timeout", &timeout)).build()?;
//! ```
//!
//! becomes
//!
//! ```ignore
//! let segments = [("job_id", job_id)];
//! let mut request = RequestParts::new(Method::DELETE, &self.base, "/jobs/{}", &segments);
//! request.header("If-Match", if_match);
//! request.query("timeout", timeout);
//! request.build()
//! ```
//!
//! which gives the compiler less to check (no `?`, no format string, no serializer for a parameter)
//! and writes the address once. A statement that is not of these kinds is an error with its text.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, parse_quote};

use super::patches::methods;
use crate::error::{Error, Result};

/// How many places were translated.
#[derive(Default)]
pub(super) struct Translated {
    pub(super) requests: usize,
    pub(super) queries: usize,
    pub(super) optional_bodies: usize,
}

pub(super) fn translate(file: &mut syn::File) -> Result<Translated> {
    let mut done = Translated::default();
    for method in methods(file) {
        one(method, &mut done)?;
    }
    Ok(done)
}

fn one(method: &mut syn::ImplItemFn, done: &mut Translated) -> Result<()> {
    let name = method.sig.ident.to_string();
    let unknown = |what: &dyn quote::ToTokens| {
        Error::new(
            "$.paths",
            format!(
                "progenitor's method `{name}` has `{}`, which batch-codegen/src/raw/requests.rs cannot \
                 translate; add it there",
                what.to_token_stream()
            ),
        )
    };
    let mut address = None;
    let mut headers = Vec::new();
    let mut request = None;
    for statement in &method.block.stmts {
        match statement {
            syn::Stmt::Local(local) => {
                let value = local.init.as_ref().map(|init| &*init.expr);
                let value = value.ok_or_else(|| unknown(local))?;
                match name_of(&local.pat).as_str() {
                    "url" => address = Some(self::address(value).ok_or_else(|| unknown(value))?),
                    "header_map" => {}
                    // The statements after this one send it and read the response.
                    "request" => {
                        request = Some(value);
                        break;
                    }
                    _ => return Err(unknown(statement)),
                }
            }
            syn::Stmt::Expr(Expr::If(condition), None) => {
                headers.push(header(condition).ok_or_else(|| unknown(condition))?);
            }
            other => return Err(unknown(other)),
        }
    }
    let (Some((path, segments)), Some(request)) = (address, request) else {
        return Err(unknown(&method.block));
    };
    let optional_body = has_optional_body(method);
    let chain = chain(request).ok_or_else(|| unknown(request))?;
    let mut parts = Vec::new();
    for (step, arguments) in chain.steps {
        match (step.as_str(), arguments.as_slice()) {
            ("query", [pair]) => {
                let (wire, value) = pair_of(pair).ok_or_else(|| unknown(pair))?;
                parts.push(quote! { request.query(#wire, #value); });
                done.queries += 1;
            }
            ("json", _) if optional_body => {
                parts.push(quote! {
                    if let Some(body) = body {
                        request.json(body);
                    }
                });
                done.optional_bodies += 1;
            }
            ("json", _) => parts.push(quote! { request.json(body); }),
            ("headers" | "build", _) => {}
            _ => return Err(unknown(request)),
        }
    }
    let verb = quote::format_ident!("{}", chain.verb.to_uppercase());
    method.block = parse_quote! {{
        let mut request = RequestParts::new(
            ::reqwest::Method::#verb,
            &self.base,
            #path,
            &[#(#segments),*],
        );
        #(#headers)*
        #(#parts)*
        request.build()
    }};
    method.sig.asyncness = None;
    method.sig.output = parse_quote! { -> Result<reqwest::Request, BuildError> };
    honest_docs(method);
    done.requests += 1;
    Ok(())
}

/// `Sends a` → `Builds a`.
fn honest_docs(method: &mut syn::ImplItemFn) {
    for attribute in &mut method.attrs {
        let text = quote!(#attribute).to_string();
        if let Some((before, rest)) = text.split_once("Sends a ")
            && let Ok(honest) = format!("{before}Builds a {rest}").parse::<TokenStream>()
        {
            *attribute = parse_quote! { #honest };
        }
    }
}

fn has_optional_body(method: &syn::ImplItemFn) -> bool {
    method.sig.inputs.iter().any(|input| {
        let text = quote!(#input).to_string();
        text.starts_with("body : Option <")
    })
}

fn name_of(pattern: &syn::Pat) -> String {
    match pattern {
        syn::Pat::Ident(name) => name.ident.to_string(),
        _ => String::new(),
    }
}

/// Arguments of `format!`.
struct Arguments(Vec<Expr>);

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let all = input.parse_terminated(Expr::parse, syn::Token![,])?;
        Ok(Self(all.into_iter().collect()))
    }
}

/// `format!("{}/jobs/{}", self.baseurl, encode_path(&job_id.to_string()))` → `/jobs/{}` and
/// `("job_id", job_id)`.
fn address(value: &Expr) -> Option<(String, Vec<TokenStream>)> {
    let Expr::Macro(format) = value else {
        return None;
    };
    let Arguments(arguments) = format.mac.parse_body().ok()?;
    let [Expr::Lit(text), _base, segments @ ..] = arguments.as_slice() else {
        return None;
    };
    let syn::Lit::Str(text) = &text.lit else {
        return None;
    };
    let text = text.value();
    let segments = segments.iter().map(|segment| {
        let Expr::Call(encode) = segment else {
            return None;
        };
        let Expr::Reference(text) = encode.args.first()? else {
            return None;
        };
        let Expr::MethodCall(text) = &*text.expr else {
            return None;
        };
        let name = &text.receiver;
        let label = quote!(#name).to_string();
        Some(quote! { (#label, #name) })
    });
    Some((
        text.strip_prefix("{}")?.to_owned(),
        segments.collect::<Option<_>>()?,
    ))
}

/// `if let Some(value) = if_match { header_map.append("If-Match", …); }`
fn header(condition: &syn::ExprIf) -> Option<TokenStream> {
    let Expr::Let(some) = &*condition.cond else {
        return None;
    };
    let value = &some.expr;
    let [syn::Stmt::Expr(Expr::MethodCall(append), _)] = condition.then_branch.stmts.as_slice()
    else {
        return None;
    };
    let name = append.args.first().filter(|_| append.method == "append")?;
    Some(quote! { request.header(#name, #value); })
}

/// `self.client.get(url)` and what is called on it.
struct Chain {
    verb: String,
    steps: Vec<(String, Vec<Expr>)>,
}

fn chain(request: &Expr) -> Option<Chain> {
    let mut steps = Vec::new();
    let mut rest = match request {
        Expr::Try(tried) => &*tried.expr,
        other => other,
    };
    while let Expr::MethodCall(call) = rest {
        let name = call.method.to_string();
        if let Expr::Field(_) = &*call.receiver {
            steps.reverse();
            return Some(Chain { verb: name, steps });
        }
        steps.push((name, call.args.iter().cloned().collect()));
        rest = &call.receiver;
    }
    None
}

/// `&progenitor_client::QueryParam::new("timeout", &timeout)` → `"timeout"`, `timeout`.
fn pair_of(pair: &Expr) -> Option<(&Expr, &Expr)> {
    let Expr::Reference(pair) = pair else {
        return None;
    };
    let Expr::Call(new) = &*pair.expr else {
        return None;
    };
    let mut arguments = new.args.iter();
    let (name, value) = (arguments.next()?, arguments.next()?);
    match value {
        Expr::Reference(value) => Some((name, &value.expr)),
        _ => None,
    }
}
