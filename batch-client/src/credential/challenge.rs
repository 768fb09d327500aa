//! Claims that a 401 asks for, in its `WWW-Authenticate` headers.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// Returns the claims that the next token has to have: JSON, from the parameter `claims`, whose
/// value is Base64 of one kind or another.
pub(super) fn claims(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|value| parameter(value, "claims"))
        .and_then(|value| decoded(&value))
}

/// Finds a parameter of any challenge in a header.
fn parameter(challenges: &str, name: &str) -> Option<String> {
    let mut rest = challenges;
    loop {
        let (before, after) = rest.split_once('=')?;
        let found = before
            .rsplit([' ', ',', '\t'])
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case(name));
        let (value, after) = value(after.trim_start());
        if found {
            return Some(value);
        }
        rest = after;
    }
}

/// Reads a value, quoted or not, and returns what follows.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[place + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

fn decoded(value: &str) -> Option<String> {
    [STANDARD, URL_SAFE, STANDARD_NO_PAD, URL_SAFE_NO_PAD]
        .iter()
        .filter_map(|alphabet| alphabet.decode(value).ok())
        .find_map(|bytes| String::from_utf8(bytes).ok())
        .filter(|claims| claims.trim_start().starts_with('{'))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn found(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                WWW_AUTHENTICATE,
                HeaderValue::from_str(value).expect("a value"),
            );
        }
        claims(&headers)
    }

    #[test]
    fn claims_are_found_in_any_challenge() {
        let json = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;
        let padded = STANDARD.encode(json);
        let bare = URL_SAFE_NO_PAD.encode(json);
        for values in [
            vec![format!(
                r#"Bearer realm="", error="insufficient_claims", claims="{padded}""#
            )],
            vec![format!("Bearer claims={bare}")],
            vec![format!(
                r#"Bearer error_description="a \"quoted\" = sign, and claims", CLAIMS="{bare}", x=1"#
            )],
            vec![
                "Basic realm=\"here\"".to_owned(),
                format!(r#"Bearer authorization_uri="https://h/a?b=c",claims="{padded}""#),
            ],
        ] {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            assert_eq!(found(&values).as_deref(), Some(json), "{values:?}");
        }
    }

    #[test]
    fn other_challenges_have_none() {
        for value in [
            "Bearer",
            r#"Bearer realm="x""#,
            r#"Bearer claims="""#,
            r#"Bearer claims="%%%""#,
            r#"Bearer claims="bm90IEpTT04=""#,
            r#"Bearer error="claims=""#,
            r#"Bearer claims="open"#,
        ] {
            assert_eq!(found(&[value]), None, "{value}");
        }
        assert_eq!(found(&[]), None);
    }
}
