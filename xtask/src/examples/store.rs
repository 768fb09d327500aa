//! A stand-in for a container in Azure Storage: it takes and returns blobs over HTTP and does not
//! check signatures.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Blobs = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A container on this machine; it exists until the program ends.
pub(super) struct Store {
    address: SocketAddr,
    blobs: Blobs,
}

impl Store {
    /// Starts with the file that the example `multi_instance` distributes.
    pub(super) fn start() -> io::Result<Self> {
        let mesh = b"a wing of 12 cells\n".to_vec();
        let blobs = Blobs::new(Mutex::new([("wing.mesh".to_owned(), mesh)].into()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let served = Arc::clone(&blobs);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let blobs = Arc::clone(&served);
                thread::spawn(move || serve(&stream, &blobs));
            }
        });
        Ok(Self { address, blobs })
    }

    /// The URL of the container, or of a blob.
    pub(super) fn url(&self, name: &str) -> String {
        let url = format!("http://{}/files/{name}", self.address);
        url.trim_end_matches('/').to_owned()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        let blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        blobs.contains_key(name)
    }
}

/// Handles one request and closes the connection.
fn serve(mut stream: &TcpStream, blobs: &Blobs) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let name = path.split('?').next().unwrap_or_default();
    let name = name.trim_start_matches("/files/").to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((key, value)) = header.split_once(':') else {
            break;
        };
        if key.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut content = vec![0; length];
    reader.read_exact(&mut content)?;
    let mut blobs = blobs.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, body) = match method {
        "PUT" => {
            blobs.insert(name, content);
            ("201 Created", Vec::new())
        }
        _ => match blobs.get(&name) {
            Some(blob) => ("200 OK", blob.clone()),
            None => ("404 Not Found", Vec::new()),
        },
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    if method != "HEAD" {
        stream.write_all(&body)?;
    }
    stream.flush()
}
