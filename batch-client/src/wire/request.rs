//! Building blocks of the raw client's requests, in place of progenitor's runtime: query
//! parameters, optional bodies, and the error of a request that cannot be built.

use std::error::Error;

use reqwest::RequestBuilder;
use reqwest::header::InvalidHeaderValue;
use serde::{Serialize, Serializer};

/// Query parameter, which is omitted if its value is `None`.
pub(crate) struct QueryParam<'a, T> {
    name: &'a str,
    value: &'a T,
}

impl<'a, T: QueryValue> QueryParam<'a, T> {
    pub(crate) fn new(name: &'a str, value: &'a T) -> Self {
        Self { name, value }
    }
}

impl<T: QueryValue> Serialize for QueryParam<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.value.text().map(|text| (self.name, text)))
    }
}

/// Value of a query parameter.
pub(crate) trait QueryValue {
    /// The value as text, or `None` if the parameter is absent.
    fn text(&self) -> Option<String>;
}

impl<T: QueryValue> QueryValue for Option<T> {
    fn text(&self) -> Option<String> {
        self.as_ref()?.text()
    }
}

macro_rules! values {
    ($($kind:ty),*) => {$(
        impl QueryValue for $kind {
            fn text(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}

values!(&str, bool, i32, i64);

/// JSON body, which is omitted if it is `None`.
pub(crate) trait OptionalBody: Sized {
    fn optional_json<T: Serialize>(self, body: Option<&T>) -> Self;
}

impl OptionalBody for RequestBuilder {
    fn optional_json<T: Serialize>(self, body: Option<&T>) -> Self {
        match body {
            Some(body) => self.json(body),
            None => self,
        }
    }
}

/// Reason for which a request cannot be built: a header value that is not allowed in HTTP, or a
/// body that cannot be written as JSON.
#[derive(Debug)]
pub(crate) struct BuildError(Box<dyn Error + Send + Sync>);

impl BuildError {
    pub(crate) fn into_source(self) -> Box<dyn Error + Send + Sync> {
        self.0
    }
}

impl From<InvalidHeaderValue> for BuildError {
    fn from(error: InvalidHeaderValue) -> Self {
        Self(error.into())
    }
}

impl From<reqwest::Error> for BuildError {
    /// Drops the URL, whose query may hold more than a log should.
    fn from(error: reqwest::Error) -> Self {
        Self(error.without_url().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder() -> RequestBuilder {
        let client = crate::Client::http_builder().expect("TLS").build();
        client.expect("a client").post("http://h/p")
    }

    #[test]
    fn absent_parameters_are_left_out_and_others_are_encoded() {
        let request = builder()
            .query(&QueryParam::new("a", &None::<i32>))
            .query(&QueryParam::new("$filter", &Some("id eq 'x&y'")))
            .query(&QueryParam::new("n", &Some(7_i64)))
            .query(&QueryParam::new("b", &true))
            .build();
        let url = request.expect("a request").url().to_string();
        assert_eq!(url, "http://h/p?%24filter=id+eq+%27x%26y%27&n=7&b=true");
        let request = builder()
            .query(&QueryParam::new("a", &None::<&str>))
            .build();
        assert_eq!(request.expect("a request").url().as_str(), "http://h/p");
    }

    #[test]
    fn an_absent_body_has_neither_bytes_nor_a_type() {
        let request = builder().optional_json(None::<&i32>).build();
        let request = request.expect("a request");
        assert!(request.body().is_none());
        assert!(request.headers().is_empty(), "{:?}", request.headers());
        let request = builder().optional_json(Some(&1)).build();
        let request = request.expect("a request");
        let body = request.body().and_then(reqwest::Body::as_bytes);
        assert_eq!(body, Some(&b"1"[..]));
    }

    #[test]
    fn a_build_error_shows_no_address() {
        let bad = builder().header("x", "a\nb").build();
        let error = BuildError::from(bad.expect_err("no header"));
        assert!(!format!("{error:?}").contains("http://h"), "{error:?}");
    }
}
