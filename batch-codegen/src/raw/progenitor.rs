//! Runs progenitor on the adapted document.

use heck::ToUpperCamelCase;
use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};

use crate::error::{Error, Result};

/// Generates the client with progenitor, unpatched.
pub(super) fn generate(adapted: &OpenAPI) -> Result<syn::File> {
    let mut settings = GenerationSettings::new();
    settings
        // The fastest of progenitor's styles to compile; the typed client is our own.
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged);
    if let Some(components) = &adapted.components {
        for name in components.schemas.keys() {
            // progenitor looks up the name in its own spelling: `PoolUpgradeOsParameter` for
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
        .map_err(|e| Error::new("$", format!("progenitor cannot generate the client: {e}")))?;
    syn::parse2(tokens)
        .map_err(|e| Error::new("$", format!("progenitor generated invalid Rust: {e}")))
}
