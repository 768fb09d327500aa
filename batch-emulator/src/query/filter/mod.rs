//! `$filter`: which items a listing gives, in the part of the language that the Batch service
//! documents.
//!
//! A text goes down once: [`lexer`] cuts it into tokens, [`parser`] finds conditions and how they
//! are combined, [`documented`] knows what can be filtered by what, [`literal`] reads the values,
//! and [`condition`] is what remains to be run over the items.
//!
//! From <https://learn.microsoft.com/azure/batch/batch-efficient-list-queries>: property names are
//! matched with their case, values without; dates are written `DateTime'…'`, in the form of W3C or
//! of HTTP.
//!
//! The properties and operators of each listing are from Microsoft's page on filters in Batch,
//! <https://learn.microsoft.com/rest/api/batchservice/odata-filters-in-batch>, by way of
//! `spec/filters.json`.

mod condition;
mod documented;
mod lexer;
mod literal;
#[cfg(test)]
mod oracle;
mod parser;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tests;

use super::invalid;
use crate::refusal::Refusal;
use crate::request::Object;
use crate::table::Model;
use condition::Node;

/// A filter, made once for a request and run over every item.
#[derive(Debug)]
pub(crate) struct Filter {
    root: Node,
}

impl Filter {
    /// Reads a filter for items of a definition.
    pub(crate) fn parse(text: &str, item: &'static Model) -> Result<Self, Refusal> {
        match parser::parse(text, item) {
            Ok(root) => Ok(Self { root }),
            Err(error) => Err(invalid("$filter", text, error.reason(text))),
        }
    }

    /// Whether the item is among those asked for.
    pub(crate) fn matches(&self, item: &Object) -> bool {
        self.root.matches(item)
    }
}

/// A mistake in a filter, and its position.
#[derive(Debug)]
struct FilterError {
    /// Offset in bytes.
    at: usize,
    why: String,
}

impl FilterError {
    fn new(at: usize, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { at, why }
    }

    /// The sentence for the client, who counts characters and from one.
    fn reason(&self, text: &str) -> String {
        let before = text.get(..self.at).unwrap_or(text);
        format!("At position {}: {}.", before.chars().count() + 1, self.why)
    }
}
