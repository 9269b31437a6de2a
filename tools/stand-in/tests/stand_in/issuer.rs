//! The token issuer: its tokens are those that the shop's gateway accepts.

use crate::support::{self, ApiResponse, Running, Signal, fails, help_names};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;
use std::net::SocketAddr;

struct Program {
    running: Running,
    address: SocketAddr,
}

impl Program {
    async fn start() -> Self {
        let running = Running::start(support::stand_in("issuer").args(["--port", "0"])).await;
        let address = running.address("address");
        Self { running, address }
    }

    async fn get(&self, path: &str) -> ApiResponse {
        support::call(self.address, "GET", path, "").await
    }

    async fn token(&self, query: &str) -> String {
        let answer = self.get(&format!("/token?{query}")).await.body;
        assert_eq!(answer["token_type"], "Bearer");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// Whether a published key signed this token.
    async fn verifies(&self, token: &str) -> bool {
        let (message, signature) = token.rsplit_once('.').expect("a signature");
        let kid = part(token, 0)["kid"].clone();
        let keys = self.get("/jwks").await.body;
        let mut keys = keys["keys"].as_array().expect("keys").iter();
        keys.find(|key| key["kid"] == kid).is_some_and(|key| {
            let point = [vec![4], bytes(&key["x"]), bytes(&key["y"])].concat();
            let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
            key.verify(message.as_bytes(), &signature).is_ok()
        })
    }
}

fn bytes(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().expect("text")).expect("base64")
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

#[tokio::test]
async fn a_token_has_the_requested_claims_and_is_signed_by_a_published_key() {
    let program = Program::start().await;
    let discovery = program.get("/.well-known/openid-configuration").await.body;
    assert_eq!(discovery["issuer"], format!("http://{}", program.address));
    assert_eq!(discovery["jwks_uri"], format!("http://{}/jwks", program.address));
    let token = program.token("sub=ann&scope=orders%20inventory&seconds=60").await;
    let claims = part(&token, 1);
    assert_eq!((&claims["sub"], &claims["aud"]), (&"ann".into(), &"saga-shop".into()));
    assert_eq!(
        (&claims["iss"], &claims["scope"]),
        (&discovery["issuer"], &"orders inventory".into())
    );
    assert_eq!(
        claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time"),
        60
    );
    assert!(program.verifies(&token).await);
    assert_eq!(part(&program.token("sub=a&audience=b").await, 1)["aud"], "b");
}

#[tokio::test]
async fn a_key_is_published_until_it_is_replaced_twice() {
    let program = Program::start().await;
    let first = program.token("sub=ann").await;
    for known in [true, false] {
        let rotated = support::call(program.address, "POST", "/control/rotate", "").await.body;
        let token = program.token("sub=ann").await;
        assert_eq!(part(&token, 0)["kid"], rotated["kid"]);
        assert!(program.verifies(&token).await);
        assert_eq!(program.verifies(&first).await, known);
    }
}

#[tokio::test]
async fn an_invalid_request_is_rejected_with_the_reason() {
    let program = Program::start().await;
    for query in ["", "sub=", "sub=a&seconds=0", "sub=a&seconds=86401", "sub=a&color=red"] {
        let answer = program.get(&format!("/token?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(!answer.text("/error").is_empty());
    }
    assert_eq!(program.get("/nothing").await.status, 404);
}

#[tokio::test]
async fn it_stops_when_it_is_signalled_and_names_its_options() {
    Program::start().await.running.stop(Signal::TERM).await;
    help_names(support::stand_in("issuer"), &["--port", "--audience"]).await;
    fails(support::stand_in("issuer").args(["--port", "x"]), 64).await;
}
