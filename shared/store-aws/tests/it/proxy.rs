//! A proxy between the SDK and an emulator that loses answers and throttles, on demand.
//!
//! In: faults, each for the next requests of one operation. Out: everything else unchanged, and a count of requests by operation.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is carried out, and its answer never comes.
    LoseAnswer,
    /// It is refused as too much, and not carried out.
    Throttle,
}

#[derive(Default)]
struct Script {
    faults: Vec<(String, Fault, usize)>,
    requests: BTreeMap<String, usize>,
}

/// A running proxy; ends with the runtime.
pub struct Proxy {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

impl Proxy {
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let script = Arc::clone(&shared);
                // A connection that breaks is what the proxy is for.
                tokio::spawn(async move { serve(stream, server, &script).await.ok() });
            }
        });
        Self { address, script }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next `count` requests of an operation, such as `UpdateItem`, meet a fault.
    pub fn fault(&self, operation: &str, fault: Fault, count: usize) {
        self.script
            .lock()
            .unwrap()
            .faults
            .push((operation.to_owned(), fault, count));
    }

    /// Requests of an operation so far, repeated ones included.
    pub fn requests(&self, operation: &str) -> usize {
        self.script
            .lock()
            .unwrap()
            .requests
            .get(operation)
            .copied()
            .unwrap_or(0)
    }

    /// True when every fault was met.
    pub fn is_over(&self) -> bool {
        self.script
            .lock()
            .unwrap()
            .faults
            .iter()
            .all(|(_, _, left)| *left == 0)
    }
}

impl Script {
    fn meet(&mut self, operation: &str) -> Option<Fault> {
        *self.requests.entry(operation.to_owned()).or_default() += 1;
        let (_, fault, left) = self
            .faults
            .iter_mut()
            .find(|(of, _, left)| of == operation && *left > 0)?;
        *left -= 1;
        Some(*fault)
    }
}

/// One request on a connection of its own: the client is told to close it.
async fn serve(mut client: TcpStream, server: SocketAddr, script: &Mutex<Script>) -> std::io::Result<()> {
    let request = read_request(&mut client).await?;
    let head = String::from_utf8_lossy(&request).into_owned();
    let operation = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .starts_with("x-amz-target:")
                .then(|| line.rsplit('.').next().unwrap_or_default().trim())
        })
        .unwrap_or_default();
    let fault = script.lock().unwrap().meet(operation);
    if fault == Some(Fault::Throttle) {
        let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#;
        let answer = format!(
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        client.write_all(answer.as_bytes()).await?;
        return client.shutdown().await;
    }
    let mut backend = TcpStream::connect(server).await?;
    let line = request.windows(2).position(|two| two == b"\r\n").unwrap() + 2;
    backend.write_all(&request[..line]).await?;
    backend.write_all(b"connection: close\r\n").await?;
    backend.write_all(&request[line..]).await?;
    let mut answer = Vec::new();
    backend.read_to_end(&mut answer).await?;
    if fault == Some(Fault::LoseAnswer) {
        return Ok(());
    }
    client.write_all(&answer).await?;
    client.shutdown().await
}

/// Head and body, by content-length.
async fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        let mut some = [0; 16 * 1024];
        let count = client.read(&mut some).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(&some[..count]);
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())
            .unwrap_or(0);
        if request.len() >= end + 4 + length {
            return Ok(request);
        }
    }
}
