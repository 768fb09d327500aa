//! Formats of single values that `batch_wire` does not parse: booleans.

/// `true` or `false`, in any case.
pub(crate) fn is_bool(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}
