use std::fs;
use std::time::Duration;

use super::*;

fn folder(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for name in names {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, name).expect("a file");
    }
    dir
}

fn names(set: &FileSet) -> Vec<&str> {
    set.iter().map(LocalFile::name).collect()
}

#[test]
fn a_folder_is_read_as_deep_as_asked() {
    let dir = folder(&[
        "b.txt",
        "a.exr",
        "sub/c.exr",
        "sub/deep/d.exr",
        ".hid/e",
        ".f",
    ]);
    let read = |dir: Dir| dir.read().expect("a set");
    let flat = read(FileSet::from_dir(dir.path()));
    assert_eq!(names(&flat), ["a.exr", "b.txt"]);
    assert_eq!(flat.bytes(), 10);
    let deep = FileSet::from_dir(dir.path()).recursive(true);
    assert_eq!(
        names(&read(deep.clone())),
        ["a.exr", "b.txt", "sub/c.exr", "sub/deep/d.exr"]
    );
    assert_eq!(read(deep.clone().hidden(true)).len(), 6);
    for (pattern, expected) in [
        ("*.exr", &["a.exr", "sub/c.exr", "sub/deep/d.exr"][..]),
        ("sub/*.exr", &["sub/c.exr"]),
        ("**/*.exr", &["a.exr", "sub/c.exr", "sub/deep/d.exr"]),
        ("sub/**/*", &["sub/c.exr", "sub/deep/d.exr"]),
        ("?.txt", &["b.txt"]),
        ("nothing", &[]),
    ] {
        let set = read(deep.clone().pattern(pattern));
        assert_eq!(names(&set), expected, "{pattern}");
    }
    let two = read(deep.clone().pattern("*.txt").pattern("d.*"));
    assert_eq!(names(&two), ["b.txt", "sub/deep/d.exr"]);
    assert!(
        deep.pattern("[")
            .read()
            .expect_err("malformed")
            .is_invalid()
    );
    let missing = FileSet::from_dir(dir.path().join("none")).read();
    assert!(missing.expect_err("no folder").io_error().is_some());
}

#[cfg(unix)]
#[test]
fn links_are_followed_if_asked() {
    use std::os::unix::fs::symlink;
    let dir = folder(&["real/a.txt"]);
    symlink("real/a.txt", dir.path().join("link.txt")).expect("a link");
    symlink("real", dir.path().join("other")).expect("a link");
    let walk = FileSet::from_dir(dir.path()).recursive(true);
    assert_eq!(names(&walk.read().expect("a set")), ["real/a.txt"]);
    let followed = walk.clone().follow_links(true).read().expect("a set");
    assert_eq!(names(&followed), ["link.txt", "other/a.txt", "real/a.txt"]);
    symlink("..", dir.path().join("real/cycle")).expect("a link");
    assert!(walk.follow_links(true).read().is_err());
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_are_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = folder(&[]);
    let name = std::ffi::OsStr::from_bytes(b"a\xff");
    fs::write(dir.path().join(name), "").expect("a file");
    let error = FileSet::from_dir(dir.path()).read().expect_err("a name");
    assert!(error.to_string().contains("UTF-8"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn odd_names_are_kept_and_control_characters_refused() {
    let odd = ["a b.txt", "ä#%+.txt", "A.txt", "a.txt", "new\nline"];
    let dir = folder(&odd[..4]);
    let set = FileSet::from_dir(dir.path()).read().expect("a set");
    assert_eq!(names(&set), ["A.txt", "a b.txt", "a.txt", "ä#%+.txt"]);
    fs::write(dir.path().join(odd[4]), "").expect("a file");
    let error = FileSet::from_dir(dir.path()).read().expect_err("a name");
    assert!(error.is_invalid(), "{error}");
}

#[test]
fn two_files_of_one_name_are_refused() {
    let dir = folder(&["a/x.txt", "b/x.txt"]);
    let mut set = FileSet::new();
    set.add(dir.path().join("a/x.txt")).expect("the first");
    set.add(dir.path().join("a/x.txt")).expect("the same again");
    let error = set.add(dir.path().join("b/x.txt")).expect_err("another");
    assert!(error.to_string().contains("add_as"), "{error}");
    set.add_as(dir.path().join("b/x.txt"), "b/x.txt")
        .expect("another name");
    assert_eq!(names(&set), ["b/x.txt", "x.txt"]);
    assert!(set.get("x.txt").is_some());
    assert!(set.remove("x.txt").is_some() && set.remove("x.txt").is_none());
    for name in ["../x.txt", "", "a//b", &"x".repeat(1025)] {
        let refused = set.add_as(dir.path().join("b/x.txt"), name);
        assert!(refused.expect_err(name).is_invalid());
    }
    assert!(
        set.add(dir.path().join("a"))
            .expect_err("a folder")
            .is_invalid()
    );
}

#[test]
fn times_are_printed_as_python_does() {
    // From `str(os.path.getmtime(path))` of Python 3.
    for (seconds, nanos, expected) in [
        (1_700_000_000, 0, "1700000000.0"),
        (1_700_000_000, 123_456_700, "1700000000.1234567"),
        (1_700_000_000, 500_000_000, "1700000000.5"),
        (1_700_000_000, 5, "1700000000.0"),
        (0, 0, "0.0"),
    ] {
        let time = UNIX_EPOCH + Duration::new(seconds, nanos);
        assert_eq!(python_seconds(time), expected);
    }
}
