//! Tests of the errors of a folder.

use super::*;
use crate::time::Time;

fn about(account: &str) -> About {
    let begun = Time::from_ticks(1);
    let anchor = Anchor {
        real: begun,
        virtual_: begun,
        speed: 1.0,
    };
    About::new(account, "2024-02-01.19.0", anchor)
}

fn open(path: &Path, about: &About) -> io::Result<Folder> {
    Folder::open(path, about, || Ok(vec![1]))
}

fn refusal(path: &Path, about: &About) -> String {
    let error = open(path, about).expect_err("it should not open");
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    text
}

#[test]
fn a_folder_opens_again_but_not_twice() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("a").join("b");
    let folder = open(&path, &about("a")).unwrap();
    let text = refusal(&path, &about("a"));
    assert!(text.contains("in use by another process"), "{text}");
    drop(folder);
    let again = open(&path, &about("A")).unwrap();
    assert_eq!(again.about().unwrap(), about("a"));
    let names: Vec<_> = fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, [FILE]);
}

#[test]
fn other_accounts_formats_and_versions_are_rejected() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path();
    let write = |about: &About| {
        let database = builder().create(path.join(FILE)).unwrap();
        write(&database, &[Item::About(about.clone())]).unwrap();
    };
    write(&about("mine"));
    let text = refusal(path, &about("yours"));
    assert!(
        text.contains("belongs to the account mine, not yours"),
        "{text}"
    );
    write(&About {
        format: 0,
        ..about("mine")
    });
    let text = refusal(path, &about("mine"));
    assert!(text.contains("format 0"), "{text}");
    write(&About {
        api: "2030-01-01".to_owned(),
        program: "9.9".to_owned(),
        ..about("mine")
    });
    let text = refusal(path, &about("mine"));
    assert!(text.contains("API version 2030-01-01"), "{text}");
    assert!(text.contains("version 9.9"), "{text}");
}

#[test]
fn an_interrupted_creation_does_no_harm() {
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join(NEW_FILE), [0; 5000]).unwrap();
    assert!(open(temporary.path(), &about("a")).is_ok());
    assert!(!temporary.path().join(NEW_FILE).exists());
}

#[test]
fn damaged_folders_are_reported_as_such() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path();
    let file = path.join(FILE);
    drop(open(path, &about("a")).unwrap());
    let good = fs::read(&file).unwrap();
    let mut scribbled = good.clone();
    for byte in scribbled.iter_mut().skip(64) {
        *byte ^= 0x5A;
    }
    let cases: [(&str, &[u8]); 4] = [
        ("empty", &[]),
        ("text", b"this is not a database, whatever its name says"),
        ("cut", &good[..good.len() / 3]),
        ("scribbled", &scribbled),
    ];
    for (name, bytes) in cases {
        fs::write(&file, bytes).unwrap();
        let text = refusal(path, &about("a"));
        assert!(text.contains("is damaged"), "{name}: {text}");
    }
    // Another program's database.
    fs::remove_file(&file).unwrap();
    drop(builder().create(&file).unwrap());
    let text = refusal(path, &about("a"));
    assert!(text.contains("is damaged"), "{text}");
}

#[test]
fn an_entry_that_cannot_be_parsed_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = open(temporary.path(), &about("a")).unwrap();
    let writing = folder.database.begin_write().unwrap();
    let entry = br#"{"time":1,"input":{"Wish":1}}"#;
    writing
        .open_table(JOURNAL)
        .unwrap()
        .insert(7, entry.as_slice())
        .unwrap();
    writing.commit().unwrap();
    let error = folder.replay(|_, _| Ok(())).unwrap_err().to_string();
    assert!(error.contains("entry 7"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_folder_is_accessible_to_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("new");
    drop(open(&path, &about("a")).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&path.join(FILE))), (0o700, 0o600));
}
