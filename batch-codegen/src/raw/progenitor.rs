//! The adapted document → Rust, by progenitor.

use heck::ToUpperCamelCase;
use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};

use crate::error::{Error, Result};

/// The client as progenitor writes it.
pub(super) fn generate(adapted: &OpenAPI) -> Result<syn::File> {
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
    syn::parse2(tokens)
        .map_err(|e| Error::new("$", format!("progenitor wrote what is not Rust: {e}")))
}
