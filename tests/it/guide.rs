//! The guide's front page leads to every page of it, and to every example. (That its links lead
//! somewhere is rustdoc's to say, that its examples run is what doc tests are for.)

use std::fs;
use std::path::{Path, PathBuf};

fn client(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../batch-client")
        .join(path)
}

fn front_page() -> String {
    fs::read_to_string(client("src/guide/mod.rs")).expect("the guide")
}

/// The names of programs in a folder: files of Rust, and folders with a `main.rs`.
fn programs(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let programs = paths.filter(|path| {
        path.extension().is_some_and(|extension| extension == "rs")
            || path.join("main.rs").is_file()
    });
    let stems = programs.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    stems.collect()
}

#[test]
fn every_example_has_a_line() {
    let (page, examples) = (front_page(), programs(&client("examples")));
    assert!(examples.len() >= 3, "{examples:?}");
    for example in examples {
        let line = format!("//! | `{example}` | ");
        assert!(
            page.contains(&line),
            "the guide does not name the example {example}"
        );
    }
}

#[test]
fn every_page_has_a_line() {
    let page = front_page();
    let pages = page.lines().filter_map(|line| {
        let name = line.strip_prefix("pub mod ")?;
        name.strip_suffix(';')
    });
    let pages: Vec<&str> = pages.collect();
    assert!(pages.len() >= 8, "{pages:?}");
    for name in pages {
        let line = format!("//! | [`{name}`] | ");
        assert!(
            page.contains(&line),
            "the guide's front page does not lead to {name}"
        );
    }
}
