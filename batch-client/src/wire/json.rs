//! Checks of JSON before it is read into a model.

/// Returns true if the JSON can be a model: serde would also read an array as one, by position.
pub(crate) fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}
