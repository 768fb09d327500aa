//! Tests of the dashboard over real sockets: who may look, the headers of each response, and that
//! the API is unaffected.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use batch_client::models::{ImageReference, PoolAddParameter, VirtualMachineConfiguration};
use batch_client::{Client, SharedKey};
use batch_emulator::{Config, DEVELOPMENT_KEY, Emulator, start};

use raw::{Answer, Call};

const V: &str = "api-version=2024-02-01.19.0";
const PATHS: [&str; 9] = [
    "/",
    "/_window/page.css",
    "/_window/page.js",
    "/_window/charts.js",
    "/_window/log.js",
    "/_window/elements.js",
    "/_window/icon.svg",
    "/_window/state",
    "/_window/history",
];

async fn emulator() -> Emulator {
    start(Config::default().bearer_token("t0ken"))
        .await
        .unwrap()
}

/// Requests a page like a browser: without a signature.
async fn look(emulator: &Emulator, method: &str, target: &str) -> Answer {
    Call::new(method, target)
        .authorization(None)
        .send(emulator)
        .await
}

#[tokio::test]
async fn the_page_is_self_contained_and_restricted() {
    let emulator = emulator().await;
    for path in PATHS {
        let answer = look(&emulator, "GET", path).await;
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        let rules: Vec<&str> = policy.split("; ").collect();
        assert!(rules.contains(&"default-src 'none'"), "{policy}");
        assert!(rules.contains(&"frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let head = look(&emulator, "HEAD", path).await;
        assert_eq!((head.status, head.text().as_str()), (200, ""), "{path}");
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(head.header(name).is_some(), answer.header(name).is_some());
        }
        assert_eq!(head.header("content-type"), answer.header("content-type"));
    }
    let page = look(&emulator, "GET", "/").await.text();
    // Nothing is loaded from elsewhere, and nothing is inline.
    assert!(!page.contains("//") && !page.contains("<style") && !page.contains(" style="));
    let tags = page.split('<').filter_map(|rest| rest.split('>').next());
    for tag in tags.skip(1) {
        assert!(!tag.contains(" on") && tag != "script", "<{tag}>");
    }
    for path in &PATHS[1..7] {
        let text = look(&emulator, "GET", path).await.text();
        // The name of the SVG namespace is not an address.
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("://") && !text.contains("@import"), "{path}");
    }
}

#[tokio::test]
async fn unchanged_files_are_not_sent_again() {
    let emulator = emulator().await;
    for path in &PATHS[..8] {
        let first = look(&emulator, "GET", path).await;
        let tag = first.header("etag").unwrap();
        let again = Call::get(path)
            .authorization(None)
            .sent_header("if-none-match", tag)
            .send(&emulator)
            .await;
        assert_eq!((again.status, again.text().as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), Some(tag));
        assert!(again.header("content-security-policy").is_some());
    }
}

#[tokio::test]
async fn only_this_machine_has_access_and_it_is_read_only() {
    let emulator = emulator().await;
    let port = emulator.endpoint().rsplit(':').next().unwrap();
    for path in PATHS {
        let from = |host: String| {
            let call = Call::get(path).authorization(None);
            call.sent_header("host", &host).send(&emulator)
        };
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            assert_eq!(from(format!("{host}:{port}")).await.status, 200, "{host}");
        }
        for host in ["example.org", "localhost.example.org", "192.0.2.1"] {
            let answer = from(format!("{host}:{port}")).await;
            assert_eq!(answer.status, 421, "{host}{path}");
            assert!(answer.text().starts_with("The dashboard is available only"));
        }
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        for path in &PATHS[1..] {
            let call = Call::new(method, path).authorization(None);
            let answer = call.body("", b"").send(&emulator).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    assert_eq!(look(&emulator, "GET", "/_window/other").await.status, 404);
    // None of these are API requests.
    assert_eq!(emulator.requests(), []);
}

#[tokio::test]
async fn the_api_still_handles_requests_to_the_root() {
    let emulator = emulator().await;
    for call in [
        Call::get(&format!("/?{V}")),
        Call::get("/"),
        Call::new("POST", &format!("/?{V}")).body("application/json", b"{}"),
        Call::new("DELETE", "/").authorization(Some("Bearer t0ken")),
    ] {
        let answer = call.send(&emulator).await;
        answer.is_refusal();
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &"InvalidUri".into())
        );
    }
    let unsigned = Call::new("DELETE", "/").authorization(None);
    assert_eq!(unsigned.send(&emulator).await.status, 403);
    assert_eq!(emulator.requests().len(), 5);
}

#[tokio::test]
async fn requests_are_shown_without_secrets() {
    let emulator = emulator().await;
    let key = SharedKey::new(emulator.account(), emulator.key()).unwrap();
    let client = Client::new(emulator.endpoint(), key).unwrap();
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("0001-com-ubuntu-server-jammy")
        .with_sku("22_04-lts");
    let machine = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04");
    let pool = PoolAddParameter::new("p", "small")
        .with_virtual_machine_configuration(machine)
        .with_target_dedicated_nodes(2);
    client.pool().add(pool).await.unwrap();
    client.pool().list().await.unwrap();
    assert!(client.job().get("nothing").await.is_err());
    let call = Call::get("/pools/p?sig=hidden&api-version=2024-02-01.19.0");
    call.authorization(Some("Bearer hidden"))
        .send(&emulator)
        .await;

    let requests = emulator.requests();
    let listed: Vec<_> = requests
        .iter()
        .map(|request| {
            (
                request.method,
                &*request.path,
                request.operation,
                request.status,
                request.code,
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("POST", "/pools", Some("Pool_Add"), 201, None),
            ("GET", "/pools", Some("Pool_List"), 200, None),
            (
                "GET",
                "/jobs/nothing",
                Some("Job_Get"),
                404,
                Some("JobNotFound")
            ),
            (
                "GET",
                "/pools/p",
                Some("Pool_Get"),
                403,
                Some("AuthenticationFailed")
            ),
        ]
    );
    let numbers: Vec<u64> = requests.iter().map(|request| request.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);

    let state = look(&emulator, "GET", "/_window/state").await;
    let json = state.json();
    assert_eq!(json["service"]["account"], emulator.account());
    assert_eq!(
        json["pools"]["shown"][0]["target"],
        serde_json::json!([2, 0])
    );
    assert_eq!(json["requests"]["shown"][2]["code"], "JobNotFound");
    assert_eq!(
        (&json["requests"]["total"], &json["requests"]["refused"]),
        (&4.into(), &2.into())
    );
    for text in [state.text(), format!("{requests:?}")] {
        for secret in [
            "hidden",
            DEVELOPMENT_KEY,
            "api-version",
            "SharedKey",
            "t0ken",
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}
