//! Rules about the contents of a single value that no type of the description expresses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Rule;
use crate::request::Object;

/// Returns the reason why an object breaks a rule of these kinds.
pub(super) fn broken(rule: &Rule, object: &Object) -> Option<String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    match rule {
        Rule::Allowed { property, values } => {
            let given = text(property)?;
            let known = values.iter().any(|value| value.eq_ignore_ascii_case(given));
            (!known).then(|| format!("not one of {}", values.join(", ")))
        }
        Rule::NotEmpty(name) => {
            let empty = match object.get(*name)? {
                Value::String(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            empty.then(|| "it must not be empty".to_owned())
        }
        Rule::NatName(name) => (!is_nat_name(text(name)?)).then(|| {
            "expected at most 77 letters, digits, underscores, periods and hyphens, with a letter or digit at the \
             start and a letter, digit or underscore at the end"
                .to_owned()
        }),
        Rule::GalleryImage(name) => (!is_gallery_image(text(name)?)).then(|| {
            "expected the resource id of an image in an Azure Compute Gallery, which ends with \
             /galleries/GALLERY/images/IMAGE or /galleries/GALLERY/images/IMAGE/versions/VERSION"
                .to_owned()
        }),
        Rule::Hexadecimal { property, most } => {
            let digits = text(property)?.chars().filter(|c| !c.is_whitespace());
            let digits: Vec<char> = digits.collect();
            let fits = (1..=*most).contains(&digits.len())
                && digits.iter().all(char::is_ascii_hexdigit);
            (!fits).then(|| format!("expected at most {most} hexadecimal digits"))
        }
        Rule::Base64 { property, most } => match STANDARD.decode(text(property)?) {
            Err(error) => Some(format!("not base64: {error}")),
            Ok(bytes) => (bytes.len() > *most).then(|| format!("at most {most} bytes are allowed")),
        },
        _ => None,
    }
}

/// Source: description of `InboundNATPool.name`.
fn is_nat_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let bytes = name.as_bytes();
    let first = bytes.first().is_some_and(u8::is_ascii_alphanumeric);
    let last = bytes.last();
    let last = last.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    bytes.len() <= 77 && first && last && bytes.iter().copied().all(known)
}

/// Source: description of `ImageReference.virtualMachineImageId`, which also names images outside
/// of galleries; recorded by the tests of the official clients, the service rejects those.
fn is_gallery_image(id: &str) -> bool {
    let parts: Vec<String> = id.split('/').map(str::to_lowercase).collect();
    let gallery = parts.iter().position(|part| part == "galleries");
    let Some(tail) = gallery.and_then(|at| parts.get(at..)) else {
        return false;
    };
    let named = |part: &String| !part.is_empty();
    match tail {
        [_, gallery, images, image] => images == "images" && named(gallery) && named(image),
        [_, gallery, images, image, versions, version] => {
            images == "images"
                && versions == "versions"
                && [gallery, image, version].into_iter().all(named)
        }
        _ => false,
    }
}
