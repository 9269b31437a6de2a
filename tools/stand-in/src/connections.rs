//! Servers of protocols other than HTTP.

use std::io;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Serves each connection by `serve`, at most `max_connections` at once, until it is cancelled;
/// further ones wait to be accepted.
///
/// # Errors
///
/// The listener fails.
pub async fn accept<F>(
    listener: TcpListener,
    max_connections: usize,
    serve: impl Fn(TcpStream) -> F,
) -> io::Result<()>
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let connections = Arc::new(Semaphore::new(max_connections));
    loop {
        let permit = Arc::clone(&connections).acquire_owned().await.map_err(io::Error::other)?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        let served = serve(stream);
        tokio::spawn(async move {
            if let Err(error) = served.await {
                tracing::debug!(%error, "A connection failed");
            }
            drop(permit);
        });
    }
}
