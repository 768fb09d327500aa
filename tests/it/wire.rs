//! Promise: what an operation is given stands on the wire as the description has it, signed as it
//! stands there.

use std::collections::BTreeMap;
use std::time::SystemTime;

use batch_client::{Client, SharedKey};
use batch_tests::description::{Body, DESCRIPTION, Kind as ParameterKind, Operation, Place};
use batch_tests::json::{described, differences, written};
use batch_tests::reference::{self, split_target};
use batch_tests::sample::{self, HTTP_DATE, Values};
use batch_tests::server::{Request, Server};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::calls::{ACCOUNT, Arguments, Failure, KEY, client, key, report, success};

/// How much a call is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Every parameter and a body with every property, with values that are hard to carry.
    Everything,
    /// The same with values that look like absent ones in the body.
    LeastValues,
    /// Only what is required.
    Required,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Everything, Self::LeastValues, Self::Required];
}

/// One call.
pub(crate) struct Case {
    pub(crate) operation: &'static Operation,
    arguments: Arguments,
}

/// A call of each operation.
pub(crate) fn cases(kind: Kind) -> impl Iterator<Item = Case> {
    let values = match kind {
        Kind::LeastValues => Values::Least,
        Kind::Everything | Kind::Required => Values::Hard,
    };
    let all = kind != Kind::Required;
    DESCRIPTION.operations.iter().map(move |operation| {
        let body = operation.body.as_ref().filter(|body| all || body.required);
        Case {
            operation,
            arguments: Arguments {
                parameters: sample::parameters(operation, all),
                body: body.map(|body| sample::json(&body.schema, values)),
            },
        }
    })
}

#[tokio::test]
async fn every_operation_sends_everything_that_it_is_given() {
    hold(Kind::Everything).await;
}

#[tokio::test]
async fn every_operation_sends_values_that_look_like_absent_ones() {
    hold(Kind::LeastValues).await;
}

#[tokio::test]
async fn every_operation_sends_nothing_that_it_is_not_given() {
    hold(Kind::Required).await;
}

async fn hold(kind: Kind) {
    let server = Server::start().await;
    let client = client(&server);
    let mut problems = Vec::new();
    for case in cases(kind) {
        let id = &case.operation.id;
        server.answer(success(case.operation).into());
        if let Err(failure) = case.arguments.call(&client, id).await {
            problems.push(format!("{id}: {failure:?}"));
        }
        let found = match server.request() {
            Ok(request) => check(&case, &request),
            Err(why) => vec![why],
        };
        problems.extend(found.iter().map(|problem| format!("{id}: {problem}")));
    }
    report(&problems);
}

/// What is wrong with a request.
fn check(case: &Case, request: &Request) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expect = |what: &str, expected: Option<&str>, actual: Option<&str>| {
        if expected != actual {
            problems.push(format!("{what} is {actual:?}, expected {expected:?}"));
        }
    };
    let operation = case.operation;
    expect("the method", Some(&operation.method), Some(&request.method));
    for (name, expected) in expected_headers(case, request.body.len()) {
        expect(name, expected.as_deref(), request.header(name));
    }
    problems.extend(check_target(case, &request.target).err());
    problems.extend(check_body(case, &request.body));
    problems.extend(check_signature(request));
    problems.extend(check_id(request));
    problems
}

/// Every request has an id, by which the service's logs can be searched; one that the client makes
/// up is a GUID.
fn check_id(request: &Request) -> Option<String> {
    let id = request.header("client-request-id").unwrap_or_default();
    let is_guid = id.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let is_given = id == "\"client-request-id=0x8D5; %41\"";
    (!is_guid && !is_given).then(|| format!("client-request-id is {id:?}"))
}

