//! The proxy: tunnels calls to a vault in Azure to the simulator.

use crate::key_vault::support::{Caller, client};
use crate::support::{ApiResponse, TIMEOUT};
use reqwest::{Method, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn a_vault_in_azure_is_reached_through_the_proxy() {
    let caller = Caller::start(&[]).await;
    let version = caller.set("s", "hush").await;
    let proxy = Proxy::https(format!("http://{}", caller.program.proxy)).unwrap();
    let http = client(&caller.program).proxy(proxy).build().unwrap();
    let url = "https://shop.vault.azure.net/secrets/s";
    let answer = ApiResponse::to(http.request(Method::GET, url).bearer_auth(&caller.token)).await;
    assert_eq!((answer.status, answer.text("/value")), (200, "hush"));
    assert_eq!(answer.text("/id"), format!("{url}/{version}"));
    let other = http.get("https://example.com/").send().await;
    assert!(other.is_err_and(|error| error.is_connect()));
}

#[tokio::test]
async fn any_other_request_gets_a_403_or_a_closed_connection() {
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
        // The connection may be reset, because the program did not read all of it.
        let _ = timeout(TIMEOUT, stream.read_to_end(&mut received)).await.unwrap();
        let received = String::from_utf8(received).unwrap();
        assert!(
            received.starts_with(answer) && (received.is_empty() == answer.is_empty()),
            "{received}"
        );
    }
}
