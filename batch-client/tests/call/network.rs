//! Proxies of the environment: a service on this machine is never reached through one, because it
//! would see passwords and signatures.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::program::{ACCOUNT, KEY, program, run};

/// Starts a server that answers every request with this body; returns its port and the number of
/// its connections.
fn serve(address: &str, body: &'static str) -> Option<(u16, Arc<AtomicUsize>)> {
    // A machine can be without IPv6.
    let listener = TcpListener::bind((address, 0)).ok()?;
    let port = listener.local_addr().expect("an address").port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 8192]);
            let length = body.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(body.as_bytes());
        }
    });
    Some((port, connections))
}

#[test]
fn a_service_on_this_machine_is_never_reached_through_a_proxy() {
    let (proxy, seen) = serve("127.0.0.1", r#"{"id":"of the proxy"}"#).expect("a port");
    let proxy = format!("http://127.0.0.1:{proxy}");
    let variables = [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ];
    let mut reached = 0;
    for (address, host) in [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("127.0.0.1", "LOCALHOST"),
        ("127.8.9.10", "127.8.9.10"),
        ("::1", "[::1]"),
    ] {
        let Some((port, connections)) = serve(address, r#"{"id":"here"}"#) else {
            continue;
        };
        let url = format!("http://{host}:{port}");
        for no_proxy in [None, Some("example.com")] {
            let mut command = program();
            command.env_remove("NO_PROXY").env_remove("no_proxy");
            command.envs(variables.map(|variable| (variable, proxy.as_str())));
            command.envs(no_proxy.map(|list| ("NO_PROXY", list)));
            command.args(["--url", &url, "--account", ACCOUNT, "--key", KEY]);
            let called = run(command.args(["Pool_Get", "poolId=p"]), "");
            assert_eq!(called.json(), json!({"id": "here"}), "{url}");
        }
        assert_eq!(connections.load(Ordering::SeqCst), 2, "{url}");
        reached += 1;
    }
    assert!(reached >= 4, "{reached} addresses");
    assert_eq!(seen.load(Ordering::SeqCst), 0, "the proxy saw a request");
}