/// The headers that a request has to have, and those that it may not have.
fn expected_headers(case: &Case, length: usize) -> Vec<(&str, Option<String>)> {
    let has_body = case.arguments.body.is_some();
    let sends_length = matches!(&*case.operation.method, "POST" | "PUT" | "PATCH" | "DELETE");
    let media = "application/json; odata=minimalmetadata".to_owned();
    let mut headers = vec![
        ("accept", Some("application/json".to_owned())),
        ("content-type", has_body.then_some(media)),
        ("content-length", sends_length.then(|| length.to_string())),
        ("transfer-encoding", None),
        // The generator's own idea; the service wants the query parameter.
        ("api-version", None),
        // Signed as blank, so it has to be.
        ("date", None),
    ];
    for parameter in case.operation.parameters_in(Place::Header) {
        let given = case
            .arguments
            .parameters
            .iter()
            .any(|(name, _)| *name == parameter.name);
        // Without one the clock gives the date, and the client makes up an id.
        if given || !["ocp-date", "client-request-id"].contains(&&*parameter.name) {
            let value = given.then(|| sample::on_the_wire(parameter));
            headers.push((&parameter.name, value));
        }
    }
    headers
}

fn check_target(case: &Case, target: &str) -> Result<(), String> {
    let (path, query) = split_target(target)?;
    let given = |place| {
        let here = case.operation.parameters_in(place);
        let given: BTreeMap<&str, String> = here
            .filter(|p| {
                case.arguments
                    .parameters
                    .iter()
                    .any(|(name, _)| *name == p.name)
            })
            .map(|p| (&*p.name, sample::on_the_wire(p)))
            .collect();
        given
    };
    let values = case.operation.path_values(path)?;
    let values: BTreeMap<&str, String> = values.iter().map(|(n, v)| (&**n, v.clone())).collect();
    let expected = given(Place::Path);
    if values != expected {
        return Err(format!("the path has {values:?}, expected {expected:?}"));
    }
    let mut expected = given(Place::Query);
    expected.insert("api-version", DESCRIPTION.version().to_owned());
    let count = query.len();
    let query: BTreeMap<&str, String> = query.iter().map(|(n, v)| (&**n, v.clone())).collect();
    if query != expected || count != expected.len() {
        return Err(format!(
            "the query of {target} is {query:?}, expected {expected:?} once"
        ));
    }
    Ok(())
}

fn check_body(case: &Case, body: &[u8]) -> Vec<String> {
    match (&case.arguments.body, serde_json::from_slice::<Value>(body)) {
        // The samples are spelled as the wire has them, so they have to come back as they are.
        (Some(expected), Ok(body)) => differences(expected, &body),
        (Some(_), Err(why)) => vec![format!("the body is no JSON: {why}")],
        (None, _) if body.is_empty() => Vec::new(),
        (None, _) => vec![format!("there is a body of {} bytes", body.len())],
    }
}

fn check_signature(request: &Request) -> Option<String> {
    let Some(date) = request.header("ocp-date") else {
        return Some("there is no ocp-date, or more than one".to_owned());
    };
    // chrono reads more than this one form.
    let parsed = DateTime::parse_from_rfc2822(date)
        .unwrap_or_default()
        .to_utc();
    if parsed.format("%a, %d %b %Y %H:%M:%S GMT").to_string() != date {
        return Some(format!("the ocp-date {date:?} is not of RFC 1123"));
    }
    // The clock's date, or the one that was given.
    let now = if date == HTTP_DATE.1 {
        parsed.into()
    } else {
        SystemTime::now()
    };
    let authorization = request.header("authorization").unwrap_or_default();
    if !authorization.starts_with(&format!("SharedKey {ACCOUNT}:")) {
        return Some("the authorization is not of the account".to_owned());
    }
    request.verify(&key(), now).err()
}

#[tokio::test]
async fn requests_are_equal_to_those_of_the_official_client() {
    let Some(folder) = reference::folder() else {
        return;
    };
    let recorded = reference::read(&folder.join("wire/official-client-requests.json"));
    let text = |name: &str| recorded[name].as_str().expect(name);
    let key = SharedKey::new(text("account"), text("key")).expect("the recorded key");
    let server = Server::start().await;
    let client = Client::new(server.url(), key.clone()).expect("a client");
    let operations = recorded["operations"].as_array().expect("operations");
    let mut problems = Vec::new();
    for theirs in operations {
        let id = theirs["operationId"].as_str().expect("an id");
        let found = compare(&client, &server, &key, theirs, DESCRIPTION.operation(id)).await;
        problems.extend(found.iter().map(|problem| format!("{id}: {problem}")));
    }
    report(&problems);
    assert_eq!(operations.len(), 43, "recorded operations");
}

