//! Calls as a careful program would write them by hand, and a server for them. Shared by the bench
//! `call`, the tests `allocations` and the package `batch-bench`.

use std::io;
use std::sync::Arc;

use batch_client::batch_auth::{RequestView, SharedKey};
use batch_client::reqwest::{self, Client};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const ACCOUNT: &str = "bench";
pub(crate) const KEY: &str = "YmVuY2gta2V5";
/// The body of a pool.
pub(crate) const POOL: &str =
    r#"{"id":"render","state":"active","vmSize":"standard_d2s_v3","currentDedicatedNodes":3}"#;

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct Pool {
    id: String,
    state: String,
    vm_size: String,
    current_dedicated_nodes: i32,
}

/// Gets a pool, whose body [`pool`] is.
pub(crate) async fn get_pool(
    http: &Client,
    key: &SharedKey,
    endpoint: &str,
) -> Result<i32, reqwest::Error> {
    let (id, select) = ("render", "id%2Cstate");
    let target = format!("/pools/{id}?api-version=2024-02-01.19.0&%24select={select}");
    let pool: Pool = get(http, key, endpoint, &target).await?;
    Ok(pool.current_dedicated_nodes)
}

/// The least that a careful program would write for a call that reads.
pub(crate) async fn get<T: DeserializeOwned>(
    http: &Client,
    key: &SharedKey,
    endpoint: &str,
    target: &str,
) -> Result<T, reqwest::Error> {
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    let view = RequestView::new("GET", target, [("ocp-date", date.as_str())]);
    let signature = key.sign(&view).expect("a signature");
    let body = http
        .get(format!("{endpoint}{target}"))
        .header("ocp-date", date)
        .header("accept", "application/json")
        .header("authorization", signature.authorization())
        .send()
        .await?
        .error_for_status()?
        .bytes()
        .await?;
    Ok(serde_json::from_slice(&body).expect("the JSON that the server has"))
}

/// The body of a response, by the server's endpoint and the target of the request.
pub(crate) type Bodies = Arc<dyn Fn(&str, &str) -> Vec<u8> + Send + Sync>;

/// The same pool for every request.
pub(crate) fn pool() -> Bodies {
    Arc::new(|_, _| POOL.into())
}

/// Starts a server in the current runtime that sends a body for every request without one; returns
/// its endpoint.
pub(crate) async fn server(bodies: Bodies) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint: Arc<str> = format!("http://{}", listener.local_addr()?).into();
    let shared = endpoint.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, shared.clone(), bodies.clone()));
        }
    });
    Ok(endpoint.to_string())
}

async fn serve(stream: TcpStream, endpoint: Arc<str>, bodies: Bodies) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let (mut first, mut line) = (String::new(), String::new());
    loop {
        first.clear();
        if stream.read_line(&mut first).await? == 0 {
            return Ok(());
        }
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).await?;
        }
        line.clear();
        let body = bodies(&endpoint, first.split(' ').nth(1).unwrap_or_default());
        let mut response = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        response.extend(body);
        stream.get_mut().write_all(&response).await?;
    }
}
