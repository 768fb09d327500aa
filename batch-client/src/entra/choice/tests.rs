//! Choices by variables.

use super::*;

fn explained(set: &[(&str, &str)]) -> String {
    let read = |name: &str| {
        let found = set.iter().find(|(of, _)| *of == name)?;
        Some(found.1.to_owned())
    };
    match choose(&read, None) {
        Ok(choice) => {
            assert!(!format!("{choice:?}").contains("s3cret"), "{choice:?}");
            choice.explain()
        }
        Err(error) => {
            assert!(error.is_invalid_request(), "{error:?}");
            error.to_string()
        }
    }
}

#[test]
fn the_first_that_applies_is_taken_and_explained() {
    let (tenant, id) = ((TENANT, "t"), (APPLICATION, "app"));
    let (secret, file) = ((SECRET, "s3cret"), (TOKEN_FILE, "/token"));
    let (site, node) = ((APP_SERVICE, "http://x"), (BATCH_NODE, "tvm-1"));
    for (set, expected) in [
        (
            &[tenant, id, secret, file, site, node][..],
            "the workload identity app, because AZURE_FEDERATED_TOKEN_FILE is set",
        ),
        (
            &[tenant, id, secret, site, node],
            "the service principal app, because AZURE_CLIENT_SECRET is set",
        ),
        (
            &[tenant, id, site, node],
            "the managed identity app, because IDENTITY_ENDPOINT is set",
        ),
        (
            &[node],
            "the managed identity, because AZ_BATCH_NODE_ID is set",
        ),
        (
            &[tenant, id],
            "the Azure CLI, because none of AZURE_FEDERATED_TOKEN_FILE, AZURE_CLIENT_SECRET, \
             IDENTITY_ENDPOINT, AZ_BATCH_NODE_ID is set",
        ),
        (
            &[(CHOSEN, "prod"), id],
            "the managed identity app, because AZURE_TOKEN_CREDENTIALS is `prod`",
        ),
        (
            &[(CHOSEN, "prod"), tenant, id, secret],
            "the service principal app, because AZURE_CLIENT_SECRET is set",
        ),
        (
            &[(CHOSEN, "dev"), tenant, id, secret],
            "the Azure CLI, because AZURE_TOKEN_CREDENTIALS is `dev`",
        ),
        (
            &[(CHOSEN, "ManagedIdentityCredential"), tenant, secret],
            "the managed identity, because AZURE_TOKEN_CREDENTIALS is \
             `ManagedIdentityCredential`",
        ),
    ] {
        assert_eq!(explained(set), expected, "{set:?}");
    }
}

#[test]
fn an_incomplete_set_is_an_error_that_names_what_is_missing() {
    for (set, expected) in [
        (
            &[(SECRET, "s3cret"), (TENANT, "t")][..],
            "cannot choose a credential: AZURE_CLIENT_SECRET, AZURE_TENANT_ID, AZURE_CLIENT_ID \
             must be set together; set AZURE_CLIENT_ID, or unset AZURE_CLIENT_SECRET",
        ),
        (
            &[(TOKEN_FILE, "/token")],
            "cannot choose a credential: AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID, \
             AZURE_CLIENT_ID must be set together; set AZURE_TENANT_ID and AZURE_CLIENT_ID, or \
             unset AZURE_FEDERATED_TOKEN_FILE",
        ),
        (
            &[(CHOSEN, "Everything")],
            "cannot choose a credential: AZURE_TOKEN_CREDENTIALS is \"Everything\"; set it to \
             `prod`, `dev`, `WorkloadIdentityCredential`, `EnvironmentCredential`, \
             `ManagedIdentityCredential` or `AzureCliCredential`, or unset it",
        ),
    ] {
        assert_eq!(explained(set), expected, "{set:?}");
    }
}

#[test]
fn an_authority_that_is_set_wins_over_the_cloud() {
    let government = || Some(CloudConfiguration::AzureGovernment);
    let choice = choose(&|_| None, government()).expect("a choice");
    assert!(matches!(
        choice.cloud,
        Some(CloudConfiguration::AzureGovernment)
    ));
    let read = |name: &str| (name == AUTHORITY).then(|| "https://login.example".to_owned());
    let choice = choose(&read, government()).expect("a choice");
    assert!(choice.cloud.is_none());
}
