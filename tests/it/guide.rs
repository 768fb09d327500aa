//! The guide's front page links to every page and every example. (rustdoc checks that its links
//! work, and doc tests that its examples run.)

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

/// Names of the programs in a folder: Rust files, and folders with a `main.rs`.
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
fn the_front_page_lists_every_example() {
    let (page, examples) = (front_page(), programs(&client("examples")));
    assert!(examples.len() >= 3, "{examples:?}");
    for example in examples {
        let line = format!("//! | `{example}` | ");
        assert!(
            page.contains(&line),
            "the guide does not list the example {example}"
        );
    }
}

#[test]
fn the_front_page_lists_every_page() {
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
            "the guide's front page does not link to {name}"
        );
    }
}
