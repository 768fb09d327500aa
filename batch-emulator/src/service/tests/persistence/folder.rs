//! Tests of a service on a real folder that writes snapshots while it runs.

use std::path::Path;

use super::*;
use crate::route;
use crate::service::Service;
use crate::service::persistence::{open_with, settled};
use crate::store::Folder;

/// Writes a snapshot after about twenty requests.
const SNAPSHOT_WEIGHT: usize = 30_000;

fn open(path: &Path) -> Service {
    open_with(&Config::default(), path, SNAPSHOT_WEIGHT).expect("a service")
}

async fn send(service: &Service, method: &str, path: &str, body: &Value) -> Result<Reply, Refusal> {
    let target = format!("{path}?{VERSION}");
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let body = body.to_string();
    let operation = route::find(method, path).expect("a route").operation;
    let call = Call::new(
        operation,
        method,
        &target,
        &headers,
        body.as_bytes(),
        "http://h",
    );
    let request = request_of(call.as_ref().expect("a call")).expect("a request");
    let (reply, ticket) = service.handle(&request, call);
    settled(ticket).await.and(reply)
}

fn bytes(service: &Service) -> Vec<u8> {
    let account = service.account.lock().expect("no panic before");
    account.state.to_snapshot().expect("a snapshot")
}

#[tokio::test]
async fn snapshots_while_it_runs_lose_nothing_and_bound_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.redb");
    let mut sizes = Vec::new();
    for round in 0..4 {
        let service = open(folder.path());
        for number in 0..200 {
            let id = format!("j{}", number % 20);
            let job =
                json!({"id": id, "poolInfo": {"poolId": "p"}, "displayName": "x".repeat(1000)});
            let added = send(&service, "POST", "/jobs", &job).await;
            // A rejected request changes nothing, not even the content of a snapshot.
            assert_eq!(added.is_ok(), round == 0 && number < 20);
            let patch =
                json!({"metadata": [{"name": "n", "value": number.to_string().repeat(300)}]});
            let patched = send(&service, "PATCH", &format!("/jobs/{id}"), &patch).await;
            assert!(patched.is_ok(), "{patched:?}");
        }
        let before = bytes(&service);
        service.close();
        let late = send(&service, "POST", "/jobs/j1/terminate", &json!({})).await;
        assert_eq!(late.map_err(|refusal| refusal.status).err(), Some(500));

        let again = open(folder.path());
        assert!(bytes(&again) == before, "the state differs");
        again.close();
        let about = crate::store::About::new("devaccount", crate::generated::API_VERSION, anchor());
        let open = Folder::open(folder.path(), &about, || unreachable!()).expect("the folder");
        let mut entries = 0;
        let counted = open.replay(|_, _| {
            entries += 1;
            Ok(())
        });
        assert!(counted.expect("entries") > 200 * (round + 1));
        assert!(entries < 60, "{entries} entries are left");
        sizes.push(std::fs::metadata(&file).expect("the file").len());
    }
    println!("{sizes:?}");
    assert!(sizes[3] <= sizes[0] * 2, "{sizes:?}");
}

fn anchor() -> crate::store::Anchor {
    crate::store::Anchor {
        real: Time::from_ticks(1),
        virtual_: Time::from_ticks(1),
        speed: 1.0,
    }
}
