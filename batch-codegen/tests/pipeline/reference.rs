//! Comparison with Microsoft's own descriptions, if `BATCH_REFERENCE` names their folder.
//!
//! Code generated from our description and from Microsoft's differs only in the docs, because our
//! descriptions are in our own words. Other versions of the description can be generated, too.

use batch_codegen::Output;
use quote::ToTokens;
use serde_json::Value;
use syn::visit_mut::VisitMut;

use super::support::{
    description, enums, make, members, operations, parse, read, reference, structs, tables,
};

/// Removes the docs.
struct RemoveDocs;

impl VisitMut for RemoveDocs {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<syn::Attribute>) {
        attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    }
}

/// Returns the code of a file without its docs. The table for the guide contains only names, so it
/// is returned unchanged.
fn code(text: &str) -> String {
    if text.starts_with("<!--") {
        return text.to_owned();
    }
    let mut file = parse(text);
    RemoveDocs.visit_file_mut(&mut file);
    prettyplease::unparse(&file)
}

/// Returns the first differing line with its context.
fn difference(ours: &str, theirs: &str) -> Option<String> {
    let (a, b): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), theirs.lines().collect());
    let line = (0..a.len().max(b.len())).find(|&i| a.get(i) != b.get(i))?;
    let context = a[line.saturating_sub(5)..line.min(a.len())].join("\n");
    let at = |lines: &[&str]| lines.get(line).copied().unwrap_or("(the end)").to_owned();
    Some(format!(
        "{context}\n- ours:   {}\n- theirs: {}",
        at(&a),
        at(&b)
    ))
}

#[test]
fn our_description_generates_the_same_code_as_microsofts() {
    let Some(folder) = reference() else {
        return;
    };
    let tables = tables();
    let of = |description: &str| {
        batch_codegen::generate(description, &tables).unwrap_or_else(|e| panic!("{e}"))
    };
    let ours = of(description());
    let theirs = read(&folder.join("BatchService-2024-02-01.19.0.json"));
    assert_same_code(&ours, &of(&with_shared_parts(&theirs)));
    let files = ours.client.len() + ours.server.len();
    println!("{files} files of code are the same");
}

/// Adds the shared parameters and responses of our description, which the changes of later versions
/// name and Microsoft's file does not have. As text, because the order of properties counts.
fn with_shared_parts(theirs: &str) -> String {
    let parts = |section: &str| {
        let (_, rest) = description()
            .split_once(&format!("\n  \"{section}\": {{"))
            .expect("the root has it");
        let (parts, _) = rest.split_once("\n  }").expect("its end");
        parts
    };
    let root = "\n  \"parameters\": {";
    assert_eq!(theirs.matches(root).count(), 1, "the root has parameters");
    let with_parameters = format!("{root}{},", parts("parameters"));
    let rest = theirs.replace(root, &with_parameters);
    let rest = rest.trim_start().strip_prefix('{').expect("an object");
    format!("{{\"responses\":{{{}}},{rest}", parts("responses"))
}

/// Asserts that code generated from two descriptions differs only in the docs.
pub(crate) fn assert_same_code(ours: &Output, theirs: &Output) {
    let mut differences = Vec::new();
    let sides = [
        (&ours.client, &theirs.client),
        (&ours.server, &theirs.server),
    ];
    for (ours, theirs) in sides {
        assert!(ours.keys().eq(theirs.keys()));
        for (path, text) in ours {
            let (ours, theirs) = (code(text), code(&theirs[path]));
            differences.extend(difference(&ours, &theirs).map(|d| format!("{path}:\n{d}")));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// Versions in our dialect other than ours. The oldest have a fixed host and other models.
const OTHERS: [&str; 6] = [
    "2017-09-01.6.0",
    "2019-08-01.10.0",
    "2021-06-01.14.0",
    "2022-10-01.16.0",
    "2023-11-01.18.0",
    "2024-07-01.20.0",
];

#[test]
fn other_versions_of_the_description_generate() {
    let Some(folder) = reference() else {
        return;
    };
    for version in OTHERS {
        let text = read(&folder.join(format!("BatchService-{version}.json")));
        let output = make(&text);
        let swagger: Value = serde_json::from_str(&text).expect("JSON");
        let (structs, enums) = (structs(&output), enums(&output));
        for (name, _) in members(&swagger["definitions"]) {
            let known = structs.contains_key(name) || enums.contains_key(name);
            assert!(known, "{version}: {name} is lost");
        }
        let dispatch = output.client["dispatch.rs"].as_str();
        for (_, _, operation) in operations(&swagger) {
            let arm = format!("{} => {{", operation["operationId"]);
            assert!(dispatch.contains(&arm), "{version}: {arm} is lost");
        }
        let root = parse(&output.client["mod.rs"])
            .to_token_stream()
            .to_string();
        assert!(
            root.contains(&format!("\"{version}\"")),
            "{version} is not API_VERSION"
        );
        println!(
            "{version}: {} operations, {} definitions",
            operations(&swagger).count(),
            members(&swagger["definitions"]).count()
        );
    }
}