/// Makes the call that a recorded request is, and tells in what the two differ.
async fn compare(
    client: &Client,
    server: &Server,
    key: &SharedKey,
    theirs: &Value,
    operation: &Operation,
) -> Vec<String> {
    let parameters = match reference::parameters(operation, theirs) {
        Ok(parameters) => parameters,
        Err(why) => return vec![format!("the recording: {why}")],
    };
    let body = theirs["body"]
        .as_str()
        .map(|body| serde_json::from_str(body).expect("JSON"));
    let arguments = Arguments { parameters, body };
    server.answer(success(operation).into());
    let mut problems = Vec::new();
    if let Err(failure) = arguments.call(client, &operation.id).await {
        problems.push(format!("{failure:?}"));
    }
    let ours = match server.request() {
        Ok(request) => request,
        Err(why) => return vec![why],
    };
    let mut expect = |what: &str, expected: &str, actual: &str| {
        if expected != actual {
            problems.push(format!("{what} is {actual:?}, theirs {expected:?}"));
        }
    };
    expect(
        "the method",
        theirs["method"].as_str().expect("a method"),
        &ours.method,
    );
    let target = theirs["target"].as_str().expect("a target");
    expect(
        "the target",
        &by_value(operation, target),
        &by_value(operation, &ours.target),
    );
    let has_date = operation
        .parameters_in(Place::Query)
        .any(|p| p.kind == ParameterKind::Date);
    for name in theirs["headers"].as_object().expect("headers").keys() {
        let (expected, actual) = (reference::header(theirs, name), ours.header(name));
        let (expected, actual) = (expected.unwrap_or_default(), actual.unwrap_or("missing"));
        match name.as_str() {
            // Both are accepted; JSON is UTF-8 in any case.
            "content-type" => expect(name, expected.trim_end_matches("; charset=utf-8"), actual),
            // Their JSON has blanks.
            "content-length" if arguments.body.is_some() => {}
            // It follows from the length, and from how dates in the query are spelled.
            "authorization" if arguments.body.is_some() || has_date => {}
            _ => expect(name, expected, actual),
        }
    }
    let date = theirs["headers"]["ocp-date"].as_str().unwrap_or_default();
    let now = DateTime::parse_from_rfc2822(date)
        .expect("a date")
        .with_timezone(&Utc);
    problems.extend(ours.verify(key, now.into()).err());
    match (&arguments.body, &operation.body) {
        (Some(theirs), Some(Body { schema, .. })) => {
            let ours = serde_json::from_slice(&ours.body).unwrap_or_default();
            problems.extend(differences(
                &described(schema, theirs),
                &written(schema, &ours),
            ));
        }
        _ if ours.body.is_empty() => {}
        _ => problems.push("there is a body".to_owned()),
    }
    problems
}

/// A target with its values decoded, in the order of their names; dates in one spelling.
fn by_value(operation: &Operation, target: &str) -> String {
    let read = || {
        let (path, query) = split_target(target)?;
        let mut values = query;
        for (_, value) in &mut values {
            if let Ok(date) = DateTime::parse_from_rfc3339(value) {
                *value = date.to_utc().to_rfc3339();
            }
        }
        values.sort();
        Ok::<_, String>(format!("{:?} {values:?}", operation.path_values(path)?))
    };
    read().unwrap_or_else(|why| why)
}

/// Ids that make another address of the request, or climb in it.
const UNSAFE: [&str; 9] = [
    "", ".", "..", "/", "\\", "../x", "a/../b", "a\\..\\b", "a/.",
];

