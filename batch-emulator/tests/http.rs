//! Tests of the service over real sockets, with handwritten requests: authentication, routing,
//! validation and error responses.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use batch_emulator::{Config, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, Emulator, start};

use raw::{Answer, Call, exchange};

const V: &str = "api-version=2024-02-01.19.0";

async fn emulator() -> Emulator {
    start(Config::default().bearer_token("t0ken"))
        .await
        .unwrap()
}

/// Sends the call and checks status and code of the response.
async fn refused(emulator: &Emulator, call: Call, status: u16, code: &str) -> Answer {
    let shown = format!("{call:?}");
    let answer = call.send(emulator).await;
    let json = answer.json();
    assert_eq!(
        (answer.status, json["code"].as_str()),
        (status, Some(code)),
        "{shown}\n{json}"
    );
    answer.is_refusal();
    answer
}

#[tokio::test]
async fn requests_are_authenticated_by_their_signature() {
    let emulator = emulator().await;
    let good = Call::get(&format!("/pools?{V}"));
    let answer = good.clone().send(&emulator).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.header("content-type"),
        Some("application/json;odata=minimalmetadata")
    );
    assert_eq!(answer.header("dataserviceversion"), Some("3.0"));
    assert_eq!(answer.header("request-id").map(str::len), Some(36));
    assert!(answer.header("date").is_some() && answer.header("server").is_some());
    assert_eq!(answer.header("client-request-id"), None);
    let metadata = format!(
        "{{\"odata.metadata\":\"{}/$metadata#pools\"",
        emulator.endpoint()
    );
    assert!(answer.text().starts_with(&metadata), "{}", answer.text());

    let other_key = "b3RoZXIga2V5";
    let cases = [
        (
            good.clone().signed_as(DEVELOPMENT_ACCOUNT, other_key),
            "string to sign: 'GET\n",
        ),
        (good.clone().altered("PUT"), "string to sign: 'PUT\n"),
        (good.clone().without_date(), "no date"),
        (good.clone().aged(901), "clock"),
        (good.clone().aged(-901), "clock"),
        (
            good.clone().signed_as("elsewhere", DEVELOPMENT_KEY),
            "`elsewhere`",
        ),
        (good.clone().authorization(None), "no Authorization header"),
        (
            good.clone()
                .authorization(Some("SharedKey devaccount:AAAA")),
            "32 bytes",
        ),
        (good.clone().authorization(Some("Bearer other")), "token"),
        (
            good.clone()
                .signed_header("ocp-range", "bytes=0-1")
                .sent_header("ocp-range", "bytes=0-2"),
            "ocp-range:bytes=0-2",
        ),
        (Call::get(&format!("/pools?{V}&a=1&a=2")), "`a`"),
    ];
    for (call, named) in cases {
        let answer = refused(&emulator, call, 403, "AuthenticationFailed").await;
        let value = &answer.json()["values"][0];
        assert_eq!(value["key"], "AuthenticationErrorDetail");
        let detail = value["value"].as_str().unwrap();
        assert!(detail.contains(named), "{named}: {detail}");
    }
    for text in ["SharedKey", "Basic YTpi", "SharedKey devaccount"] {
        let call = good.clone().authorization(Some(text));
        refused(&emulator, call, 400, "InvalidAuthenticationInfo").await;
    }
    for good in [
        good.clone().aged(890),
        good.clone().authorization(Some("Bearer t0ken")),
    ] {
        assert_eq!(good.send(&emulator).await.status, 200);
    }
    emulator.stop().await;
}

#[tokio::test]
async fn the_client_request_id_is_returned_on_request() {
    let emulator = emulator().await;
    for path in ["/pools", "/nowhere"] {
        let call = Call::get(&format!("{path}?{V}"))
            .signed_header("client-request-id", "abc")
            .signed_header("return-client-request-id", "True");
        let answer = call.send(&emulator).await;
        assert_eq!(answer.header("client-request-id"), Some("abc"));
    }
}

