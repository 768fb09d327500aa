//! Removal of secrets from strings that the dashboard shows: the queries of URLs, which contain
//! signatures, and the values of known settings.

/// Settings whose values are secret wherever they stand.
const SECRETS: [&str; 4] = [
    "sig=",
    "AccountKey=",
    "SharedAccessKey=",
    "SharedAccessSignature=",
];
const REMOVED: char = '…';

/// Returns the text without the queries of its URLs and without secret values.
pub(super) fn redact(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let end = at + word_length(&rest[at..]);
        let query = rest[at..end].find('?').map_or(end, |query| at + query + 1);
        shown.push_str(&rest[..query]);
        if query < end {
            shown.push(REMOVED);
        }
        rest = &rest[end..];
    }
    shown.push_str(rest);
    SECRETS
        .iter()
        .fold(shown, |text, name| without_value(&text, name))
}

/// Returns the length of what a URL at the start can extend to: up to white space or a quote.
fn word_length(text: &str) -> usize {
    let ends = |char: char| char.is_whitespace() || "\"'`<>|\\".contains(char);
    text.find(ends).unwrap_or(text.len())
}

/// Removes the value after each occurrence of a setting.
fn without_value(text: &str, name: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let value = at + name.len();
        shown.push_str(&rest[..value]);
        rest = &rest[value..];
        let ends = |char: char| char.is_whitespace() || "&;\"'`<>|\\".contains(char);
        let length = rest.find(ends).unwrap_or(rest.len());
        if length > 0 {
            shown.push(REMOVED);
        }
        rest = &rest[length..];
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn queries_and_secret_values_are_removed() {
        for (text, shown) in [
            ("", ""),
            ("no URL? none", "no URL? none"),
            ("get https://a/b?sig=x&se=1 now", "get https://a/b?… now"),
            (
                "'https://a/b?x' \"http://c?y\"",
                "'https://a/b?…' \"http://c?…\"",
            ),
            ("https://a/b#c", "https://a/b#c"),
            ("https://a?", "https://a?"),
            (
                "azcopy --sas sv=1&sig=abc%3D&se=2",
                "azcopy --sas sv=1&sig=…&se=2",
            ),
            (
                "AccountName=a;AccountKey=k==;E=1",
                "AccountName=a;AccountKey=…;E=1",
            ),
            ("ü://ü?ü ü", "ü://ü?… ü"),
            ("sig=", "sig="),
        ] {
            assert_eq!(redact(text), shown, "{text}");
        }
    }
}
