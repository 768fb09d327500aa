//! Each test creates a repository with a base commit and works in it.

use serde_json::{Value, json};

use super::*;

/// A repository whose branch `base` has our description, and whose branch `work` is checked out.
struct Repository {
    root: PathBuf,
}

impl Repository {
    fn new(name: &str) -> Self {
        let root = run::target(&workspace::root().unwrap())
            .join("xtask-tests/review")
            .join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("spec")).unwrap();
        let repository = Self { root };
        repository.git(&["init", "--quiet", "--initial-branch", "base"]);
        let description = fs::read_to_string(workspace::root().unwrap().join(DESCRIPTION)).unwrap();
        // Also in the order that `edit` writes: the order of properties is that of Rust arguments.
        let description: Value = serde_json::from_str(&description).unwrap();
        repository.write(DESCRIPTION, &format!("{description:#}"));
        repository.write(CHANGELOG, "# Changelog\n");
        repository.version("0.1.3");
        repository.commit();
        repository.git(&["checkout", "--quiet", "-b", "work"]);
        repository
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = run::git(&self.root);
        // The user who runs the tests may sign commits or have hooks.
        git.env("GIT_CONFIG_GLOBAL", self.root.join("none"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(arguments);
        run::quietly(&mut git).unwrap();
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a"]);
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.root.join(path), text).unwrap();
    }

    fn version(&self, version: &str) {
        let text = format!(
            "[workspace]\n\n[workspace.package]\nedition = \"2024\"\nversion = \"{version}\"\n"
        );
        self.write(MANIFEST, &text);
    }

    /// Changes the description.
    fn edit(&self, edit: impl FnOnce(&mut Value)) {
        let text = fs::read_to_string(self.root.join(DESCRIPTION)).unwrap();
        let mut description = serde_json::from_str(&text).unwrap();
        edit(&mut description);
        self.write(DESCRIPTION, &format!("{description:#}"));
    }

    fn review(&self) -> Review {
        Review::of(&self.root, "base").unwrap()
    }

    fn missing(&self) -> Vec<String> {
        self.review().missing
    }
}

fn without_a_property(description: &mut Value) {
    let pool = &mut description["definitions"]["CloudPool"]["properties"];
    assert!(pool.as_object_mut().unwrap().remove("vmSize").is_some());
}

fn with_a_property(description: &mut Value) {
    let pool = &mut description["definitions"]["CloudPool"]["properties"];
    pool["colour"] = json!({"type": "string", "description": "Colour of the pool in the portal."});
}

#[test]
fn without_a_change_nothing_is_missing() {
    let repository = Repository::new("same");
    let review = repository.review();
    assert!(review.report.is_empty());
    assert_eq!(review.missing, [""; 0]);
    let page = review.page();
    assert!(
        page.ends_with("## Version and changelog\n\nBoth are up to date.\n"),
        "{page}"
    );
}

#[test]
fn a_breaking_change_needs_a_breaking_version() {
    let repository = Repository::new("breaks");
    repository.edit(without_a_property);
    repository.write(
        CHANGELOG,
        "# Changelog\n\n- `CloudPool::vm_size` was removed.\n",
    );
    let expected = "the Rust API has a breaking change, but the version went from 0.1.3 to 0.1.3: set it to `0.2.0` in `Cargo.toml`, \
                    under `[workspace.package]` and for each of our crates under `[workspace.dependencies]`";
    assert_eq!(repository.missing(), [expected]);
    let page = repository.review().page();
    assert!(
        page.contains("vm_size") && page.ends_with(&format!("- {expected}\n")),
        "{page}"
    );

    repository.version("0.1.9");
    assert!(repository.missing()[0].contains("from 0.1.3 to 0.1.9: set it to `0.2.0`"));
    for enough in ["0.2.0", "0.10.0", "1.0.0"] {
        repository.version(enough);
        assert_eq!(repository.missing(), [""; 0], "{enough}");
    }
}

#[test]
fn a_fact_needs_a_line_in_the_changelog_but_a_description_does_not() {
    let repository = Repository::new("changelog");
    repository.edit(|description| {
        let pool = &mut description["definitions"]["CloudPool"];
        pool["description"] = json!("Another description.");
    });
    assert_eq!(repository.missing(), [""; 0]);
    repository.edit(with_a_property);
    let expected = "facts of the API change, but `CHANGELOG.md` has no new line: describe there what users will notice";
    assert_eq!(repository.missing(), [expected]);
    // Removing a line or adding a blank one is not news.
    for changelog in ["", "# Changelog\n\n\n"] {
        repository.write(CHANGELOG, changelog);
        assert_eq!(repository.missing(), [expected], "{changelog:?}");
    }
    repository.write(CHANGELOG, "# Changelog\n\n- Pools have a colour.\n");
    assert_eq!(repository.missing(), [""; 0]);
}

#[test]
fn commits_and_later_changes_of_the_base_do_not_matter() {
    let repository = Repository::new("parted");
    repository.edit(without_a_property);
    let before = repository.review().page();
    repository.commit();
    assert_eq!(repository.review().page(), before);

    repository.git(&["checkout", "--quiet", "base"]);
    repository.edit(with_a_property);
    repository.commit();
    repository.git(&["checkout", "--quiet", "work"]);
    assert_eq!(repository.review().page(), before);
}

#[test]
fn a_failed_comparison_is_one_clear_error() {
    let repository = Repository::new("errors");
    let error = |base: &str| {
        let error = Review::of(&repository.root, base).err().expect("an error");
        format!("{error:#}")
    };
    let unknown = error("nowhere");
    let expected =
        "cannot find the merge base of nowhere and HEAD; fetch the branch or name another: ";
    assert!(unknown.starts_with(expected), "{unknown}");
    repository.write(DESCRIPTION, "{}");
    let description = error("base");
    assert!(description.contains("swagger"), "{description}");
    let usage = parse(Parser::from_args(["--summary", "page.md"]))
        .unwrap_err()
        .to_string();
    assert_eq!(
        usage,
        format!("review needs a base to compare with: --base REF\n\n{USAGE}")
    );
}

#[test]
fn the_version_is_that_of_the_workspace() {
    let manifest = "[package]\nversion = \"9.0.0\"\n[workspace.package]\nversion = \"0.1.0\" # the next\n[other]\n";
    assert_eq!(version(manifest).unwrap(), "0.1.0");
    let error =
        version("[workspace.package]\nedition = \"2024\"\n[x]\nversion = \"1.0.0\"\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot find the version under [workspace.package]"
    );
}
