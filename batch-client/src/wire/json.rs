//! JSON as the models need it.

/// Returns whether the JSON can be a model: serde would also read a list as one, by position.
pub(crate) fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}