#[tokio::test]
async fn ids_that_lead_elsewhere_are_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let client = client(&server);
    let mut problems = Vec::new();
    let mut tried = 0;
    for mut case in cases(Kind::Required) {
        let id = &case.operation.id;
        for place in case.operation.parameters_in(Place::Path) {
            for value in UNSAFE {
                let given = case.arguments.parameters.clone();
                let slot = case
                    .arguments
                    .parameters
                    .iter_mut()
                    .find(|(name, _)| *name == place.name);
                value.clone_into(&mut slot.expect("a path parameter is required").1);
                tried += 1;
                match case.arguments.call(&client, id).await {
                    Err(Failure::Client(error)) if error.is_invalid_request() => {}
                    other => problems.push(format!("{id} {}={value:?}: {other:?}", place.name)),
                }
                case.arguments.parameters = given;
            }
        }
    }
    report(&problems);
    assert!(tried > 76, "only {tried} calls were tried");
    assert_eq!(
        server.connections(),
        0,
        "connections for calls that were refused"
    );
}

#[tokio::test]
async fn deleting_the_file_dot_dot_does_not_delete_the_task() {
    let server = Server::start().await;
    let client = client(&server);
    let error = client
        .file()
        .delete_from_task("j", "t", "..")
        .await
        .expect_err("refused");
    assert!(error.is_invalid_request(), "{error}");
    assert!(
        error.to_string().contains(".."),
        "the reason is not named: {error}"
    );
    assert_eq!(server.connections(), 0);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn odd_names_arrive_as_they_are_given() {
    let server = Server::start().await;
    let client = client(&server);
    let operation = DESCRIPTION.operation("File_GetFromTask");
    for name in [
        "a\\b",
        "#",
        "?",
        "%",
        " ",
        "é",
        "...",
        "..a",
        "a..",
        "%2e%2e",
        "%2F",
        "a//b",
        "/a",
        "a/",
        "\u{1F980}",
        "a\tb",
        "+",
        "a;b=c&d",
    ] {
        server.answer(success(operation).into());
        let answer = client.file().get_from_task(name, name, name).await;
        answer.unwrap_or_else(|e| panic!("{name:?}: {e}"));
        let request = server
            .request()
            .unwrap_or_else(|why| panic!("{name:?}: {why}"));
        let (path, _) = split_target(&request.target).expect(name);
        let values = operation
            .path_values(path)
            .unwrap_or_else(|why| panic!("{name:?}: {why}"));
        let values: Vec<&str> = values.iter().map(|(_, value)| &**value).collect();
        assert_eq!(values, [name; 3]);
        request
            .verify(&key(), SystemTime::now())
            .unwrap_or_else(|why| panic!("{name:?}: {why}"));
    }
}

/// What signs them is a matter on which clients of the service disagree.
#[tokio::test]
async fn blank_values_do_not_stand_in_the_query() {
    let server = Server::start().await;
    let client = client(&server);
    let mut problems = Vec::new();
    for mut case in cases(Kind::Everything) {
        let texts = case.operation.parameters_in(Place::Query);
        let texts: Vec<&str> = texts
            .filter(|p| p.kind == ParameterKind::Text)
            .map(|p| &*p.name)
            .collect();
        for (name, value) in &mut case.arguments.parameters {
            if texts.contains(&&**name) {
                value.clear();
            }
        }
        let id = &case.operation.id;
        server.answer(success(case.operation).into());
        let result = case.arguments.call(&client, id).await;
        let query = server.request().and_then(|request| {
            let (_, query) = split_target(&request.target)?;
            Ok(query)
        });
        match (result, query) {
            (Ok(_), Ok(query)) => {
                let blank = query.iter().filter(|(_, value)| value.is_empty());
                problems.extend(blank.map(|(name, _)| format!("{id}: {name} is blank")));
            }
            other => problems.push(format!("{id}: {other:?}")),
        }
    }
    report(&problems);
}

#[tokio::test]
async fn another_key_is_told_apart() {
    // Holds the oracle of this file to its word.
    let server = Server::start().await;
    server.answer(success(DESCRIPTION.operation("Pool_List")).into());
    client(&server).pool().list().await.expect("an answer");
    let request = server.request().expect("one request");
    let now = SystemTime::now();
    request.verify(&key(), now).expect("the key that signed");
    let other = SharedKey::new(ACCOUNT, KEY.replace("dGhp", "dGhq")).expect("a key");
    request.verify(&other, now).expect_err("another key");
    let moved = Request {
        target: request.target.replace("pools", "jobs"),
        ..request
    };
    moved.verify(&key(), now).expect_err("another target");
}
