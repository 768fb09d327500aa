//! Generation is deterministic, and the checked-in files are those generated from our description.

use super::support::{
    description, description_json, library, library_tables, make, ours, read, root,
};

#[test]
fn generation_is_deterministic() {
    let again = make(description());
    assert_eq!(again.openapi, ours().openapi);
    assert_eq!(again.client, ours().client);
    assert_eq!(again.server, ours().server);
}

#[test]
fn a_small_description_generates_a_client() {
    let output =
        batch_codegen::generate(&library().to_string(), &library_tables()).expect("a client");
    assert!(output.client["operations/shelf.rs"].contains("pub fn get_picture("));
    assert!(output.client["models/shelf.rs"].contains("pub struct ShelfAdd"));
    assert!(
        output.client["codes.rs"].contains("pub const SHELF_NOT_FOUND: &str = \"ShelfNotFound\";")
    );
}

#[test]
fn the_checked_in_openapi_document_is_up_to_date() {
    let file = read(&root().join("spec/openapi.json")).replace("\r\n", "\n");
    assert!(
        file == ours().openapi,
        "spec/openapi.json is stale; fix: cargo xtask regen"
    );
}

#[test]
fn the_generated_files_are_up_to_date() {
    let folders = [
        ("batch-client/src/generated", &ours().client),
        ("batch-emulator/src/generated", &ours().server),
        ("tests/it/generated", &ours().tests),
    ];
    let mut stale = Vec::new();
    for (folder, files) in folders {
        for (path, text) in files {
            let path = root().join(folder).join(path);
            if read(&path).replace("\r\n", "\n") != *text {
                stale.push(path);
            }
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}; fix: cargo xtask regen");
}

#[test]
fn the_tables_are_for_the_checked_in_description() {
    assert_eq!(
        description_json()["info"]["version"],
        batch_codegen::TABLES_VERSION
    );
    assert!(ours().notes.is_empty(), "{:?}", ours().notes);
}

/// A description like those up to 2018-08: a fixed host, no security definitions, hints for
/// generators of that time.
#[test]
fn a_description_with_a_fixed_host_generates_a_client() {
    let mut library = library();
    let root = library.as_object_mut().expect("an object");
    root.remove("x-ms-parameterized-host");
    root.insert("host".into(), "library.example".into());
    library["info"]["x-ms-code-generation-settings"] =
        serde_json::json!({ "name": "LibraryClient" });
    library["parameters"]
        .as_object_mut()
        .expect("an object")
        .remove("LibraryUrl");
    // progenitor would spell this name differently.
    let text = library
        .to_string()
        .replace("ShelfClose", "ShelfCloseOSParameter");
    let output = batch_codegen::generate(&text, &library_tables()).expect("a client");
    assert!(
        output
            .openapi
            .contains("\"url\": \"https://library.example\""),
        "{}",
        output.openapi
    );
    let raw = &output.client["raw.rs"];
    assert!(raw.contains("crate::models::ShelfCloseOSParameter") && !raw.contains("types::"));
}
