//! Wire names → Rust names.

use heck::{ToKebabCase, ToSnakeCase, ToUpperCamelCase};

/// Parts of names whose words camel case hides, each with a spelling that shows them.
const WORDS: &[(&str, &str)] = &[
    ("GiB", "Gib"),
    ("IOps", "Iops"),
    ("SSDLRS", "SsdLrs"),
    ("Timedout", "TimedOut"),
    ("VNet", "Vnet"),
    ("vTpm", "Vtpm"),
];

fn split_words(name: &str) -> String {
    // Only as the whole name: `resourceTags` contains the same letters.
    if name == "eTag" {
        return "etag".to_owned();
    }
    WORDS.iter().fold(name.to_owned(), |name, (wire, words)| {
        name.replace(wire, words)
    })
}

/// `resizeTimeout` → `resize_timeout`, `publicIPAddress` → `public_ip_address`, `odata.nextLink` →
/// `odata_next_link`.
pub(crate) fn snake(name: &str) -> String {
    split_words(name)
        .replace(['$', '.', '-'], " ")
        .to_snake_case()
}

/// `taskWorkingDirectory` → `TaskWorkingDirectory`.
pub(crate) fn pascal(name: &str) -> String {
    split_words(name).to_upper_camel_case()
}

/// `JobNotFound` → `JOB_NOT_FOUND`.
pub(crate) fn screaming_snake(name: &str) -> String {
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

/// `EnableAutoScale` → `enable-auto-scale`, as in the URLs of the service's documentation.
pub(crate) fn kebab(name: &str) -> String {
    split_words(name).to_kebab_case()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_words_that_camel_case_hides() {
        for (wire, rust) in [
            ("eTag", "etag"),
            ("resourceTags", "resource_tags"),
            ("publicIPAddress", "public_ip_address"),
            ("memoryGiB", "memory_gib"),
            ("readIOps", "read_iops"),
            ("vTpmEnabled", "vtpm_enabled"),
            ("odata.nextLink", "odata_next_link"),
        ] {
            assert_eq!(snake(wire), rust);
        }
    }
}
