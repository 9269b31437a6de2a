//! The proxy: leads calls of a vault in Azure to the simulator.

use crate::key_vault::support::{Caller, client, send};
use crate::support::PATIENCE;
use reqwest::{Method, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn a_vault_in_azure_is_found_by_the_proxy() {
    let caller = Caller::start(&[]).await;
    let version = caller.set("s", "hush").await;
    let proxy = Proxy::https(format!("http://{}", caller.program.proxy)).unwrap();
    let http = client(&caller.program).proxy(proxy).build().unwrap();
    let url = "https://shop.vault.azure.net/secrets/s";
    let answer = send(http.request(Method::GET, url).bearer_auth(&caller.token)).await;
    assert_eq!((answer.status, answer.text("/value")), (200, "hush"));
    assert_eq!(answer.text("/id"), format!("{url}/{version}"));
    let other = http.get("https://example.com/").send().await;
    assert!(other.is_err_and(|error| error.is_connect()));
}

#[tokio::test]
async fn everything_else_is_403_or_nothing() {
    let caller = Caller::start(&[]).await;
    let endless = "x".repeat(10_000);
    for (head, answer) in [
        ("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n", "HTTP/1.1 403"),
        ("GET http://shop.vault.azure.net/ HTTP/1.1\r\n\r\n", "HTTP/1.1 403"),
        (endless.as_str(), ""),
    ] {
        let mut stream = TcpStream::connect(caller.program.proxy).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        // What was sent and not read may break the connection.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut received)).await.unwrap();
        let received = String::from_utf8(received).unwrap();
        assert!(
            received.starts_with(answer) && (received.is_empty() == answer.is_empty()),
            "{received}"
        );
    }
}
