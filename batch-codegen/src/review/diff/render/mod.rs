//! The report in its forms: for a terminal, for a pull request, for machines, and as an entry of
//! the changelog.
//!
//! Each form reads the report and adds its method to it; the report knows none of them.

mod changelog;
mod json;
mod markdown;
mod text;

use std::borrow::Cow;

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// Lines of whole words; a word that is longer than a line is cut.
fn wrapped(text: &str, width: usize) -> Vec<Cow<'_, str>> {
    let options = Options::new(width)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options)
}
