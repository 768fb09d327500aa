//! The first two stages together: a description in either dialect → Swagger in ours.

use crate::dialect::{Document, Names};
use crate::error::{Error, Result};
use crate::json::Json;
use crate::swagger::{self, Swagger};

/// A description that is being read, in the shape of our dialect. Its names may not be ours yet.
#[derive(Debug)]
pub(crate) struct Shaped<'a> {
    document: Document<'a>,
    /// The text of a description that no rule has changed.
    original: Option<&'a str>,
}

/// A description in our dialect.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) text: String,
    pub(crate) swagger: Swagger,
    /// The names that were used, with those that the table lacked.
    pub(crate) names: Names,
}

/// Reads a file from elsewhere, which may not be a description at all.
pub(crate) fn read_other(text: &str) -> Result<Shaped<'_>> {
    swagger::check_format(text)?;
    read(text)
}

/// Reads a description and checks everything except its names.
pub(crate) fn read(text: &str) -> Result<Shaped<'_>> {
    let mut document = Document::read(text)?;
    document.shape()?;
    let unchanged = document.hits.iter().all(|(_, hits)| *hits == 0);
    if document.is_typespec() {
        swagger::parse(&text_of(document.json())?).map_err(|error| new_in_dialect(&error))?;
    }
    Ok(Shaped {
        document,
        original: unchanged.then_some(text),
    })
}

impl<'a> Shaped<'a> {
    pub(crate) fn is_typespec(&self) -> bool {
        self.document.is_typespec()
    }

    pub(crate) fn json(&self) -> &Json {
        self.document.json()
    }

    /// Gives everything our names: those of the table, and for the rest those of a description in
    /// our dialect.
    pub(crate) fn named(mut self, names: &Names, ours: Option<&'a Json>) -> Result<Described> {
        self.document.name(names, ours)?;
        let text = match self.original {
            Some(text) => swagger::strip_byte_order_mark(text).to_owned(),
            None => text_of(self.json())?,
        };
        Ok(Described {
            swagger: swagger::parse(&text)?,
            names: self.document.into_names(),
            text,
        })
    }
}

fn text_of(json: &Json) -> Result<String> {
    serde_json::to_string(json).map_err(|e| Error::new("$", e.to_string()))
}

/// Names the stage that has to learn what a newer TypeSpec file has.
fn new_in_dialect(error: &Error) -> Error {
    let message = format!(
        "{}; this is new in TypeSpec's dialect: add a rule to batch-codegen/src/dialect/rules.rs, or support it in \
         batch-codegen/src/swagger/",
        error.message()
    );
    Error::new(error.path(), message)
}
