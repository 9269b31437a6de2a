//! The proxy: tunnels calls to a vault in Azure to the simulator, by `CONNECT`.

use crate::connections::accept;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// How many connections are tunnelled at once; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 256;
/// The longest head of a request, in bytes.
const MAX_HEAD_BYTES: u64 = 8 * 1024;
/// How long a caller may take to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
const FORBIDDEN: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Tunnels `CONNECT` requests for `*.vault.azure.net:443` to `vault`; rejects all others with 403.
///
/// # Errors
///
/// Connections can no longer be accepted.
pub(crate) async fn serve_proxy(listener: TcpListener, vault: SocketAddr) -> io::Result<()> {
    accept(listener, MAX_CONNECTIONS, |stream| tunnel(stream, vault)).await
}

async fn tunnel(stream: TcpStream, vault: SocketAddr) -> io::Result<()> {
    let mut caller = BufReader::new(stream);
    let request_line = timeout(HEAD_TIMEOUT, read_head(&mut caller)).await??;
    if !is_for_vault(&request_line) {
        return caller.write_all(FORBIDDEN).await;
    }
    let mut vault = TcpStream::connect(vault).await?;
    caller.write_all(ESTABLISHED).await?;
    copy_bidirectional(&mut caller, &mut vault).await.map(|_| ())
}

/// Reads a request up to its empty line, and returns its first line.
async fn read_head(caller: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut head = caller.take(MAX_HEAD_BYTES);
    let mut first = String::new();
    head.read_line(&mut first).await?;
    let mut line = first.clone();
    while !line.trim_end().is_empty() {
        line.clear();
        head.read_line(&mut line).await?;
    }
    if line.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(first) }
}

fn is_for_vault(request_line: &str) -> bool {
    let target = request_line.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let name = target.and_then(|target| target.strip_suffix(".vault.azure.net:443"));
    name.is_some_and(|name| !name.is_empty() && !name.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_calls_to_vaults_in_azure_are_tunnelled() {
        assert!(is_for_vault("CONNECT shop.vault.azure.net:443 HTTP/1.1\r\n"));
        for other in [
            "CONNECT .vault.azure.net:443 HTTP/1.1",
            "CONNECT vault.azure.net:443 HTTP/1.1",
            "CONNECT a.b.vault.azure.net:443 HTTP/1.1",
            "CONNECT shop.vault.azure.net:80 HTTP/1.1",
            "CONNECT example.com:443 HTTP/1.1",
            "GET http://shop.vault.azure.net:443 HTTP/1.1",
            "",
        ] {
            assert!(!is_for_vault(other), "{other}");
        }
    }
}
