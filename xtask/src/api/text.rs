//! The API as lines for a reviewer, without redundant and compiler-generated items.
//!
//! - Paths of the standard library are cut to their last name: `core::option::Option<u8>` is
//!   `Option<u8>`.
//! - The methods of a trait are listed at the trait: for `impl Clone for X` the line `X::clone` is
//!   left out.
//! - The traits of a type that need only their names share a line: `impl Clone + Debug for X`.
//! - Inherent blocks have no line, because each of their methods has one, unless they bound a
//!   parameter.

/// Formats a library's items. They come in the order of `public-api`: the items of a block follow
/// its `impl`.
pub(super) fn text(items: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    let mut block = Block::default();
    for item in items {
        let line = short(&item);
        if line.starts_with("impl") {
            block.enter(&line, &mut text);
        } else if block.has(&line, "type ") {
            block.write(&mut text);
            push(&mut text, &line);
        } else if !block.has(&line, "fn ") {
            block.close(&mut text);
            push(&mut text, &line);
        }
    }
    block.close(&mut text);
    text
}

/// Writes the models of batch-client under the path by which other crates name them, instead of
/// that of their definition.
pub(super) fn exported(item: &str) -> String {
    let item = item.replace("batch_client::generated::enums::", "batch_client::models::");
    let mut parts = item.split("batch_client::generated::models::");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("batch_client::models::");
        out.push_str(part.split_once("::").map_or(part, |(_module, rest)| rest));
    }
    out
}

/// The block that is being read, and the preceding traits of the same type that are not written
/// yet.
#[derive(Default)]
struct Block {
    /// Plain traits of `of`.
    traits: Vec<String>,
    /// The type, as the lines of its methods write it.
    of: String,
}

impl Block {
    fn enter(&mut self, line: &str, text: &mut String) {
        let Some((name, of)) = line.rsplit_once(" for ") else {
            // Inherent: its methods are written.
            self.close(text);
            if line.starts_with("impl<") || line.contains(" where ") {
                push(text, line);
            }
            return;
        };
        let of_alone = of.split(" where ").next().unwrap_or(of);
        if self.of != of_alone {
            self.close(text);
            of_alone.clone_into(&mut self.of);
        }
        match name.strip_prefix("impl ") {
            // The compiler's marker of a derived comparison.
            Some("StructuralPartialEq") => {}
            Some(name) if of_alone == of => self.traits.push(name.to_owned()),
            _ if name.ends_with(" StructuralPartialEq") => {}
            _ => {
                self.write(text);
                push(text, line);
            }
        }
    }

    /// Returns true if a line is such an item (`fn `, `type `) of the current trait.
    fn has(&self, line: &str, item: &str) -> bool {
        !self.of.is_empty()
            && line
                .split_once(item)
                .and_then(|(_, path)| path.strip_prefix(&*self.of))
                .is_some_and(|rest| rest.starts_with("::"))
    }

    /// Writes the pending traits.
    fn write(&mut self, text: &mut String) {
        if !self.traits.is_empty() {
            push(
                text,
                &format!("impl {} for {}", self.traits.join(" + "), self.of),
            );
            self.traits.clear();
        }
    }

    fn close(&mut self, text: &mut String) {
        self.write(text);
        self.of.clear();
    }
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Removes the paths of the standard library from a line.
fn short(line: &str) -> String {
    let mut short = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = start_of_path(rest) {
        short.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
            .unwrap_or(rest.len());
        let path = &rest[..end];
        short.push_str(path.rsplit("::").next().unwrap_or(path));
        rest = &rest[end..];
    }
    short.push_str(rest);
    short
}

/// Finds the first path of the standard library.
fn start_of_path(text: &str) -> Option<usize> {
    let starts = ["core::", "alloc::", "std::"];
    let found = starts.iter().flat_map(|start| text.match_indices(start));
    found
        .map(|(at, _)| at)
        .filter(|at| {
            // `serde_core::` and `batch_client::core::` are different paths.
            let before = text[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(lines: &[&str]) -> Vec<String> {
        let text = text(lines.iter().map(|line| (*line).to_owned()));
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn models_have_the_path_that_other_crates_use() {
        let item = "pub fn batch_jobs::f(batch_client::generated::models::job::CloudJob) -> \
                    Vec<batch_client::generated::models::task::CloudTask>";
        let expected = "pub fn batch_jobs::f(batch_client::models::CloudJob) -> Vec<batch_client::models::CloudTask>";
        assert_eq!(exported(item), expected);
        let item = "pub batch_jobs::x: Option<batch_client::generated::enums::JobState>";
        assert_eq!(
            exported(item),
            "pub batch_jobs::x: Option<batch_client::models::JobState>"
        );
        assert_eq!(exported("pub fn other::f()"), "pub fn other::f()");
    }

    #[test]
    fn paths_of_the_standard_library_are_cut_and_no_others() {
        assert_eq!(
            short(
                "pub fn a::A::f(&self, core::option::Option<alloc::vec::Vec<u8>>) -> core::fmt::Result"
            ),
            "pub fn a::A::f(&self, Option<Vec<u8>>) -> Result"
        );
        let line = "impl serde_core::ser::Serialize for a::core::std_like::A";
        assert_eq!(short(line), line);
    }

    #[test]
    fn plain_traits_share_a_line_and_their_methods_have_none() {
        let lines = [
            "pub struct a::A",
            "impl a::A",
            "pub fn a::A::new() -> Self",
            "impl core::clone::Clone for a::A",
            "pub fn a::A::clone(&self) -> a::A",
            "impl core::marker::StructuralPartialEq for a::A",
            "impl core::fmt::Debug for a::A",
            "pub fn a::A::fmt(&self) -> core::fmt::Result",
            "pub struct a::B<'a>",
            "impl<'a> core::clone::Clone for a::B<'a>",
            "pub const fn a::B<'a>::clone(&self) -> a::B<'a>",
        ];
        let expected = [
            "pub struct a::A",
            "pub fn a::A::new() -> Self",
            "impl Clone + Debug for a::A",
            "pub struct a::B<'a>",
            "impl<'a> Clone for a::B<'a>",
        ];
        assert_eq!(made(&lines), expected);
    }

    #[test]
    fn bounds_and_types_of_traits_are_kept() {
        let lines = [
            "impl core::future::into_future::IntoFuture for a::Get",
            "pub type a::Get::Output = core::result::Result<a::Pool, a::Error>",
            "pub fn a::Get::into_future(self) -> Self::IntoFuture",
            "impl<T: a::Item> a::Page<T>",
            "pub fn a::Page<T>::items(&self) -> &[T]",
            "impl a::Item for a::Pool where a::Pool: core::default::Default",
        ];
        let expected = [
            "impl IntoFuture for a::Get",
            "pub type a::Get::Output = Result<a::Pool, a::Error>",
            "impl<T: a::Item> a::Page<T>",
            "pub fn a::Page<T>::items(&self) -> &[T]",
            "impl a::Item for a::Pool where a::Pool: Default",
        ];
        assert_eq!(made(&lines), expected);
    }

    #[test]
    fn a_function_after_the_last_trait_is_not_its_method() {
        let lines = [
            "impl core::clone::Clone for a::A",
            "pub fn a::A::clone(&self) -> a::A",
            "pub fn a::Also::f()",
            "pub fn a::difference()",
        ];
        let expected = [
            "impl Clone for a::A",
            "pub fn a::Also::f()",
            "pub fn a::difference()",
        ];
        assert_eq!(made(&lines), expected);
    }
}