/// Requests that are rejected before they reach the state: method, path, body if any, status, code.
#[rustfmt::skip]
const REFUSED: &[(&str, &str, &str, u16, &str)] = &[
    // Unknown paths, and paths with other methods.
    ("GET", "/?V", "", 400, "InvalidUri"),
    ("GET", "/pool?V", "", 400, "InvalidUri"),
    ("GET", "/pools//nodes?V", "", 400, "InvalidUri"),
    ("GET", "/pools/p/nodes/n/what?V", "", 400, "InvalidUri"),
    ("GET", "/certificates(thumbprint=a)?V", "", 400, "InvalidUri"),
    ("GET", "/pools/%ff?V", "", 400, "RequestUrlFailedToParse"),
    ("DELETE", "/pools?V", "", 405, "UnsupportedHttpVerb"),
    ("PUT", "/pools/p?V", "{}", 405, "UnsupportedHttpVerb"),
    ("PATCH", "/jobs/j/tasks/t?V", "{}", 405, "UnsupportedHttpVerb"),
    ("POST", "/nodecounts?V", "{}", 405, "UnsupportedHttpVerb"),
    ("OPTIONS", "/pools?V", "", 405, "UnsupportedHttpVerb"),
    ("BREW", "/pools?V", "", 400, "InvalidHttpVerb"),
    // Invalid queries.
    ("GET", "/pools", "", 400, "MissingRequiredQueryParameter"),
    ("GET", "/pools?api-version=1", "", 400, "InvalidQueryParameterValue"),
    ("GET", "/pools?api-version=2019-08-01.10.0", "", 400, "UnsupportedRequestVersion"),
    ("GET", "/pools?V&what=1", "", 400, "UnsupportedQueryParameter"),
    ("GET", "/pools/p?V&maxresults=1", "", 400, "UnsupportedQueryParameter"),
    ("GET", "/pools?V&maxresults=-5", "", 400, "InvalidQueryParameterValue"),
    ("GET", "/pools?V&maxresults=0", "", 400, "InvalidQueryParameterValue"),
    ("GET", "/pools?V&maxresults=many", "", 400, "InvalidQueryParameterValue"),
    ("GET", "/pools?V&maxresults=1001", "", 400, "OutOfRangeQueryParameterValue"),
    ("GET", "/nodecounts?V&maxresults=11", "", 400, "OutOfRangeQueryParameterValue"),
    ("GET", "/pools?V&timeout=99999999999", "", 400, "InvalidQueryParameterValue"),
    ("GET", "/poolusagemetrics?V&starttime=then", "", 400, "InvalidQueryParameterValue"),
    ("GET", "/jobs/j/tasks/t/files?V&recursive=1", "", 400, "InvalidQueryParameterValue"),
    // Invalid bodies.
    ("POST", "/jobs?V", "", 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", "{", 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", "[]", 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", "null", 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", "{} x", 400, "InvalidRequestBody"),
    // Invalid properties.
    ("POST", "/jobs?V", "{}", 400, "MissingRequiredProperty"),
    ("POST", "/jobs?V", r#"{"id":"j"}"#, 400, "MissingRequiredProperty"),
    ("POST", "/jobs?V", r#"{"id":null,"poolInfo":{}}"#, 400, "MissingRequiredProperty"),
    ("POST", "/jobs?V", r#"{"id":1,"poolInfo":{}}"#, 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", r#"{"id":"j","poolInfo":{},"what":1}"#, 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", r#"{"id":"j","poolInfo":"p"}"#, 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", r#"{"id":"j","poolInfo":{},"priority":"x"}"#, 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", r#"{"id":"j","poolInfo":{},"priority":0.5}"#, 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", r#"{"id":"j","poolInfo":{},"metadata":{}}"#, 400, "InvalidRequestBody"),
    ("POST", "/jobs?V", r#"{"id":"j j","poolInfo":{}}"#, 400, "InvalidPropertyValue"),
    ("POST", "/jobs?V", r#"{"id":"","poolInfo":{}}"#, 400, "InvalidPropertyValue"),
    ("POST", "/jobs?V", r#"{"id":"j","poolInfo":{},"priority":1001}"#, 400, "InvalidPropertyValue"),
    ("POST", "/jobs?V", r#"{"id":"j","poolInfo":{},"maxParallelTasks":0}"#, 400, "InvalidPropertyValue"),
    ("POST", "/jobs?V", r#"{"id":"j","poolInfo":{},"onTaskFailure":"panic"}"#, 400, "InvalidPropertyValue"),
    ("POST", "/jobs?V", r#"{"id":"j","poolInfo":{},"constraints":{"maxWallClockTime":"1 h"}}"#, 400, "InvalidPropertyValue"),
    ("POST", "/pools?V", r#"{"id":"p"}"#, 400, "MissingRequiredProperty"),
    ("POST", "/pools?V", r#"{"id":"p","vmSize":"a","resizeTimeout":"PT1M"}"#, 400, "InvalidPropertyValue"),
    ("POST", "/pools?V", r#"{"id":"p","vmSize":"a","targetDedicatedNodes":-1}"#, 400, "InvalidPropertyValue"),
    ("POST", "/pools?V", r#"{"id":"p","vmSize":"a","resourceTags":{"a":1}}"#, 400, "InvalidRequestBody"),
    ("POST", "/pools/p/removenodes?V", "{}", 400, "MissingRequiredProperty"),
    ("POST", "/pools/p/evaluateautoscale?V", "{}", 400, "MissingRequiredProperty"),
    ("POST", "/jobs/j/addtaskcollection?V", r#"{"value":[{"id":"t"}]}"#, 400, "MissingRequiredProperty"),
    ("POST", "/jobs/j/addtaskcollection?V", r#"{"value":[null]}"#, 400, "InvalidRequestBody"),
    ("POST", "/jobs/j/disable?V", r#"{"disableTasks":"softly"}"#, 400, "InvalidPropertyValue"),
    ("POST", "/jobschedules?V", r#"{"id":"s","schedule":{"doNotRunUntil":"soon"},"jobSpecification":{"poolInfo":{}}}"#, 400, "InvalidPropertyValue"),
];

#[tokio::test]
async fn requests_that_do_not_match_the_description_are_rejected() {
    let emulator = emulator().await;
    for (method, path, body, status, code) in REFUSED {
        let path = path.replace("?V", &format!("?{V}"));
        let mut call = Call::new(method, &path);
        if !body.is_empty() || ["POST", "PUT", "PATCH"].contains(method) {
            call = call.body("application/json; odata=minimalmetadata", body.as_bytes());
        }
        let answer = refused(&emulator, call, *status, code).await;
        assert_eq!(answer.header("allow").is_some(), *status == 405);
    }
}

#[tokio::test]
async fn error_responses_name_the_mistake() {
    let emulator = emulator().await;
    let call = Call::get(&format!("/pools?{V}&MaxResults=-5"));
    let json = call.send(&emulator).await.json();
    assert_eq!(json["values"][0]["key"], "QueryParameterName");
    assert_eq!(json["values"][0]["value"], "maxresults");
    assert_eq!(json["values"][1]["value"], "-5");
    assert_eq!(json["values"][2]["key"], "Reason");

    let body = br#"{"id":"j","poolInfo":{},"onTaskFailure":"panic"}"#;
    let call = Call::new("POST", &format!("/jobs?{V}")).body("application/json", body);
    let json = call.send(&emulator).await.json();
    assert_eq!(json["values"][0]["key"], "PropertyName");
    assert_eq!(json["values"][0]["value"], "onTaskFailure");
    assert_eq!(json["values"][1]["value"], "panic");

    let answer = Call::new("DELETE", &format!("/jobs?{V}"))
        .send(&emulator)
        .await;
    assert_eq!(answer.header("allow"), Some("GET, POST"));
}

#[tokio::test]
async fn headers_are_checked() {
    let emulator = emulator().await;
    let post = || Call::new("POST", &format!("/jobs?{V}"));
    let get = || Call::get(&format!("/pools/p?{V}"));
    let cases = [
        (post().body("text/plain", b"{}"), 400, "InvalidHeaderValue"),
        (post().body("", b"{}"), 400, "MissingRequiredHeader"),
        (
            post()
                .body("application/json", b"{}")
                .signed_header("content-encoding", "gzip"),
            400,
            "InvalidHeaderValue",
        ),
        (post(), 411, "MissingContentLengthHeader"),
        (
            get().signed_header("if-modified-since", "then"),
            400,
            "InvalidHeaderValue",
        ),
        (
            get().signed_header("return-client-request-id", "yes"),
            400,
            "InvalidHeaderValue",
        ),
        (
            get().sent_header("host", ""),
            400,
            "HostInformationNotPresent",
        ),
        (
            get().sent_header("host", "a/b"),
            400,
            "HostInformationNotPresent",
        ),
    ];
    for (call, status, code) in cases {
        refused(&emulator, call, status, code).await;
    }
}

#[tokio::test]
async fn a_body_may_have_one_mebibyte() {
    let emulator = emulator().await;
    for chunked in [false, true] {
        let call = |length: usize| {
            let body = vec![b' '; length];
            let call = Call::new("POST", &format!("/jobs?{V}")).body("application/json", &body);
            if chunked { call.chunked() } else { call }
        };
        refused(&emulator, call(1_048_576), 400, "InvalidRequestBody").await;
        for length in [1_048_577, 5_000_000] {
            let answer = refused(&emulator, call(length), 413, "RequestBodyTooLarge").await;
            let values = &answer.json()["values"][0];
            assert_eq!(
                (&values["key"], &values["value"]),
                (&"MaxLimit".into(), &"1048576".into())
            );
        }
    }
}

#[tokio::test]
async fn a_response_to_a_head_has_no_body() {
    let emulator = emulator().await;
    let call = |path: &str| Call::new("HEAD", &format!("{path}?{V}"));
    for (path, status) in [("/pools/p", 404), ("/nowhere", 400)] {
        let answer = call(path).send(&emulator).await;
        assert_eq!((answer.status, answer.text()), (status, String::new()));
        assert!(answer.header("request-id").is_some());
        assert_eq!(answer.header("content-type"), None);
    }
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let emulator = emulator().await;
    let mut bytes = Call::get(&format!("/pools?{V}")).bytes(&emulator);
    bytes.extend(Call::get("/pools").bytes(&emulator));
    bytes.extend(
        Call::get(&format!("/jobs?{V}"))
            .sent_header("connection", "close")
            .bytes(&emulator),
    );
    let received = exchange(&emulator, &bytes).await;
    let text = String::from_utf8_lossy(&received);
    let statuses: Vec<_> = text
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| &text[at + 9..at + 12])
        .collect();
    assert_eq!(statuses, ["200", "400", "200"], "{text}");
}

#[tokio::test]
async fn the_raw_path_is_what_is_signed() {
    let emulator = emulator().await;
    for path in [
        "/pools/a%2Fb",
        "/pools/..%2f",
        "/pools/a/../b",
        "/POOLS/a%20b/",
        "/pools/~'!$&()*+,;=:@",
    ] {
        let answer = Call::get(&format!("{path}?{V}&&%24select=id%2Curl"))
            .send(&emulator)
            .await;
        assert_ne!(answer.status, 403, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn invalid_configurations_do_not_start() {
    let taken = emulator().await;
    let port: u16 = taken
        .endpoint()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    for config in [
        Config::default().port(port),
        Config::default().key("not base64!"),
        Config::default().account(""),
        Config::default().clock_speed(0.0),
    ] {
        assert!(start(config).await.is_err());
    }
    taken.stop().await;
    // The port is free again.
    start(Config::default().port(port))
        .await
        .unwrap()
        .stop()
        .await;
}

#[tokio::test]
async fn malformed_requests_are_answered_or_dropped() {
    let emulator = emulator().await;
    let mut random = raw::Random::new(0x5eed);
    // For more rounds, set FUZZ_ROUNDS=100000.
    let rounds = std::env::var("FUZZ_ROUNDS").map_or(2_000, |text| text.parse().unwrap());
    for round in 0..rounds {
        let bytes = random.request(&emulator);
        let received = exchange(&emulator, &bytes).await;
        let text = String::from_utf8_lossy(&received);
        let fine =
            received.is_empty() || text.starts_with("HTTP/1.1 ") || text.starts_with("HTTP/1.0 ");
        let broken = text.contains("HTTP/1.1 5");
        assert!(
            fine && !broken,
            "{round}: {:?}\n{text}",
            String::from_utf8_lossy(&bytes)
        );
    }
    let answer = Call::get(&format!("/pools?{V}")).send(&emulator).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn unknown_images_and_sizes_are_refused_unless_allowed() {
    let pool = r#"{"id":"p","vmSize":"standard_new_v9","virtualMachineConfiguration":{"imageReference":
        {"publisher":"contoso","offer":"os","sku":"1"},"nodeAgentSKUId":"batch.node.new 1"}}"#;
    let add = || {
        let call = Call::new("POST", &format!("/pools?{V}"));
        call.body("application/json", pool.as_bytes())
    };
    let refusal = refused(&emulator().await, add(), 400, "InvalidPropertyValue").await;
    let values = refusal.json()["values"].to_string();
    assert!(values.contains("vmSize") && values.contains("--any-image"));
    let any = start(Config::default().any_image(true)).await.unwrap();
    assert_eq!(add().send(&any).await.status, 201);
}
