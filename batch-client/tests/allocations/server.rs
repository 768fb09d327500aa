//! A service in separate threads, so that its allocations are not counted.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Answers every request on kept connections with what `answer` makes of the request's target.
/// Returns its address.
pub(crate) fn serve(answer: impl Fn(&str, &str) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (base, answer) = (endpoint.clone(), Arc::new(answer));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (base, answer) = (base.clone(), Arc::clone(&answer));
            thread::spawn(move || connection(stream, |target| answer(&base, target)));
        }
    });
    endpoint
}

fn connection(stream: TcpStream, answer: impl Fn(&str) -> String) {
    stream.set_nodelay(true).expect("a socket");
    let mut stream = BufReader::new(stream);
    let mut target = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).is_ok_and(|read| read == 0) {
            return;
        }
        if target.is_empty() {
            line.split(' ')
                .nth(1)
                .unwrap_or_default()
                .clone_into(&mut target);
        }
        if line == "\r\n" {
            let body = answer(&target);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let written = stream.get_mut().write_all((head + &body).as_bytes());
            if written.is_err() {
                return;
            }
            target.clear();
        }
    }
}
