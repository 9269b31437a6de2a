//! Callers that speak HTTP/1.1, one request a connection.

use super::program::PATIENCE;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// An answer to a request.
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The status line and the headers.
    pub(crate) headers: String,
    /// What follows them.
    pub(crate) body: Vec<u8>,
}

/// The answer to a call with a body of JSON, or an empty one.
pub(crate) async fn call(address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    let headers = format!("Content-Type: application/json\r\nContent-Length: {}", body.len());
    read(&mut request(address, method, path, &headers, body.as_bytes()).await).await
}

/// A connection on which a request was sent.
pub(crate) async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the address is served");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n\r\n"
    );
    let request = [head.as_bytes(), body].concat();
    stream.write_all(&request).await.expect("the request is read");
    stream
}

/// The answer to the request that was sent.
pub(crate) async fn read(stream: &mut TcpStream) -> Answer {
    let mut response = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut response));
    read.await.expect("an answer in time").expect("the response is readable");
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let body = response.split_off(end.expect("the response has a body") + 4);
    let headers = String::from_utf8(response).expect("the headers are text");
    let status = headers.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer { status: status.expect("the response has a status"), headers, body }
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("the answer is text")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    /// The body's `error`.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().expect("the answer has an error").to_owned()
    }
}
