//! Wire names → Rust names.

use heck::{ToKebabCase, ToSnakeCase, ToUpperCamelCase};

/// Pieces of names in which camel case hides where the words are, with a spelling that shows it.
const WORDS: &[(&str, &str)] = &[
    ("eTag", "etag"),
    ("GiB", "Gib"),
    ("IOps", "Iops"),
    ("SSDLRS", "SsdLrs"),
    ("Timedout", "TimedOut"),
    ("VNet", "Vnet"),
    ("vTpm", "Vtpm"),
];

fn spelled(name: &str) -> String {
    WORDS.iter().fold(name.to_owned(), |name, (wire, words)| {
        name.replace(wire, words)
    })
}

/// `resizeTimeout` → `resize_timeout`, `publicIPAddress` → `public_ip_address`, `odata.nextLink` → `odata_next_link`.
pub(crate) fn snake(name: &str) -> String {
    spelled(name).replace(['$', '.', '-'], " ").to_snake_case()
}

/// `taskWorkingDirectory` → `TaskWorkingDirectory`.
pub(crate) fn pascal(name: &str) -> String {
    spelled(name).to_upper_camel_case()
}

/// `JobNotFound` → `JOB_NOT_FOUND`.
pub(crate) fn shouting(name: &str) -> String {
    snake(name).to_uppercase()
}

/// An identifier, raw where the name is a keyword.
pub(crate) fn ident(name: &str) -> proc_macro2::Ident {
    let span = proc_macro2::Span::call_site();
    match syn::parse_str::<syn::Ident>(name) {
        Ok(_) => proc_macro2::Ident::new(name, span),
        Err(_) => proc_macro2::Ident::new_raw(name, span),
    }
}

/// `EnableAutoScale` → `enable-auto-scale`, as in the addresses of the service's pages.
pub(crate) fn kebab(name: &str) -> String {
    spelled(name).to_kebab_case()
}
