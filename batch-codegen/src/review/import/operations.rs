//! Operations with their parameters and responses. Our file shares many of them; Microsoft's files
//! write each in place.

use std::rc::Rc;

use super::changes::{Changed, record_differences, record_names};
use super::facts::{self, Found, resolved, shared_name};
use super::keys::{Kind, insert};
use super::merge::Merge;
use crate::error::step;
use crate::json::{Json, Object, in_our_order, names};

impl Merge<'_> {
    /// Merges all operations, on the other file's paths.
    pub(super) fn paths(&mut self) -> Json {
        let ours = Rc::clone(&self.ours);
        let before = facts::operations(&ours);
        let mut out = Object::new();
        for path in names(Some(ours.get("paths")), self.theirs.get("paths")) {
            let at = step("$.paths", &path);
            let (old, new) = (
                ours.get("paths").get(&path),
                self.theirs.get("paths").get(&path),
            );
            let mut item = Object::new();
            for method in names(Some(old), new) {
                if method != "parameters" {
                    let operation = new.get(&method);
                    let known = before
                        .iter()
                        .find(|f| operation.get("operationId") == f.operation.get("operationId"));
                    let made = self.operation(known, operation, &step(&at, &method));
                    item.insert(method, made);
                }
            }
            out.insert(path, Json::Object(item));
        }
        Json::Object(out)
    }

    fn operation(&mut self, ours: Option<&Found>, theirs: &Json, at: &str) -> Json {
        let mut out = self.place(
            Kind::Operation,
            ours.map(|found| found.operation),
            theirs,
            at,
        );
        if let Some(ours) = ours {
            if at != step(&step("$.paths", ours.path), ours.method) {
                let before = format!("it was {} {}", ours.method.to_uppercase(), ours.path);
                self.mark_for_review(at, vec![before]);
            }
        } else if let Json::Object(operation) = &mut out {
            insert(Kind::Operation, operation, "tags", self.tags(theirs));
        }
        out
    }

    /// Returns the tags of a new operation: those of the others in its group.
    fn tags(&self, theirs: &Json) -> Json {
        let group = |operation: &Json| -> Option<String> {
            Some(
                operation
                    .get("operationId")
                    .text()?
                    .split('_')
                    .next()?
                    .to_owned(),
            )
        };
        let all = facts::operations(&self.ours);
        let sibling = all
            .iter()
            .find(|found| group(found.operation) == group(theirs));
        sibling
            .map_or(theirs, |found| found.operation)
            .get("tags")
            .clone()
    }

    pub(super) fn parameters(
        &mut self,
        mine: Option<&Json>,
        their: &Json,
        at: &str,
        changed: &mut Changed,
    ) -> Json {
        let theirs = self.theirs;
        let mine = mine.map(Json::items).unwrap_or_default().to_vec();
        let ours = Rc::clone(&self.ours);
        let old: Vec<_> = mine
            .iter()
            .map(|p| facts::key(resolved(&ours, "parameters", p)))
            .collect();
        let their: Vec<&Json> = their
            .items()
            .iter()
            .map(|p| resolved(theirs, "parameters", p))
            .collect();
        let new: Vec<_> = their.iter().map(|p| facts::key(p)).collect();
        if !mine.is_empty() {
            let shown = |keys: &[(String, String)]| -> Vec<String> {
                keys.iter()
                    .map(|(place, name)| format!("{place} {name}").trim().to_owned())
                    .collect()
            };
            let (old, new) = (shown(&old), shown(&new));
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            record_differences("parameters", &old, &new, changed);
        }
        let mut out = Vec::new();
        for key in in_our_order(&old, &new) {
            let before = old.iter().position(|k| *k == key).map(|index| &mine[index]);
            let Some(their) = new.iter().position(|k| *k == key).map(|index| their[index]) else {
                continue;
            };
            out.push(self.parameter(before, their, &format!("{at}[{}]", out.len())));
        }
        Json::List(out)
    }

    fn parameter(&mut self, ours: Option<&Json>, theirs: &Json, at: &str) -> Json {
        let facts = facts::of_parameter(theirs);
        let document = Rc::clone(&self.ours);
        let own = ours.map(|ours| resolved(&document, "parameters", ours));
        if let (Some(ours), Some(own)) = (ours, own)
            && facts::of_parameter(own) == facts
        {
            return ours.clone();
        }
        // A known place keeps its description; a new one may equal a parameter of other operations.
        let key = facts::key(theirs);
        let shared = document
            .get("parameters")
            .entries()
            .find(|(_, shared)| facts::key(shared) == key && facts::of_parameter(shared) == facts);
        match shared {
            Some((name, _)) if ours.is_none() => reference("parameters", name),
            _ => self.place(Kind::Parameter, own, theirs, at),
        }
    }

    pub(super) fn responses(
        &mut self,
        mine: Option<&Json>,
        their: &Json,
        at: &str,
        changed: &mut Changed,
    ) -> Json {
        record_names("responses", mine, their, changed);
        let mut out = Object::new();
        for code in names(mine, their) {
            let old = mine.and_then(|mine| mine.members()?.get(&code));
            let new = resolved(self.theirs, "responses", their.get(&code));
            let made = self.response(&code, old, new, &step(at, &code));
            out.insert(code, made);
        }
        Json::Object(out)
    }

    fn response(&mut self, code: &str, ours: Option<&Json>, theirs: &Json, at: &str) -> Json {
        let facts = facts::of_response(theirs);
        let document = Rc::clone(&self.ours);
        let own = ours.map(|ours| resolved(&document, "responses", ours));
        if let (Some(ours), Some(own)) = (ours, own)
            && facts::of_response(own) == facts
        {
            return ours.clone();
        }
        // The same facts can have another meaning, so only responses to this code elsewhere
        // qualify.
        let used = facts::operations(&document)
            .into_iter()
            .filter_map(|found| {
                let response = found.operation.get("responses").get(code);
                shared_name("responses", response).map(str::to_owned)
            });
        let shared = used
            .into_iter()
            .find(|name| facts::of_response(document.get("responses").get(name)) == facts);
        match shared {
            Some(name) if ours.is_none() => reference("responses", &name),
            _ => self.place(Kind::Response, own, theirs, at),
        }
    }
}

fn reference(section: &str, name: &str) -> Json {
    let link = format!("#/{section}/{name}");
    Json::Object(
        [("$ref".to_owned(), Json::Text(link))]
            .into_iter()
            .collect(),
    )
}
