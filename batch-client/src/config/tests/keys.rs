//! Keys that are not in the file.

use super::*;

#[test]
fn a_key_can_stay_in_a_variable() {
    // A variable that is not set does not make the key of another account the profile's.
    let home = Home::new().az(AZ).profiles(
        "[profiles.default]\nendpoint = \"https://lab.batch.example\"\naccount = \"lab\"\n\
         access_key_variable = \"LAB_BATCH_KEY\"",
    );
    let origin = "LAB_BATCH_KEY, by profile \"default\", ~/config.toml:4";
    assert_eq!(
        home.error(&[]),
        format!(
            "cannot read the account's key from {origin}: the variable is not set; set it to one of \
             the account's two keys (on its Keys page)"
        )
    );
    let config = home.config(&[]);
    assert!(!config.has_key());
    let text = home.explained(&config);
    let expected = format!("credential missing: the key from {origin} is not set\n");
    assert!(text.ends_with(&expected), "{text}");
    let config = home.config(&[("LAB_BATCH_KEY", KEY)]);
    assert!(config.has_key());
    config.client().expect("a client");
    home.explained(&config);
    home.config(&[("AZURE_BATCH_ACCESS_KEY", KEY)])
        .client()
        .expect("our variable wins");

    // Set by a program, the file has its name alone.
    let mut config = home.config(&[("OTHER_KEY", KEY)]);
    config.set_access_key_variable("other", "OTHER_KEY");
    config.client().expect("a client");
    config.save().expect("saved");
    let text = fs::read_to_string(home.0.join("config.toml")).expect("a file");
    assert!(
        text.contains("access_key_variable = \"OTHER_KEY\"\n") && !text.contains("LAB"),
        "{text}"
    );
    let saved = home.config(&[("OTHER_KEY", KEY)]);
    assert_eq!(saved.account().as_deref(), Some("other"));
    saved.client().expect("a client");
}

#[test]
fn a_profile_has_its_key_in_one_place() {
    let text = "[profiles.a]\naccess_key_variable = \"X\"\naccess_key_keyring = \"x\"";
    let error = Home::new().profiles(text).error(&[]);
    let expected = "cannot read HOME/config.toml: line 2: `access_key_variable` and \
                    `access_key_keyring` exclude each other; correct it there";
    assert_eq!(error, expected);
}

const IN_KEYRING: &str = "[profiles.default]\nendpoint = \"https://lab.batch.example\"\n\
                          account = \"lab\"\naccess_key_keyring = \"absent\"";

#[cfg(not(feature = "keyring"))]
#[test]
fn a_key_in_the_keyring_needs_the_feature() {
    let home = Home::new().profiles(IN_KEYRING);
    assert_eq!(
        home.error(&[]),
        "cannot read the account's key from the entry \"absent\" of the keyring, by profile \
         \"default\", ~/config.toml:4: the feature `keyring` of batch-client is off; turn it on, or \
         set AZURE_BATCH_ACCESS_KEY to the key"
    );
    // It remains where it is.
    home.config(&[]).save().expect("saved");
    let text = fs::read_to_string(home.0.join("config.toml")).expect("a file");
    assert!(text.contains("access_key_keyring = \"absent\"\n"), "{text}");
}

/// In a store that keyring-core has for tests; `tests/it/` uses one of the system.
#[cfg(feature = "keyring")]
#[test]
fn a_key_can_stay_in_the_keyring() {
    use keyring_core::mock;

    let store = mock::Store::new().expect("a store");
    keyring_core::set_default_store(store);
    let home = Home::new().profiles(IN_KEYRING);
    let origin = "the entry \"absent\" of the keyring, by profile \"default\", ~/config.toml:4";
    assert_eq!(
        home.error(&[]),
        format!(
            "cannot read the account's key from {origin}: the service \"azure-batch\" has no such \
             entry; store the key by `Config::store_access_key`"
        )
    );
    let mut config = home.config(&[]);
    let text = home.explained(&config);
    assert!(
        text.ends_with(&format!("credential key from {origin}\n")),
        "{text}"
    );
    config.store_access_key("lab", KEY).expect("stored");
    config.client().expect("a client");
    config.save().expect("saved");
    let text = fs::read_to_string(home.0.join("config.toml")).expect("a file");
    assert!(
        text.contains("access_key_keyring = \"lab.batch.example\"\n") && !text.contains(KEY),
        "{text}"
    );
    let config = home.config(&[]);
    config.client().expect("a client by the stored key");
    home.explained(&config);
    // A variable still wins.
    let other = [("AZURE_BATCH_ACCESS_KEY", "no base64!")];
    assert!(home.error(&other).starts_with("cannot use account key: "));

    // A refusal of the keyring changes nothing, and no error has the secret.
    let entry = keyring_core::Entry::new("azure-batch", "lab.batch.example").expect("an entry");
    let refuse = |why| {
        let credential: &mock::Cred = entry.as_any().downcast_ref().expect("the mock's");
        credential.set_error(why);
    };
    for (why, expected) in [
        (
            keyring_core::Error::NoStorageAccess("locked".into()),
            "Couldn't access platform storage: locked; unlock the keyring (on Linux, \
             it belongs to a session, which `keyctl session` starts)",
        ),
        (
            keyring_core::Error::BadEncoding(KEY.as_bytes().to_vec()),
            "the entry is not text; store the key again by `Config::store_access_key`",
        ),
    ] {
        refuse(why);
        let error = config.client().expect_err("refused").to_string();
        assert!(error.ends_with(expected) && !error.contains(KEY), "{error}");
    }
    refuse(keyring_core::Error::NoStorageAccess("locked".into()));
    let mut changed = config.clone();
    let error = changed.store_access_key("x", KEY).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "cannot store the account's key in the entry \"lab.batch.example\" of the keyring: Couldn't \
         access platform storage: locked; unlock the keyring (on Linux, \
             it belongs to a session, which `keyctl session` starts)"
    );
    assert_eq!(changed.account().as_deref(), Some("lab"));

    // Deleted in both places, and then there is none.
    assert!(changed.delete_stored_access_key().expect("deleted"));
    assert!(!changed.has_key() && !changed.delete_stored_access_key().expect("none is left"));
    let error = config.client().expect_err("deleted").to_string();
    assert!(error.contains("has no such entry"), "{error}");
    let mut again = config.clone();
    again.delete_stored_access_key().expect_err("no such entry");
    assert!(again.has_key());
}
