//! Comparison with Microsoft's own descriptions, if `BATCH_REFERENCE` names their folder.
//!
//! Code generated from our description and from Microsoft's differs only in the docs, because our
//! descriptions are in our own words. Other versions of the description can be generated, too.

use batch_codegen::{Output, TableContents, VERSIONS_FOLDER};
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
    let tables = tables_of_base();
    let of = |description: &str| {
        batch_codegen::generate(description, &tables).unwrap_or_else(|e| panic!("{e}"))
    };
    let ours = of(description());
    assert_same_code(
        &ours,
        &of(&read(&folder.join("BatchService-2024-02-01.19.0.json"))),
    );
    let files = ours.client.len() + ours.server.len();
    println!("{files} files of code are the same");
}

/// The tables without what later versions add: their changes name our shared parameters, which
/// Microsoft's file does not have.
fn tables_of_base() -> TableContents {
    let mut tables = tables();
    tables.retain(|file, _| !file.starts_with(VERSIONS_FOLDER));
    let secrets = tables.get_mut("secrets.json").expect("the table");
    let mut table: serde_json::Value = serde_json::from_str(secrets).expect("JSON");
    let rows = table["rows"].as_array_mut().expect("rows");
    rows.retain(|row| {
        let place = row["place"].as_str().expect("a place");
        let property = place.rsplit('.').next().unwrap_or(place);
        description().contains(&format!("\"{property}\":"))
    });
    *secrets = table.to_string();
    tables
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
