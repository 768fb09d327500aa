//! The formats of the report: for a terminal, a pull request, machines, and the changelog.
//!
//! Each format adds a method to the report; the report does not depend on them.

mod changelog;
mod json;
mod markdown;
mod text;

use std::borrow::Cow;

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// Wraps at words; a word longer than a line is split.
fn wrapped(text: &str, width: usize) -> Vec<Cow<'_, str>> {
    let options = Options::new(width)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options)
}
