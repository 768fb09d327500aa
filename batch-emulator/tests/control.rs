//! Tests of the control endpoint over real sockets: rules are shown, set and cleared; invalid rules
//! and forbidden callers are rejected.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use batch_emulator::{Config, Emulator, start};
use serde_json::json;

use raw::{Answer, Call};

const V: &str = "api-version=2024-02-01.19.0";
const PATH: &str = "/_control/faults";
const BUSY: &str =
    r#"[{"name":"busy","operations":["Pool"],"most":2,"fault":{"answer":{"status":503}}}]"#;

async fn emulator() -> Emulator {
    start(Config::default().fault_seed(5)).await.unwrap()
}

/// Creates an unsigned request to the control endpoint.
fn call(method: &str) -> Call {
    Call::new(method, PATH).authorization(None)
}

fn put(rules: &str) -> Call {
    call("PUT").body("application/json", rules.as_bytes())
}

async fn refused(emulator: &Emulator, call: Call, status: u16, named: &str) -> Answer {
    let answer = call.send(emulator).await;
    let json = answer.json();
    let error = json["error"].as_str().unwrap();
    assert!(
        answer.status == status && error.contains(named),
        "{}: {error}",
        answer.status
    );
    answer
}

#[tokio::test]
async fn rules_are_shown_set_and_cleared() {
    let emulator = emulator().await;
    let pools = async || {
        Call::get(&format!("/pools?{V}"))
            .send(&emulator)
            .await
            .status
    };
    assert_eq!(
        call("GET").send(&emulator).await.json(),
        json!({"seed": 5, "rules": []})
    );

    let set = put(BUSY).send(&emulator).await;
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!(
        [pools().await, pools().await, pools().await],
        [503, 503, 200]
    );
    let shown = call("GET").send(&emulator).await;
    assert_eq!(shown.header("content-type"), Some("application/json"));
    let rule = json!({
        "name": "busy", "operations": ["Pool"], "most": 2, "fault": {"answer": {"status": 503}}, "seen": 3, "hits": 2,
    });
    assert_eq!(shown.json(), json!({"seed": 5, "rules": [rule]}));

    let posted = call("POST").body(
        "application/json; charset=utf-8",
        br#"{"seed":9,"rules":[]}"#,
    );
    assert_eq!(
        posted.send(&emulator).await.json(),
        json!({"seed": 9, "rules": []})
    );
    put(BUSY).send(&emulator).await;
    assert_eq!(pools().await, 503);
    assert_eq!(
        call("DELETE").send(&emulator).await.json(),
        json!({"seed": 9, "rules": []})
    );
    assert_eq!(pools().await, 200);
}

#[tokio::test]
async fn invalid_rules_change_nothing() {
    let emulator = emulator().await;
    put(BUSY).send(&emulator).await;
    for (rules, named) in [
        ("", "not JSON"),
        ("[{}]", "rules[0]: missing field `fault`"),
        (
            r#"[{"fault":{"answer":{"status":99}}}]"#,
            "rules[0].fault.answer.status: 99",
        ),
        (
            r#"[{"operations":["Pol_Get"],"fault":{"reset":{}}}]"#,
            "`Pol_Get`",
        ),
        (r#"{"rules":[],"sed":1}"#, "unknown field `sed`"),
    ] {
        refused(&emulator, put(rules), 400, named).await;
    }
    let large = " ".repeat(1024 * 1024 + 1);
    refused(&emulator, put(&large), 413, "limit").await;
    assert_eq!(
        call("GET").send(&emulator).await.json()["rules"][0]["name"],
        "busy"
    );
}

#[tokio::test]
async fn a_page_in_a_browser_cannot_set_faults() {
    let emulator = emulator().await;
    for host in [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "10.0.0.1",
    ] {
        for call in [call("GET"), put(BUSY), call("DELETE")] {
            refused(&emulator, call.sent_header("host", host), 403, "Host").await;
        }
    }
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        refused(
            &emulator,
            put(BUSY).sent_header("origin", origin),
            403,
            "Origin",
        )
        .await;
    }
    // Types that a page may send without a preflight.
    for media_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
    ] {
        let call = call("POST").body(media_type, BUSY.as_bytes());
        refused(&emulator, call, 415, "application/json").await;
    }
    for host in ["localhost", "127.0.0.1", "[::1]:80"] {
        assert_eq!(
            call("GET")
                .sent_header("host", host)
                .send(&emulator)
                .await
                .status,
            200
        );
    }
    assert_eq!(call("GET").send(&emulator).await.json()["rules"], json!([]));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_reported() {
    let emulator = emulator().await;
    let patch = refused(
        &emulator,
        call("PATCH").body("application/json", b"[]"),
        405,
        "use GET to show",
    )
    .await;
    assert_eq!(patch.header("allow"), Some("GET, PUT, POST, DELETE"));
    let elsewhere = Call::get("/_control/what").authorization(None);
    refused(&emulator, elsewhere, 404, PATH).await;
    // It is not a path of the API, and `/_control` has no other paths.
    let answer = Call::get(&format!("/_control?{V}")).send(&emulator).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (400, Some("InvalidUri"))
    );
}

/// Rules apply only to the API: even a rule that resets all requests can be removed.
#[tokio::test]
async fn faults_do_not_apply_to_the_endpoint_itself() {
    let emulator = emulator().await;
    put(r#"[{"fault":{"reset":{}}}]"#).send(&emulator).await;
    let shown = call("GET").send(&emulator).await;
    assert_eq!(shown.json()["rules"][0]["seen"], 0);
    call("DELETE").send(&emulator).await;
    let pools = Call::get(&format!("/pools?{V}")).send(&emulator).await;
    assert_eq!(pools.status, 200);
}
