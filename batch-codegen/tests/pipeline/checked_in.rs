//! The same description makes the same files, and what is checked in is what ours makes.

use super::support::{CODES, FILTERS, description, library, make, ours, read, root};

#[test]
fn generating_twice_gives_the_same_files() {
    let again = make(description());
    assert_eq!(again.openapi, ours().openapi);
    assert_eq!(again.client, ours().client);
    assert_eq!(again.server, ours().server);
}

#[test]
fn a_small_description_makes_a_client() {
    let output = batch_codegen::generate(&library().to_string(), CODES, FILTERS).expect("a client");
    assert!(output.client["operations/shelf.rs"].contains("pub fn get_picture("));
    assert!(output.client["models/shelf.rs"].contains("pub struct ShelfAdd"));
    assert!(
        output.client["codes.rs"].contains("pub const SHELF_NOT_FOUND: &str = \"ShelfNotFound\";")
    );
}

#[test]
fn the_openapi_document_of_the_spec_folder_is_what_its_description_makes() {
    let file = read(&root().join("spec/openapi.json")).replace("\r\n", "\n");
    assert!(
        file == ours().openapi,
        "spec/openapi.json is stale; repair: cargo xtask regen"
    );
}

#[test]
fn the_generated_files_are_what_the_description_makes() {
    let folders = [
        ("batch-client/src/generated", &ours().client),
        ("tests/emulator/src/generated", &ours().server),
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
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; repair: cargo xtask regen"
    );
}
