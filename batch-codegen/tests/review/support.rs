//! Shared by the tests: our description to edit, reports as lines, and the items of the checked-in
//! client.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use batch_codegen::dialect::Names;
use batch_codegen::review::diff::{self, Change, Class, Kind, Report, Side};
use heck::ToSnakeCase as _;
use serde_json::Value;

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Returns the text of our description.
pub(crate) fn ours() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| read(&root().join("spec/BatchService.json")))
}

/// Returns our description with its keys in the order of edited ones.
pub(crate) fn base() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| edited(|_| {}))
}

/// Returns the description of all versions together.
pub(crate) fn union() -> String {
    let spec = root().join("spec");
    let files = ["versions/2024-07-01.20.0.json", "versions/2025-06-01.json"];
    let changes = files.map(|file| (file.to_owned(), read(&spec.join(file))));
    let union = batch_codegen::union(base(), &changes.into_iter().collect());
    union.expect("changes that fit").expect("several versions")
}

/// Returns our description with an edit. Its keys are in alphabetical order; see [`base`].
pub(crate) fn edited(edit: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::from_str(ours()).expect("spec/BatchService.json is JSON");
    edit(&mut value);
    value.to_string()
}

/// Returns the checked-in names for TypeSpec's.
pub(crate) fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| {
        let text = read(&root().join("spec").join(batch_codegen::NAMES_FILE));
        Names::read(&text).unwrap_or_else(|e| panic!("{e}"))
    })
}

pub(crate) fn compare(old: &str, new: &str) -> Report {
    diff::compare(old, new, names()).unwrap_or_else(|e| panic!("{e}"))
}

/// Returns the descriptions in the folder that `BATCH_REFERENCE` names, relative to the workspace.
/// Without the variable, prints that the test is skipped.
pub(crate) fn reference() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("BATCH_REFERENCE") else {
        println!("skipped: BATCH_REFERENCE is not set");
        return None;
    };
    Some(root().join(folder).join("reference"))
}

/// Returns a value that must exist: an edit without a target would prove nothing.
pub(crate) fn at<'a>(description: &'a mut Value, pointer: &str) -> &'a mut Value {
    let found = description.pointer_mut(pointer);
    found.unwrap_or_else(|| panic!("nothing is at {pointer}"))
}

pub(crate) fn put(description: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = at(description, parent).as_object_mut().expect("an object");
    parent.insert(key.replace("~1", "/"), value);
}

pub(crate) fn take(description: &mut Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = at(description, parent).as_object_mut().expect("an object");
    let taken = parent.remove(&key.replace("~1", "/"));
    taken.unwrap_or_else(|| panic!("nothing is at {pointer}"))
}

pub(crate) fn push(description: &mut Value, pointer: &str, value: Value) {
    let list = at(description, pointer).as_array_mut().expect("a list");
    list.push(value);
}

/// Returns an operation by its id.
pub(crate) fn operation<'a>(description: &'a mut Value, id: &str) -> &'a mut Value {
    let paths = description["paths"].as_object_mut().expect("paths");
    let items = paths.values_mut().filter_map(Value::as_object_mut);
    let mut operations = items.flat_map(|item| item.values_mut());
    let found = operations.find(|operation| operation["operationId"] == id);
    found.unwrap_or_else(|| panic!("no operation {id}"))
}

/// `model CloudPool, property vmSize: changed, wire breaking, Rust -; ~models::CloudPool::vm_size`.
pub(crate) fn line(change: &Change) -> String {
    let class = |class: Option<Class>| class.map_or("-", Class::as_str);
    let kind = match change.kind {
        Kind::Added => "added",
        Kind::Removed => "removed",
        Kind::Renamed => "renamed",
        Kind::Changed => "changed",
        Kind::Descriptions => "descriptions",
        other => panic!("{other:?} is new to the tests"),
    };
    let part = change.part.as_ref().map(|part| format!(", {part}"));
    let items = change.items.iter().map(|item| {
        let mark = match item.side {
            Side::Old => '-',
            Side::New => '+',
            _ => '~',
        };
        let path = item.path.strip_prefix("batch_client::").expect("a path");
        format!(" {mark}{path}")
    });
    let items: String = items.collect();
    let end = if items.is_empty() { "" } else { ";" };
    format!(
        "{}{}: {kind}, wire {}, Rust {}{end}{items}",
        change.subject,
        part.unwrap_or_default(),
        class(change.wire),
        class(change.rust)
    )
}

