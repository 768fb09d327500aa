//! Access to the dashboard: the hosts that a request may name, and the restrictions sent to the
//! browser.

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Everything is loaded from this origin, nothing is inline, and no other page may frame this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Returns true if every host that the request names is a name of this machine that nobody else can
/// claim, or one that the configuration allows.
pub(super) fn names_this_machine(parts: &Parts, allowed: &[String]) -> bool {
    let is_known = |host: &str| is_local(host, allowed);
    let mut hosts = parts.headers.get_all(header::HOST).iter().peekable();
    let named = hosts.peek().is_some();
    let local = hosts.all(|host| host.to_str().is_ok_and(is_known));
    // A target in absolute form names a host as well.
    let target = parts.uri.authority().map(Authority::as_str);
    named && local && target.is_none_or(is_known)
}

fn is_local(host: &str, allowed: &[String]) -> bool {
    let (name, port) = match host.rfind(':') {
        // The colons of an IPv6 address are inside brackets.
        Some(at) if !host.ends_with(']') => (&host[..at], Some(&host[at + 1..])),
        _ => (host, None),
    };
    let port = port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let known = ["127.0.0.1", "localhost", "[::1]"];
    let mut names = known.into_iter().chain(allowed.iter().map(String::as_str));
    port && names.any(|known| name.eq_ignore_ascii_case(known))
}

/// Sets the headers that every response of the dashboard has.
pub(super) fn close(headers: &mut HeaderMap) {
    let mut set = |name: &'static str, value: &'static str| {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    };
    set("content-security-policy", POLICY);
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    set("referrer-policy", "no-referrer");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    // The browser may cache it but must revalidate each time.
    set("cache-control", "no-cache");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_accepted() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8000",
            "localhost",
            "LocalHost:1",
            "[::1]",
            "[::1]:8000",
        ] {
            assert!(is_local(host, &[]), "{host}");
        }
        for host in [
            "",
            ":8000",
            "example.org",
            "example.org:8000",
            "localhost.example.org",
            "127.0.0.1.example.org:8000",
            "127.0.0.1@example.org",
            "localhost.",
            "127.0.0.2",
            "::1",
            "[::1",
            "[::1]x:80",
            "localhost:80x",
            "a:localhost",
            "localhost:80:90",
        ] {
            assert!(!is_local(host, &[]), "{host}");
        }
        let allowed = ["emulator".to_owned()];
        for (host, is_allowed) in [
            ("emulator", true),
            ("Emulator:8000", true),
            ("emulator.example.org", false),
            ("localhost", true),
        ] {
            assert_eq!(is_local(host, &allowed), is_allowed, "{host}");
        }
    }
}
