//! Prose of the description → rustdoc.

use proc_macro2::TokenStream;
use quote::quote;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// Longest line of generated docs, without its indentation.
const WIDTH: usize = 96;

/// Additional names under which the documentation's search finds the item.
pub(crate) fn aliases(names: &[String]) -> TokenStream {
    quote! { #(#[doc(alias = #names)])* }
}

/// Emits doc attributes, one per line.
pub(crate) fn attributes(text: &str) -> TokenStream {
    let lines = text.trim().lines().map(|line| {
        let line = if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        };
        quote! { #[doc = #line] }
    });
    quote! { #(#lines)* }
}

/// Escapes text of the description for rustdoc and wraps it at a readable width.
pub(crate) fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut in_list = false;
    for line in text.trim().lines().map(str::trim) {
        let is_item = line.starts_with("- ");
        if in_list && !is_item && !line.is_empty() {
            // Without an empty line before it, the text would belong to the last item.
            out.push('\n');
        }
        in_list = is_item;
        out.push_str(&wrap(&escape(line), if is_item { "  " } else { "" }));
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Wraps text written in this crate, which may have links, at a readable width.
pub(crate) fn linked(text: &str) -> String {
    wrap(text, "")
}

/// Joins paragraphs, without the empty ones.
pub(crate) fn paragraphs(parts: &[String]) -> String {
    let filled = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty());
    filled.collect::<Vec<_>>().join("\n\n")
}

/// Escapes Markdown: outside code spans, rustdoc takes `<word>` for HTML and `[word]` for a link,
/// and warns of bare URLs.
fn escape(text: &str) -> String {
    // An unpaired backtick does not open a code span.
    let spans = text.matches('`').count() / 2;
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            out.push_str(if index <= spans * 2 { "`" } else { "\\`" });
        }
        if index % 2 == 1 && index < spans * 2 {
            out.push_str(part);
        } else {
            escape_outside_code(part, &mut out);
        }
    }
    out
}

fn escape_outside_code(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("http://") || rest.starts_with("https://") {
            let end = rest
                .find(|c: char| c.is_whitespace() || "<>\"'".contains(c))
                .unwrap_or(rest.len());
            let address = rest[..end].trim_end_matches(['.', ',', ';', ':', ')']);
            // A URL with a placeholder is a template, not a link.
            let (open, close) = if address.contains('{') {
                ("`", "`")
            } else {
                ("<", ">")
            };
            out.push_str(open);
            out.push_str(address);
            out.push_str(close);
            rest = &rest[address.len()..];
            continue;
        }
        if "<>[]".contains(c) {
            out.push('\\');
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
}

fn wrap(text: &str, indent: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let options = Options::new(WIDTH)
        .subsequent_indent(indent)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::fill(&words.join(" "), options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_outside_of_code_only() {
        assert_eq!(prose("a <b> [c] `<d> [e]`"), "a \\<b\\> \\[c\\] `<d> [e]`");
    }

    #[test]
    fn addresses_become_links_without_the_full_stop_after_them() {
        assert_eq!(prose("see https://a.b/c."), "see <https://a.b/c>.");
        assert_eq!(prose("(https://{a}.b/)"), "(`https://{a}.b/`)");
    }

    #[test]
    fn a_lonely_backtick_opens_nothing() {
        assert_eq!(prose("it`s <x>"), "it\\`s \\<x\\>");
    }

    #[test]
    fn long_lines_are_wrapped_at_words() {
        let text = "word ".repeat(60);
        let wrapped = prose(&text);
        assert!(wrapped.lines().all(|line| line.len() <= WIDTH), "{wrapped}");
        assert_eq!(wrapped.split_whitespace().count(), 60);
    }
}
