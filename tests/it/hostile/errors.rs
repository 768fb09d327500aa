//! Error responses in every form: the reason is found and shown, in one line of limited length, and
//! no secret with it.

use std::time::{Duration, Instant};

use batch_client::{BearerToken, Client, Error};
use batch_tests::server::{Answer, Response, Server};
use serde_json::{Value, json};

use super::{builder, quick, utf16};
use crate::calls::report;

/// Longest message: ten details, the message, and what surrounds them.
const LONGEST: usize = 6_000;
/// Part of each secret below; no error shows it.
const SECRET: &str = "SECRET";

/// An error response, the code that is read from it, and what its message shows.
struct Case {
    name: &'static str,
    answer: Answer,
    code: Option<&'static str>,
    shows: &'static [&'static str],
}

fn case(
    name: &'static str,
    body: impl Into<Vec<u8>>,
    code: Option<&'static str>,
    shows: &'static [&'static str],
) -> Case {
    let answer = Response::new(400).header("content-type", "application/json");
    Case {
        name,
        answer: answer.body(body).into(),
        code,
        shows,
    }
}

/// An error of the service with this message.
fn message(name: &'static str, text: &str, shows: &'static [&'static str]) -> Case {
    let body = json!({"code": "A", "message": {"lang": "en", "value": text}});
    case(name, body.to_string(), Some("A"), shows)
}

/// An error of the service with this detail.
fn detail(name: &'static str, text: &str, shows: &'static [&'static str]) -> Case {
    let body = json!({"code": "A", "values": [{"key": "k", "value": text}]});
    case(name, body.to_string(), Some("A"), shows)
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn forms() -> Vec<Case> {
    let a = Some("A");
    vec![
        case(
            "the service's own form",
            r#"{"code":"A","message":{"lang":"en","value":"why"},"values":[{"key":"k","value":"v"}]}"#,
            a,
            &["400 A: why [k: v]"],
        ),
        case(
            "the management plane's",
            r#"{"error":{"code":"A","message":"why"}}"#,
            a,
            &["400 A: why"],
        ),
        case(
            "the management plane's, with details",
            r#"{"error":{"code":"A","message":"why","details":[{"code":"B","message":"more"}]}}"#,
            a,
            &["400 A: why [B: more]"],
        ),
        case(
            "an older OData form",
            r#"{"odata.error":{"code":"A","message":{"lang":"en","value":"why"}}}"#,
            a,
            &["400 A: why"],
        ),
        case(
            "a message that is a string",
            r#"{"code":"A","message":"why"}"#,
            a,
            &["400 A: why"],
        ),
        case(
            "a gateway's, without a code",
            r#"{"statusCode":400,"message":"why"}"#,
            None,
            &["400 Bad Request: why"],
        ),
        case(
            "a byte order mark",
            "\u{feff}{\"code\":\"A\",\"message\":{\"value\":\"why\"}}",
            a,
            &["400 A: why"],
        ),
        case(
            "a code that is null",
            r#"{"code":null,"message":{"value":"why"},"values":[{"key":"k","value":"v"}]}"#,
            None,
            &["400 Bad Request: why [k: v]"],
        ),
        case(
            "a number among the details",
            r#"{"code":"A","message":{"value":"why"},"values":[{"key":"k","value":7}]}"#,
            a,
            &["400 A: why [k: 7]"],
        ),
        case(
            "details that are not a list",
            r#"{"code":"A","message":{"value":"why"},"values":{"k":"v"}}"#,
            a,
            &["400 A: why"],
        ),
        case(
            "a detail that is not an object",
            r#"{"code":"A","message":{"value":"why"},"values":["v",{"key":"k","value":"v"}]}"#,
            a,
            &["400 A: why [k: v]"],
        ),
        case(
            "a message of another type",
            r#"{"code":"A","message":["why"]}"#,
            a,
            &["400 A"],
        ),
        case(
            "other JSON",
            r#"{"fault":{"faultstring":"why"}}"#,
            None,
            &[
                "400 Bad Request: ",
                "faultstring",
                "why",
                "not an error of the service",
            ],
        ),
        case("a list", r#"["why"]"#, None, &["why"]),
        case(
            "text",
            "upstream connect error",
            None,
            &["upstream connect error", "22 bytes"],
        ),
        case(
            "HTML",
            "<html>\r\n<title>why</title>",
            None,
            &["<html> <title>why</title>"],
        ),
        case("nothing", "", None, &["400 Bad Request"]),
        case(
            "bytes that are not text",
            b"\x80\x81\x82".to_vec(),
            None,
            &["3 bytes"],
        ),
        case("UTF-16", utf16("{\"code\":\"A\"}"), None, &["26 bytes"]),
        case(
            "a body that is cut off",
            r#"{"code":"A","mess"#,
            None,
            &["mess", "17 bytes"],
        ),
    ]
}

fn sizes_and_characters() -> Vec<Case> {
    let long = "x".repeat(40_000);
    let many: Vec<Value> = (0..1_000)
        .map(|n| json!({"key": "k", "value": n}))
        .collect();
    let mut cases = vec![
        message("40 KB of message", &long, &["400 A: xxx", "…"]),
        detail("40 KB of detail", &long, &["[k: xxx", "…"]),
        case(
            "40 KB of text",
            long.clone(),
            None,
            &["xxx", "…", "40000 bytes"],
        ),
        case(
            "a thousand details",
            json!({"code": "A", "values": many}).to_string(),
            Some("A"),
            &["[k: 9] [990 more details]"],
        ),
        message(
            "escape sequences",
            "why \u{1b}[2J\u{1b}]0;title\u{7}\rover\u{8}",
            &["400 A: why [2J ]0;title"],
        ),
        message(
            "text that changes its direction",
            "a\u{202e}b\u{2066}c",
            &["400 A: a b c"],
        ),
        detail(
            "line breaks",
            "one\r\ntwo\u{2028}three",
            &["[k: one two three]"],
        ),
        case(
            "text with escape sequences",
            "why\u{1b}[31m\nnot",
            None,
            &["why [31m not"],
        ),
        Case {
            name: "a body without an end",
            answer: Answer::Endless(Response::new(400).body("why")),
            code: None,
            shows: &["why", "262144 bytes"],
        },
    ];
    let code = json!({"code": "A\u{1b}[2J\nB"}).to_string();
    cases.push(case(
        "a code with escape sequences",
        code,
        Some("A\u{1b}[2J\nB"),
        &["A [2J B"],
    ));
    cases
}

fn secrets() -> Vec<Case> {
    let sas = "https://a.blob.core.windows.net/c?sv=1&sig=SECRET";
    vec![
        message(
            "a SAS in the message",
            &format!("cannot read {sas}."),
            &["windows.net/c?[redacted]"],
        ),
        detail("a SAS in a detail", sas, &["windows.net/c?[redacted]"]),
        detail(
            "a SAS without its URL",
            "sv=1&sig=SECRET&se=2",
            &["sig=[redacted]&se=2"],
        ),
        message(
            "a token by its scheme",
            "'Bearer SECRET123' is bad",
            &["'Bearer [redacted]' is bad"],
        ),
        message(
            "a JWT",
            "token eyJ0eXAiOiJKV1Qi.SECRET.x is bad",
            &["token [redacted] is bad"],
        ),
        message(
            "the client's own token",
            "opaque-SECRET-token is bad",
            &["[redacted] is bad"],
        ),
        case(
            "the client's own token in text",
            "opaque-SECRET-token",
            None,
            &["[redacted]"],
        ),
        message(
            "a signature",
            "SharedKey acct:SECRET=",
            &["SharedKey acct:[redacted]"],
        ),
        detail(
            "a registry's user",
            "u:SECRET@registry.example",
            &["[redacted]@registry.example"],
        ),
        detail(
            "a connection string",
            "AccountKey=SECRET;x",
            &["AccountKey=[redacted];x"],
        ),
        detail(
            "a password",
            "--password SECRET_is=1 PASSWORD=SECRET",
            &["PASSWORD=[redacted]"],
        ),
        case(
            "a password in other JSON",
            r#"{"input":{"password":"SECRET","x":1}}"#,
            None,
            &["password", "[redacted]"],
        ),
        // Cut at 200 characters, where it could no longer be recognized.
        case(
            "a SAS at the end of what is shown",
            format!("{}https://h/?sig=SECRET", "x".repeat(180)),
            None,
            &["https://h/?[redac"],
        ),
    ]
}

/// Nothing of the response controls the terminal, fills the log or gives access.
fn violations(error: &Error) -> Vec<String> {
    let mut found = Vec::new();
    for shown in [error.to_string(), format!("{error:?}")] {
        if shown.chars().any(char::is_control) {
            found.push(format!("control characters: {shown:?}"));
        }
        if shown.chars().count() > LONGEST {
            found.push(format!("{} characters", shown.chars().count()));
        }
        if shown.replace("--password SECRET_is", "").contains(SECRET) {
            found.push(format!("a secret: {shown}"));
        }
    }
    found
}

#[tokio::test]
async fn the_reason_is_found_and_shown_in_one_line_without_secrets() {
    let mut cases = forms();
    cases.extend(sizes_and_characters());
    cases.extend(secrets());
    assert_eq!(cases.len(), 43);
    let mut problems = Vec::new();
    for Case {
        name,
        answer,
        code,
        shows,
    } in cases
    {
        let server = Server::start().await;
        server.answer(answer);
        let token = BearerToken::new("opaque-SECRET-token").expect("a token");
        let client = Client::builder(server.url(), token).retry(quick()).build();
        let call = client.expect("a client").job().get("nightly").await;
        let error = call.expect_err("400 is an error");
        let shown = error.to_string();
        let mut found = violations(&error);
        if error.code() != code {
            found.push(format!("code {:?}", error.code()));
        }
        found.extend(
            shows
                .iter()
                .filter(|part| !shown.contains(**part))
                .map(|part| format!("{part:?} is missing in {shown}")),
        );
        if server.requests().len() != 1 {
            found.push("it was retried".to_owned());
        }
        problems.extend(found.iter().map(|problem| format!("{name}: {problem}")));
    }
    report(&problems);
}

/// A response that asks for a pause, and what becomes of it: the call neither sleeps for years nor
/// panics.
#[tokio::test]
async fn no_retry_after_makes_a_call_sleep_for_long() {
    for asked in [
        "99999999",
        "18446744073709551615",
        "99999999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        let busy = || Response::new(503).header("retry-after", asked);
        // Longer than the call may take: the error is returned at once.
        let server = Server::start().await;
        server.answer(busy().into());
        let begun = Instant::now();
        let default = builder(&server).retry(batch_client::RetryPolicy::default());
        let client = default.build().expect("a client");
        let error = client.job().get("nightly").await.expect_err("503");
        assert!(error.is_server_error(), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{asked}");
        assert_eq!(server.requests().len(), 1, "{asked}");

        // With a limit that the call's time has room for: another attempt after it.
        server.answer(busy().into());
        server.answer(Response::json(200, &json!({"id": "nightly"})).into());
        let patient = quick()
            .with_total_time(Duration::MAX)
            .with_max_retry_after(Duration::from_millis(20));
        let call = client.job().get("nightly").retry(patient).await;
        assert_eq!(call.expect("a job").id.as_deref(), Some("nightly"));
        assert_eq!(server.requests().len(), 2, "{asked}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{asked}");
    }
}
