//! `$filter`: selects the items of a listing, in the subset of the language that the Batch service
//! documents.
//!
//! The stages: [`lexer`] splits the string into tokens, [`parser`] builds conditions and their
//! combinations, [`documented`] lists the properties and operators that the service supports,
//! [`literal`] parses the values, and [`condition`] is the result, which runs over the items.
//!
//! From <https://learn.microsoft.com/azure/batch/batch-efficient-list-queries>: property names are
//! case-sensitive, values are not; dates are written `DateTime'…'`, in W3C or HTTP format.
//!
//! The properties and operators of each listing come from Microsoft's page on filters in Batch,
//! <https://learn.microsoft.com/rest/api/batchservice/odata-filters-in-batch>, recorded in
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
use crate::version::Version;
use condition::Node;

/// A filter, parsed once per request and run over every item.
#[derive(Debug)]
pub(crate) struct Filter {
    root: Node,
}

impl Filter {
    /// Parses a filter for items of a definition.
    pub(crate) fn parse(
        text: &str,
        item: &'static Model,
        version: Version,
    ) -> Result<Self, Refusal> {
        match parser::parse(text, item, version) {
            Ok(root) => Ok(Self { root }),
            Err(error) => Err(invalid("$filter", text, error.reason(text))),
        }
    }

    /// Returns true if the filter selects the item.
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

    /// Formats the message for the client, which counts characters from one.
    fn reason(&self, text: &str) -> String {
        let before = text.get(..self.at).unwrap_or(text);
        format!("At position {}: {}.", before.chars().count() + 1, self.why)
    }
}
