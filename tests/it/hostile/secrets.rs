//! Debug of models and clients shows no secret, wherever it is in them.

use std::fmt::Debug;

use batch_client::models::{
    CloudTask, ContainerRegistry, EnvironmentSetting, HttpHeader, PoolAddParameter, ResourceFile,
    TaskAddParameter,
};
use batch_client::{BearerToken, Client, RetryPolicy};
use batch_tests::server::{Response, Server};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::calls::report;

/// Part of each secret below.
const SECRET: &str = "SECRET";

fn shown<T: Debug>(value: &T) -> String {
    format!("{value:?} {value:#?}")
}

/// The Debug output of a model that was read from this JSON.
fn read<T: Debug + DeserializeOwned>(json: Value) -> String {
    shown(&serde_json::from_value::<T>(json).expect("a model"))
}

#[test]
fn no_model_shows_a_secret() {
    let sas = "https://a.blob.core.windows.net/c?sv=1&sig=SECRET";
    let task = |name: &str, value: Value| {
        let mut task = json!({"id": "t", "commandLine": "true"});
        task[name] = value;
        read::<CloudTask>(task)
    };
    let cases: Vec<(&str, String)> = vec![
        (
            "an environment setting",
            shown(&EnvironmentSetting::new("A", SECRET)),
        ),
        ("a header", shown(&HttpHeader::new("authorization", SECRET))),
        (
            "settings of a task",
            shown(
                &TaskAddParameter::new("t", "true")
                    .with_environment_settings([EnvironmentSetting::new("A", SECRET)]),
            ),
        ),
        (
            "settings of a task that was read",
            task(
                "environmentSettings",
                json!([{"name": "A", "value": SECRET}]),
            ),
        ),
        (
            "a registry's password",
            shown(&ContainerRegistry::default().with_password(SECRET)),
        ),
        (
            "a user in a registry's address",
            shown(&ContainerRegistry::default().with_registry_server("u:SECRET@registry.example")),
        ),
        (
            "a user in a registry's URL",
            shown(&ContainerRegistry::default().with_registry_server("https://u:SECRET@r.example")),
        ),
        (
            "a container's error",
            task(
                "executionInfo",
                json!({"containerInfo": {"error": format!("cannot pull {sas}")}}),
            ),
        ),
        (
            "a container's error with a token",
            task(
                "executionInfo",
                json!({"containerInfo": {"error": "GET: Bearer SECRET123 denied"}}),
            ),
        ),
        (
            "a task's failure",
            task(
                "executionInfo",
                json!({"failureInfo": {"message": sas, "details": [{"name": "u", "value": sas}]}}),
            ),
        ),
        (
            "a command line",
            task("commandLine", json!(format!("curl '{sas}' -u u:SECRET@h"))),
        ),
        (
            "a resource file",
            shown(&ResourceFile::default().with_http_url(sas)),
        ),
        (
            "a user's password",
            read::<PoolAddParameter>(
                json!({"id": "p", "vmSize": "v", "userAccounts": [{"name": "u", "password": SECRET}]}),
            ),
        ),
        (
            "a mounted share's key",
            read::<PoolAddParameter>(json!({"id": "p", "vmSize": "v", "mountConfiguration": [
                {"azureFileShareConfiguration": {"accountName": "a", "azureFileUrl": "https://h",
                    "accountKey": SECRET, "relativeMountPath": "m"}}]})),
        ),
        (
            "a client's token",
            shown(
                &Client::builder(
                    "http://127.0.0.1:9",
                    BearerToken::new(SECRET).expect("a token"),
                )
                .build()
                .expect("a client"),
            ),
        ),
    ];
    assert_eq!(cases.len(), 15);
    let problems: Vec<String> = cases
        .iter()
        .filter(|(_, shown)| shown.contains(SECRET) || shown.len() < 20)
        .map(|(name, shown)| format!("{name}: {shown}"))
        .collect();
    report(&problems);
}

/// The accessors return what was sent: only what is shown is redacted.
#[tokio::test]
async fn accessors_of_an_error_are_unchanged() {
    let server = Server::start().await;
    let text = "line\n\u{1b}[2J https://h/c?sig=SECRET";
    let body =
        json!({"code": "A", "message": {"value": text}, "values": [{"key": "k", "value": text}]});
    server.answer(Response::json(400, &body).into());
    let client = Client::builder(server.url(), crate::calls::key()).retry(RetryPolicy::none());
    let call = client.build().expect("a client").job().get("nightly").await;
    let error = call.expect_err("400");
    assert_eq!(error.message(), Some(text));
    assert_eq!(error.details()[0].value.as_deref(), Some(text));
    assert_eq!(error.body(), Some(body.to_string().as_bytes()));
    assert!(!shown(&error).contains(SECRET), "{error}");
}
