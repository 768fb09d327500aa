//! A server that handles one request per connection: it verifies the signature and responds from a
//! short table.

use std::io;
use std::net::SocketAddr;
use std::time::SystemTime;

use batch_client::SharedKey;
use batch_client::batch_auth::RequestView;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Starts on a free local port and serves until the program ends.
pub(crate) async fn start(account: &str, key: &str) -> io::Result<SocketAddr> {
    let key = SharedKey::new(account, key).map_err(io::Error::other)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let key = key.clone();
            tokio::spawn(async move {
                if let Err(error) = serve(stream, &key).await {
                    eprintln!("loopback server: {error}");
                }
            });
        }
    });
    Ok(address)
}

async fn serve(mut stream: TcpStream, key: &SharedKey) -> io::Result<()> {
    let head = read_head(&mut stream).await?;
    let mut lines = head.split("\r\n");
    let request_line: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, target, _] = request_line.as_slice() else {
        return Err(io::Error::other("malformed request line"));
    };
    let headers: Vec<(String, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim()))
        .collect();
    let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|h| h.1);

    let length = header("content-length").and_then(|l| l.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;

    let view = RequestView::new(
        method,
        target,
        headers.iter().map(|(n, v)| (n.as_str(), *v)),
    );
    let authorization = header("authorization");
    let verified = key.verify(
        &view,
        authorization,
        SystemTime::now(),
        batch_client::batch_auth::MAX_SKEW,
    );
    let (status, body) = match verified {
        Ok(()) => answer(method, target),
        Err(_) => (
            403,
            error(
                "AuthenticationFailed",
                "The signature does not match the request.",
            ),
        ),
    };
    let body = if *method == "HEAD" { "" } else { &body };
    let answer = format!(
        "HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         etag: 0x8DC5FDDC7FFC487\r\nrequest-id: 00000000-0000-4000-8000-000000000001\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    head.truncate(head.len() - 4);
    String::from_utf8(head).map_err(io::Error::other)
}

fn answer(method: &str, target: &str) -> (u16, String) {
    let path = target.split('?').next().unwrap_or_default();
    match (method, path) {
        ("GET", "/pools") => (
            200,
            r#"{"value":[
                {"id":"render","state":"active","vmSize":"standard_d2s_v3"},
                {"id":"old","state":"Deleting","vmSize":"standard_a1_v2"}]}"#
                .to_owned(),
        ),
        ("POST", "/jobs" | "/jobs/nightly/tasks") => (201, String::new()),
        ("GET", "/jobs/nightly/tasks/frame-1/files/stdout.txt") => (200, "hello\n".to_owned()),
        ("GET", "/jobs/gone") => (404, error("JobNotFound", "The job does not exist.")),
        _ => (
            404,
            error("ResourceNotFound", "The resource does not exist."),
        ),
    }
}

fn error(code: &str, message: &str) -> String {
    format!(r#"{{"code":"{code}","message":{{"lang":"en-us","value":"{message}"}}}}"#)
}