pub(crate) fn lines(report: &Report) -> Vec<String> {
    report.changes().iter().map(line).collect()
}

/// Returns every public item of the checked-in client that a report could name, by its public path.
pub(crate) fn checked_in() -> &'static BTreeSet<String> {
    static ITEMS: OnceLock<BTreeSet<String>> = OnceLock::new();
    ITEMS.get_or_init(|| {
        let folder = root().join("batch-client/src/generated");
        let mut found = BTreeSet::from(["batch_client::API_VERSION".to_owned()]);
        collect(&folder.join("enums.rs"), "batch_client::models", &mut found);
        collect(&folder.join("headers.rs"), "batch_client", &mut found);
        for (inner, prefix) in [("models", ""), ("operations", "operations::")] {
            for entry in std::fs::read_dir(folder.join(inner)).expect("a folder") {
                let path = entry.expect("an entry").path();
                let stem = path.file_stem().expect("a name").to_string_lossy();
                let module = match prefix {
                    "" => "batch_client::models".to_owned(),
                    _ => format!("batch_client::{prefix}{stem}"),
                };
                collect(&path, &module, &mut found);
            }
        }
        found
    })
}

fn last(of: &syn::Type) -> &syn::PathSegment {
    let syn::Type::Path(of) = of else {
        panic!("an impl of no path")
    };
    of.path.segments.last().expect("a name")
}

/// Collects types, public fields, variants and public methods of a file.
fn collect(path: &Path, module: &str, found: &mut BTreeSet<String>) {
    let file = syn::parse_file(&read(path)).expect("generated text is Rust");
    let is_public = |visibility: &syn::Visibility| matches!(visibility, syn::Visibility::Public(_));
    for item in file.items {
        match item {
            syn::Item::Struct(item) if is_public(&item.vis) => {
                let name = format!("{module}::{}", item.ident);
                for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                    let field = field.ident.as_ref().expect("a named field");
                    found.insert(format!("{name}::{field}"));
                }
                found.insert(name);
            }
            syn::Item::Enum(item) => {
                let name = format!("{module}::{}", item.ident);
                let variants = item.variants.iter();
                found.extend(variants.map(|variant| format!("{name}::{}", variant.ident)));
                found.insert(name);
            }
            // `Call` has the setter for every operation with the trait of the parameter.
            syn::Item::Impl(item) if item.trait_.is_some() => {
                let (_, of_trait, _) = item.trait_.expect("a trait");
                let segments: Vec<_> = of_trait.segments.iter().collect();
                if let [module_of_traits, takes] = segments.as_slice()
                    && module_of_traits.ident == "takes"
                {
                    let of = last(&item.self_ty);
                    let setter = takes.ident.to_string().to_snake_case();
                    found.insert(format!("{module}::{}::{setter}", of.ident));
                }
            }
            syn::Item::Impl(item) => {
                // A setter in `impl Call<List>` is one of `List`.
                let of = match &last(&item.self_ty).arguments {
                    syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
                        Some(syn::GenericArgument::Type(of)) if module.contains("operations") => {
                            &last(of).ident
                        }
                        _ => &last(&item.self_ty).ident,
                    },
                    _ => &last(&item.self_ty).ident,
                };
                for inner in &item.items {
                    if let syn::ImplItem::Fn(method) = inner
                        && is_public(&method.vis)
                    {
                        found.insert(format!("{module}::{of}::{}", method.sig.ident));
                    }
                }
            }
            _ => {}
        }
    }
}
