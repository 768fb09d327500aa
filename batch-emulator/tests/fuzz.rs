//! Fuzz test with raw bytes: nothing hangs, nothing panics, and no response is a server error.
//!
//! Most requests are complete, with random changes to their method, target, headers or body; they
//! share connections as long as the service keeps these open. The others are truncated or noise;
//! each uses a separate connection. The seed is fixed, so that failures are reproducible.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use batch_emulator::{Config, Emulator, start};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use raw::{Call, Random};

// Two thirds of them need a new connection; on other systems, ports of closed connections are not
// free again so soon.
const REQUESTS: usize = if cfg!(target_os = "linux") {
    100_000
} else {
    8_000
};
/// Number of concurrent connections.
const CONNECTIONS: usize = 16;
/// One of this many requests is noise or truncated.
const BROKEN: usize = 5;
/// Time without a response after which the client closes its side of the connection.
const WAIT: Duration = Duration::from_secs(2);
/// Time without a response or an end after which the service counts as hanging.
const DEADLINE: Duration = Duration::from_secs(20);

/// Counts of results.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    answered: usize,
    closed: usize,
    connections: usize,
}

/// A client that sends malformed requests.
struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    tally: Tally,
}

/// A response, or the end of the connection.
struct ReadResponse {
    status: Option<u16>,
    /// True if another request can follow.
    open: bool,
}

impl Client {
    /// Sends a request, on a new connection if necessary, and checks the response.
    async fn send(&mut self, request: &[u8], whole: bool) {
        let shown = String::from_utf8_lossy(&request[..request.len().min(400)]).into_owned();
        let work = async {
            let stream = self.stream.take().filter(|_| whole);
            let reused = stream.is_some();
            let seen = self.exchange(stream, request, whole).await;
            if reused && seen.status.is_none() {
                // The service closed an idle connection, or the rest of an earlier request
                // interfered.
                return self.exchange(None, request, whole).await;
            }
            seen
        };
        let Ok(seen) = tokio::time::timeout(DEADLINE, work).await else {
            panic!("the service hangs on {shown:?}");
        };
        let Some(status) = seen.status else {
            self.tally.closed += 1;
            return;
        };
        assert!((200..500).contains(&status), "{status} to {shown:?}");
        self.tally.answered += 1;
    }

    async fn exchange(
        &mut self,
        stream: Option<TcpStream>,
        request: &[u8],
        whole: bool,
    ) -> ReadResponse {
        let mut stream = if let Some(stream) = stream {
            stream
        } else {
            self.tally.connections += 1;
            let stream = TcpStream::connect(self.address).await.unwrap();
            // Otherwise small requests would wait for acknowledgements.
            stream.set_nodelay(true).unwrap();
            stream
        };
        // The service may close first if it has seen enough; the response can still be read.
        let _ = stream.write_all(request).await;
        if !whole {
            let _ = stream.shutdown().await;
        }
        let without_body = request.starts_with(b"HEAD ");
        let mut received = Vec::new();
        let seen = tokio::time::timeout(WAIT, read(&mut stream, &mut received, without_body)).await;
        let seen = if let Ok(seen) = seen {
            seen
        } else {
            // It may wait for more, since a malformed request can announce a longer body.
            let _ = stream.shutdown().await;
            read(&mut stream, &mut received, without_body).await
        };
        self.stream = (seen.open && whole).then_some(stream);
        seen
    }
}

/// Reads one response, or to the end of the connection.
async fn read(stream: &mut TcpStream, received: &mut Vec<u8>, without_body: bool) -> ReadResponse {
    loop {
        if let Some((status, length, close)) = head(received)
            && (without_body || received.len() >= length)
        {
            return ReadResponse {
                status: Some(status),
                // Remaining bytes belong to another response: the service saw two requests.
                open: !close && received.len() == length,
            };
        }
        match stream.read_buf(received).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => {
                return ReadResponse {
                    status: head(received).map(|(status, ..)| status),
                    open: false,
                };
            }
        }
    }
}

/// Returns status, total length and whether the connection closes, once the head is complete.
fn head(received: &[u8]) -> Option<(u16, usize, bool)> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&received[..end]).to_ascii_lowercase();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let named = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let length: usize = named("content-length:").map_or(0, |value| value.trim().parse().unwrap());
    let close = named("connection:").is_some_and(|value| value.trim() == "close");
    Some((status, end + length, close))
}

/// Creates a complete request with random changes: its length comes first and is correct, the rest
/// may be altered.
fn whole(random: &mut Random, emulator: &Emulator) -> Vec<u8> {
    let bytes = random.good(emulator);
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let (head, body) = bytes.split_at(end + 4);
    let head = String::from_utf8_lossy(head).into_owned();
    let (line, headers) = head.split_once("\r\n").unwrap();
    let headers: String = headers
        .split_inclusive("\r\n")
        .filter(|line| !line.starts_with("content-length"))
        .collect();
    let mut body = body.to_vec();
    let mut line = line.as_bytes().to_vec();
    let mut headers = headers.trim_end().as_bytes().to_vec();
    for _ in 0..=random.below(3) {
        match random.below(3) {
            0 => random.change(&mut line),
            1 => random.change(&mut headers),
            _ => random.change(&mut body),
        }
    }
    let length = format!("\r\ncontent-length: {}\r\n", body.len());
    [
        line,
        length.into_bytes(),
        headers,
        b"\r\n\r\n".to_vec(),
        body,
    ]
    .concat()
}

async fn work(emulator: &Emulator, number: u64, requests: usize) -> Tally {
    let mut random = Random::new(0x5EED_0000 + number);
    let mut client = Client {
        address: emulator
            .endpoint()
            .trim_start_matches("http://")
            .parse()
            .unwrap(),
        stream: None,
        tally: Tally::default(),
    };
    for _ in 0..requests {
        if random.below(BROKEN) == 0 {
            let request = random.request(emulator);
            client.send(&request, false).await;
        } else {
            let request = whole(&mut random, emulator);
            client.send(&request, true).await;
        }
    }
    client.tally
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_are_answered_or_closed() {
    let emulator = start(Config::default().bearer_token("t0ken"))
        .await
        .unwrap();
    let begin = Instant::now();
    let share = REQUESTS / CONNECTIONS;
    let workers = (0..CONNECTIONS as u64).map(|number| work(&emulator, number, share));
    let tallies = futures_util::future::join_all(workers).await;
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (answered, closed) = (sum(|tally| tally.answered), sum(|tally| tally.closed));
    println!(
        "{} malformed requests on {} connections in {:.1?}: {answered} answered, {closed} closed",
        answered + closed,
        sum(|tally| tally.connections),
        begin.elapsed()
    );
    assert_eq!(answered + closed, REQUESTS);
    assert!(answered > REQUESTS / 2, "most of them are whole");

    let good = Call::get("/pools?api-version=2024-02-01.19.0")
        .send(&emulator)
        .await;
    assert_eq!(good.status, 200, "{}", good.text());
}
