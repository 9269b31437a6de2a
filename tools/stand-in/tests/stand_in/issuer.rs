//! The token issuer: its tokens are those that the shop's gateway accepts.

use crate::support::{self, ApiResponse, Running, Signal, fails, help_names};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::redirect::Policy;
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
        let response = self.get(&format!("/token?{query}")).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.page().to_owned()
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
async fn a_token_that_no_issuer_would_sign_is_signed_on_demand() {
    let program = Program::start().await;
    let overrides = r#"{"header": {"typ": "JWT"}, "claims": {"scope": null, "nbf": 7}}"#;
    let response = support::call(program.address, "POST", "/control/sign", overrides).await;
    let (header, claims) = (part(response.page(), 0), part(response.page(), 1));
    assert_eq!((&header["typ"], &header["alg"]), (&"JWT".into(), &"ES256".into()));
    assert_eq!((&claims["sub"], &claims["nbf"]), (&"ann".into(), &7.into()));
    assert_eq!(claims["preferred_username"], "ann");
    assert!(claims.get("scope").is_none() && program.verifies(response.page()).await);
    let response = support::call(program.address, "POST", "/control/sign", r#"{"key": 1}"#).await;
    assert_eq!(response.status, 422);
}

/// The example of [RFC 7636, appendix B](https://www.rfc-editor.org/rfc/rfc7636#appendix-B).
const CHALLENGE: &str =
    "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

impl Program {
    /// Where an authorization request is redirected to.
    async fn redirected(&self, query: &str) -> String {
        let client = support::client().redirect(Policy::none()).build().expect("it is valid");
        let url = format!("http://{}/authorize?{query}", self.address);
        let response = ApiResponse::to(client.get(url)).await;
        assert_eq!(response.status, 302, "{response:?}");
        response.header("location").to_owned()
    }

    async fn redeem(&self, form: &str) -> ApiResponse {
        let request = support::request(self.address, "POST", "/token");
        let form = request.body(form.to_owned());
        ApiResponse::to(form.header("content-type", "application/x-www-form-urlencoded")).await
    }
}

#[tokio::test]
async fn an_application_gets_a_token_for_whom_a_person_chooses_to_be() {
    let program = Program::start().await;
    let back = "http://127.0.0.1:8000/shop";
    let query = format!(
        "client_id=page&redirect_uri={back}&response_type=code&scope=orders&state=a%26b&{CHALLENGE}"
    );
    let page = program.get(&format!("/authorize?{query}")).await;
    support::assert_runs_nothing(&page);
    let link =
        page.page().split('"').find(|it| it.ends_with("sub=ann")).expect("ann can be chosen");
    let link = link.replace("&amp;", "&").replace("&#38;", "&");
    assert_eq!(link, format!("/authorize?{query}&sub=ann"));
    let to = program.redirected(&format!("{query}&sub=ann")).await;
    let code = to.strip_prefix(&format!("{back}?code="));
    let code =
        code.and_then(|rest| rest.strip_suffix("&state=a%26b")).expect("a code and the state");
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={back}&client_id=page&code_verifier={VERIFIER}"
    );
    let granted = program.redeem(&form).await;
    assert_eq!(granted.status_and("/token_type"), (200, "Bearer"), "{granted:?}");
    let token = granted.text("/access_token");
    assert!(program.verifies(token).await);
    let claims = part(token, 1);
    assert_eq!((&claims["sub"], &claims["scope"]), (&"ann".into(), &"orders".into()));
    assert_eq!(program.redeem(&form).await.status_and("/error"), (400, "invalid_grant"));
}

#[tokio::test]
async fn who_was_chosen_before_is_signed_in_again_without_a_page() {
    let program = Program::start().await;
    let query = format!(
        "client_id=page&redirect_uri=http://127.0.0.1:1/&response_type=code&prompt=none&{CHALLENGE}"
    );
    let to = program.redirected(&format!("{query}&login_hint=bob")).await;
    assert!(to.starts_with("http://127.0.0.1:1/?code="), "{to}");
    for unknown in ["", "&login_hint=mallory", "&sub=ann"] {
        let to = program.redirected(&format!("{query}{unknown}")).await;
        assert_eq!(to, "http://127.0.0.1:1/?error=login_required");
    }
}

#[tokio::test]
async fn an_invalid_request_is_redirected_only_to_this_machine() {
    let program = Program::start().await;
    let back = "client_id=page&redirect_uri=http://localhost:1/?a=b";
    for (query, error) in [
        (format!("{back}&response_type=token&{CHALLENGE}"), "unsupported_response_type"),
        (format!("{back}&response_type=code&state=s"), "invalid_request"),
        (
            format!("{back}&response_type=code&{}", CHALLENGE.replace("S256", "plain")),
            "invalid_request",
        ),
    ] {
        let to = program.redirected(&query).await;
        assert!(to.starts_with(&format!("http://localhost:1/?a=b&error={error}&")), "{to}");
    }
    let evil = "client_id=page&redirect_uri=https://evil.example/";
    for query in [
        format!("{evil}&response_type=code&{CHALLENGE}&sub=ann"),
        format!("redirect_uri=http://localhost:1/&response_type=code&{CHALLENGE}"),
        format!("{back}&state=a&state=b"),
    ] {
        assert_eq!(program.get(&format!("/authorize?{query}")).await.status, 400, "{query}");
    }
    for form in ["grant_type=password&username=ann", "grant_type=authorization_code&code=a", ""] {
        assert_eq!(
            program.redeem(form).await.status_and("/error"),
            (400, "invalid_request"),
            "{form}"
        );
    }
}

#[tokio::test]
async fn a_program_gets_a_token_of_its_own() {
    let program = Program::start().await;
    let form = "grant_type=client_credentials&client_id=till&scope=inventory.admin";
    let granted = program.redeem(form).await;
    let claims = part(granted.text("/access_token"), 1);
    assert_eq!((&claims["sub"], &claims["scope"]), (&"till".into(), &"inventory.admin".into()));
}

#[tokio::test]
async fn it_stops_when_it_is_signalled_and_names_its_options() {
    Program::start().await.running.stop(Signal::TERM).await;
    help_names(support::stand_in("issuer"), &["--port", "--audience"]).await;
    fails(support::stand_in("issuer").args(["--port", "x"]), 64).await;
}
