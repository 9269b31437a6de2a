//! Tokens of every kind, checked against an issuer that rotates its keys, fails and gets too many
//! requests.

use super::*;
use crate::domain::caller::Scope;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::future::join_all;
use jsonwebtoken::get_current_timestamp;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

struct Signing {
    kid: &'static str,
    pair: EcdsaKeyPair,
}

impl Signing {
    fn new(kid: &'static str) -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self { kid, pair }
    }

    fn jwk(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": self.kid, "x": text(x), "y": text(y)})
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({"alg": "ES256", "typ": "JWT", "kid": self.kid}), claims)
    }

    fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", text(signature))
    }
}

/// The part of a token that is signed.
fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", text(header.to_string()), text(claims.to_string()))
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An issuer with the keys that it publishes.
#[derive(Clone, Default)]
struct FakeIssuer {
    name: Arc<Mutex<String>>,
    keys: Arc<Mutex<Vec<Value>>>,
    down: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl FakeIssuer {
    async fn start(keys: &[&Signing]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let issuer = Self::default();
        issuer.publish(keys);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        *issuer.name.lock().unwrap() = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .with_state(issuer.clone());
        tokio::spawn(axum::serve(listener, routes).into_future());
        issuer
    }

    fn publish(&self, keys: &[&Signing]) {
        *self.keys.lock().unwrap() = keys.iter().map(|key| key.jwk()).collect();
    }

    fn name(&self) -> String {
        self.name.lock().unwrap().clone()
    }

    fn claims(&self) -> Value {
        let now = get_current_timestamp();
        json!({"iss": self.name(), "aud": "shop", "sub": "Ann|1", "exp": now + 600, "scope": "openid orders"})
    }

    fn trusted(&self) -> TrustedIssuers {
        TrustedIssuers::new(&[Url::parse(&self.name()).unwrap()], vec!["shop".to_owned()])
    }
}

async fn discovery(State(issuer): State<FakeIssuer>) -> axum::Json<Value> {
    let name = issuer.name();
    axum::Json(json!({"issuer": name, "jwks_uri": format!("{name}/jwks")}))
}

async fn jwks(State(issuer): State<FakeIssuer>) -> axum::response::Response {
    issuer.asked.fetch_add(1, Ordering::Relaxed);
    if issuer.down.load(Ordering::Relaxed) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    axum::Json(json!({"keys": *issuer.keys.lock().unwrap()})).into_response()
}

/// Advances the clock for everything but the network.
async fn later(wait: Duration) {
    tokio::time::pause();
    tokio::time::advance(wait).await;
    tokio::time::resume();
}

async fn why(tokens: &TrustedIssuers, token: &str) -> String {
    match tokens.caller(token).await {
        Err(TokenError::Invalid(why)) => why.to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_valid_token_names_a_caller_with_its_scopes() {
    let key = Signing::new("a");
    let issuer = FakeIssuer::start(&[&key]).await;
    let tokens = issuer.trusted();
    let caller = tokens.caller(&key.sign(&issuer.claims())).await.unwrap();
    assert_eq!(caller.customer_id, CustomerId::of_subject(&issuer.name(), "Ann|1"));
    assert_eq!(caller.scopes, [Scope::Orders]);
    let mut claims = issuer.claims();
    claims["aud"] = json!(["other", "shop"]);
    claims["scp"] = json!("inventory orders");
    claims["roles"] = json!(["orders.admin", "moon.admin"]);
    let caller = tokens.caller(&key.sign(&claims)).await.unwrap();
    assert_eq!(caller.scopes, [Scope::Orders, Scope::OrdersAdmin, Scope::Inventory]);
    assert_eq!(issuer.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_invalid_token_is_refused_with_the_reason() {
    let key = Signing::new("a");
    let issuer = FakeIssuer::start(&[&key]).await;
    let tokens = issuer.trusted();
    let with = |name: &str, value: Value| {
        let mut claims = issuer.claims();
        claims[name] = value;
        if claims[name].is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        key.sign(&claims)
    };
    let now = get_current_timestamp();
    let lacks = "lacks exp, iss, aud or sub";
    for (token, expected) in [
        ("nonsense".to_owned(), "is malformed"),
        ("a.b.c".to_owned(), "is malformed"),
        ("x".repeat(9_000), "is too long"),
        (with("exp", json!(now - 120)), "has expired"),
        (with("exp", json!("tomorrow")), lacks),
        (with("exp", Value::Null), lacks),
        (with("nbf", json!(now + 120)), "is not valid yet"),
        (with("aud", json!("others")), "is for another audience"),
        (with("aud", Value::Null), lacks),
        (with("iss", json!("https://evil.example")), "is from an issuer that is not trusted here"),
        (with("iss", Value::Null), "names no issuer"),
        (with("sub", json!("")), "has an empty or overlong subject"),
        (with("sub", json!("x".repeat(256))), "has an empty or overlong subject"),
        (with("scope", Value::Null), "is not an access token: it has no scopes"),
    ] {
        assert_eq!(why(&tokens, &token).await, expected);
    }
}

#[tokio::test]
async fn the_header_of_a_token_chooses_neither_key_nor_algorithm() {
    let (key, other) = (Signing::new("a"), Signing::new("a"));
    let issuer = FakeIssuer::start(&[&key]).await;
    let (tokens, claims) = (issuer.trusted(), issuer.claims());
    let forged = "has an invalid signature";
    assert_eq!(why(&tokens, &other.sign(&claims)).await, forged);
    for (header, expected) in [
        (json!({"alg": "none", "kid": "a"}), "is malformed"),
        (json!({"alg": "HS256", "kid": "a"}), "is not signed with the algorithm of its key"),
        (json!({"alg": "RS256", "kid": "a"}), "is not signed with the algorithm of its key"),
        (json!({"alg": "ES256"}), "names no key"),
        (json!({"alg": "ES256", "kid": "b"}), "is signed by an unknown key"),
        (json!({"alg": "ES256", "kid": "a", "typ": "logout+jwt"}), "is not an access token"),
    ] {
        assert_eq!(why(&tokens, &key.sign_as(&header, &claims)).await, expected, "{header}");
    }
    let mut parts: Vec<_> = key.sign(&claims).split('.').map(str::to_owned).collect();
    parts[1] = text(claims.to_string().replace("orders", "orders.admin"));
    assert_eq!(why(&tokens, &parts.join(".")).await, forged);
}

/// A public key as a PEM file: `head` is its
/// [structure](https://www.rfc-editor.org/rfc/rfc5280#section-4.1) as far as the key itself.
fn pem(head: &[u8], key: &[u8], tail: &[u8]) -> String {
    let body = STANDARD.encode([head, key, tail].concat());
    let lines: Vec<_> = body.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

#[tokio::test]
async fn a_token_signed_with_a_public_key_as_the_secret_is_refused() {
    const EC_HEAD: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\
        \x48\xce\x3d\x03\x01\x07\x03\x42\x00";
    const RSA_HEAD: &[u8] = b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\
        \x05\x00\x03\x82\x01\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01\x00";
    let (key, modulus) = (Signing::new("ec"), [0xC5; 256]);
    let issuer = FakeIssuer::start(&[&key]).await;
    let rsa = json!({"kty": "RSA", "use": "sig", "kid": "rsa", "n": text(modulus), "e": "AQAB"});
    issuer.keys.lock().unwrap().push(rsa.clone());
    let (tokens, claims) = (issuer.trusted(), issuer.claims());
    let point = key.pair.public_key().as_ref();
    for (kid, secret) in [
        ("ec", point.to_vec()),
        ("ec", point[1..33].to_vec()),
        ("ec", key.jwk().to_string().into_bytes()),
        ("ec", pem(EC_HEAD, point, &[]).into_bytes()),
        ("rsa", modulus.to_vec()),
        ("rsa", text(modulus).into_bytes()),
        ("rsa", rsa.to_string().into_bytes()),
        ("rsa", pem(RSA_HEAD, &modulus, b"\x02\x03\x01\x00\x01").into_bytes()),
    ] {
        for algorithm in ["HS256", "ES256", "RS256"] {
            let message = message(&json!({"alg": algorithm, "kid": kid}), &claims);
            let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
            let forged = hmac::sign(&secret, message.as_bytes());
            let refused = why(&tokens, &format!("{message}.{}", text(forged))).await;
            let expected = match (algorithm, kid) {
                ("ES256", "ec") | ("RS256", "rsa") => "has an invalid signature",
                _ => "is not signed with the algorithm of its key",
            };
            assert_eq!(refused, expected, "{algorithm} {kid}");
        }
    }
}

#[tokio::test]
async fn a_rotated_key_is_found_and_a_removed_one_is_forgotten() {
    let (old, new) = (Signing::new("old"), Signing::new("new"));
    let issuer = FakeIssuer::start(&[&old]).await;
    let (tokens, claims) = (issuer.trusted(), issuer.claims());
    assert!(tokens.caller(&old.sign(&claims)).await.is_ok());
    issuer.publish(&[&new]);
    later(Duration::from_secs(61)).await;
    assert!(tokens.caller(&new.sign(&claims)).await.is_ok());
    assert_eq!(why(&tokens, &old.sign(&claims)).await, "is signed by an unknown key");
    assert_eq!(issuer.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_thousand_unknown_keys_at_once_cause_one_fetch() {
    let key = Signing::new("a");
    let issuer = FakeIssuer::start(&[&key]).await;
    let (tokens, claims) = (issuer.trusted(), issuer.claims());
    let unknown = (0..1_000).map(|kid| {
        let token = key.sign_as(&json!({"alg": "ES256", "kid": kid.to_string()}), &claims);
        let tokens = tokens.clone();
        async move { tokens.caller(&token).await.is_err() }
    });
    assert!(join_all(unknown).await.into_iter().all(|refused| refused));
    assert!(tokens.caller(&key.sign(&claims)).await.is_ok());
    assert_eq!(issuer.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn while_the_issuer_is_down_its_keys_are_used_for_a_day() {
    let key = Signing::new("a");
    let issuer = FakeIssuer::start(&[&key]).await;
    let mut claims = issuer.claims();
    claims["exp"] = json!(get_current_timestamp() + 1_000_000);
    let (tokens, token) = (issuer.trusted(), key.sign(&claims));
    issuer.down.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        assert!(matches!(tokens.caller(&token).await, Err(TokenError::Failed(_))));
    }
    assert_eq!(issuer.asked.load(Ordering::Relaxed), 1);
    issuer.down.store(false, Ordering::Relaxed);
    later(Duration::from_secs(3)).await;
    assert!(tokens.caller(&token).await.is_ok());
    issuer.down.store(true, Ordering::Relaxed);
    later(Duration::from_hours(23)).await;
    assert!(tokens.caller(&token).await.is_ok());
    later(Duration::from_hours(2)).await;
    assert!(matches!(tokens.caller(&token).await, Err(TokenError::Failed(_))));
}
