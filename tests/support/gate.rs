//! A service that lets requests pass by their bearer tokens, and counts them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A service with one pool for every request whose token is accepted; all others get 401. It ends
/// when this is dropped.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    doors: Arc<Mutex<Doors>>,
    accepting: JoinHandle<()>,
}

/// Requests that passed, and those that did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Answered with 200.
    pub accepted: usize,
    /// Answered with 401.
    pub refused: usize,
}

#[derive(Debug, Default)]
struct Doors {
    /// The tokens, and until when they are accepted.
    tokens: Vec<(String, Option<Instant>)>,
    challenge: String,
    passed: Passed,
}

impl Gate {
    /// Starts a service that accepts no token yet.
    ///
    /// # Panics
    ///
    /// If this machine has no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let doors = Arc::<Mutex<Doors>>::default();
        let shared = doors.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self {
            address,
            doors,
            accepting,
        }
    }

    /// Its URL, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Accepts a token from now on, until a time if there is one.
    pub fn accept(&self, token: &str, until: Option<Instant>) {
        lock(&self.doors).tokens.push((token.to_owned(), until));
    }

    /// Accepts no token that was accepted before; returns those.
    pub fn revoke_all(&self) -> Vec<String> {
        let revoked = std::mem::take(&mut lock(&self.doors).tokens);
        revoked.into_iter().map(|(token, _)| token).collect()
    }

    /// Sets the `WWW-Authenticate` header of 401.
    pub fn challenge(&self, challenge: &str) {
        challenge.clone_into(&mut lock(&self.doors).challenge);
    }

    /// The requests since the last call.
    pub fn passed(&self) -> Passed {
        std::mem::take(&mut lock(&self.doors).passed)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: TcpStream, doors: Arc<Mutex<Doors>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut token = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            match stream.read_line(&mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) if line == "\r\n" => break,
                Ok(_) => {}
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("authorization")
            {
                value.trim().clone_into(&mut token);
            }
        }
        let response = lock(&doors).response(&token);
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Doors {
    fn response(&mut self, authorization: &str) -> String {
        let now = Instant::now();
        let is_accepted = authorization.strip_prefix("Bearer ").is_some_and(|token| {
            let mut tokens = self.tokens.iter();
            tokens.any(|(accepted, until)| accepted == token && until.is_none_or(|end| now < end))
        });
        let (status, challenge, body) = if is_accepted {
            self.passed.accepted += 1;
            ("200 OK", String::new(), r#"{"id":"p","state":"active"}"#)
        } else {
            self.passed.refused += 1;
            let challenge = format!("WWW-Authenticate: {}\r\n", self.challenge);
            ("401 Unauthorized", challenge, r#"{"code":"Unauthorized"}"#)
        };
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             {challenge}\r\n{body}"
        )
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
