//! One call as a careful program would write it without this client: signed, sent, its status
//! checked and its body decoded into a struct.

use batch_client::batch_auth::{RequestView, SharedKey};
use batch_client::reqwest;

/// The body of the response.
pub(crate) const POOL: &str =
    r#"{"id":"render","state":"active","vmSize":"standard_d2s_v3","currentDedicatedNodes":3}"#;

#[allow(dead_code)]
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pool {
    id: String,
    state: String,
    vm_size: String,
    pub(crate) current_dedicated_nodes: i32,
}

pub(crate) async fn pool(
    http: &reqwest::Client,
    key: &SharedKey,
    endpoint: &str,
    pool_id: &str,
    select: &str,
) -> Result<Pool, reqwest::Error> {
    let target = format!("/pools/{pool_id}?api-version=2024-02-01.19.0&%24select={select}");
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    let view = RequestView::new("GET", &target, [("ocp-date", date.as_str())]);
    let signature = key.sign(&view).expect("a signature");
    let answer = http
        .get(format!("{endpoint}{target}"))
        .header("ocp-date", date)
        .header("accept", "application/json")
        .header("authorization", signature.authorization())
        .send()
        .await?
        .error_for_status()?
        .bytes()
        .await?;
    Ok(serde_json::from_slice(&answer).expect("a pool"))
}
