//! Errors from signing in place and from the middleware.

use std::fmt;

pub(crate) enum InPlace {
    UnknownLength,
    Length {
        stated: String,
        length: u64,
    },
    TransferEncoding,
    #[cfg(feature = "middleware")]
    Endpoint(&'static str),
    #[cfg(feature = "middleware")]
    OtherOrigin {
        endpoint: String,
        requested: String,
    },
}

impl fmt::Display for InPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownLength => f.write_str(
                "cannot sign request: the length of its body is unknown; set `Content-Length`, or \
                 give the body as bytes",
            ),
            Self::Length { stated, length } => write!(
                f,
                "cannot sign request: its `Content-Length` is `{}`, but its body has {length} bytes; \
                 remove the header, and signing sets it",
                stated.escape_debug(),
            ),
            Self::TransferEncoding => f.write_str(
                "cannot sign request: with `Transfer-Encoding` it is sent without the \
                 `Content-Length` that has to be signed; remove the header",
            ),
            #[cfg(feature = "middleware")]
            Self::Endpoint(problem) => write!(
                f,
                "cannot make signing middleware: the endpoint {problem}; give the URL of the \
                 account, such as `https://NAME.REGION.batch.azure.com`",
            ),
            #[cfg(feature = "middleware")]
            Self::OtherOrigin {
                endpoint,
                requested,
            } => write!(
                f,
                "cannot sign request: it goes to `{requested}`, and the key is for `{endpoint}`; use \
                 a client without this middleware for other hosts",
            ),
        }
    }
}
