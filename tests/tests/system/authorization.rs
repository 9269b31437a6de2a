//! Authentication and authorization of callers, from the token to a function's answer.

use super::harness::trials;
use futures::stream::{self, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::{ApiResponse, Shop};
use tests::system::wait::until;

trials![
    a_caller_without_a_valid_token_is_challenged_and_learns_nothing_else,
    an_order_is_visible_only_to_its_customer_and_staff,
    only_the_gateway_identifies_the_caller,
    signing_keys_are_rotated_and_revoked_without_downtime,
];

/// The time within which the gateway accepts a new key: it requests the keys at most once a minute.
const ROTATES_WITHIN: Duration = Duration::from_secs(75);

/// The issuer's answer to a POST request.
async fn issuer(shop: &Shop, path: &str, body: &Value) -> String {
    let url = format!("{}{path}", shop.cluster.issuer_url().expect("the cluster has an issuer"));
    let answer = shop.http.post(url).json(body).send().await.expect("the issuer answers");
    answer
        .error_for_status()
        .expect("the issuer accepts the request")
        .text()
        .await
        .expect("it is text")
}

/// A token of the customer `ann` with these fields of the header and claims.
async fn signed(shop: &Shop, header: Value, mut claims: Value) -> String {
    claims["sub"] = json!(shop.id("ann"));
    issuer(shop, "/control/sign", &json!({"header": header, "claims": claims})).await
}

/// The number of requests for the issuer's keys.
fn key_requests(shop: &Shop) -> usize {
    shop.cluster.issuer().log().matches("Publishing the keys").count()
}

/// The shop for the customer `ann`, and the path of an order of hers.
async fn ordered(shop: &Shop) -> (Shop, String) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let ann = shop.as_customer("ann").await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order.as_object_mut().expect("an order is an object").remove("customer_id");
    let id = ann.place(&order).await;
    (ann, format!("/api/orders/{id}"))
}

async fn a_caller_without_a_valid_token_is_challenged_and_learns_nothing_else(shop: &Shop) {
    let (ann, path) = ordered(shop).await;
    let none = json!({});
    let mut token = String::new();
    for (header, claims, why) in [
        (json!({"alg": "none"}), &none, "is malformed"),
        // With the public key as the secret.
        (json!({"alg": "HS256"}), &none, "is not signed with the algorithm of its key"),
        (json!({"kid": "unknown"}), &none, "is signed by an unknown key"),
        (none.clone(), &json!({"exp": 1}), "has expired"),
        (none.clone(), &json!({"nbf": 4_000_000_000_u32}), "is not valid yet"),
        (none.clone(), &json!({"aud": "others"}), "is for another audience"),
        (
            none.clone(),
            &json!({"iss": "https://evil.example"}),
            "is from an issuer that is not trusted here",
        ),
        (none.clone(), &json!({"scope": null}), "is not an access token: it has no scopes"),
    ] {
        token = signed(shop, header, claims.clone()).await;
        let answer = shop.with_token(&token).get(&path).await;
        assert_problem(&answer, 401, "invalid-token", &format!("the token {why}"));
        let error = format!(r#"Bearer error="invalid_token", error_description="the token {why}""#);
        assert_eq!(answer.challenge, Some(error));
    }
    assert_problem(
        &shop.with_token("nonsense").get(&path).await,
        401,
        "invalid-token",
        "the token is malformed",
    );
    let url = format!("{}{path}", shop.cluster.gateway_url());
    let answer = shop.send(shop.http.get(url)).await;
    assert_problem(&answer, 401, "no-token", "send a bearer token in the header Authorization");
    assert_eq!(answer.challenge.as_deref(), Some("Bearer"));
    let answer = ann.post("/api/payments", &json!({})).await;
    assert_problem(&answer, 403, "missing-scope", "the token must have the scope payments.admin");
    let error = r#"Bearer error="insufficient_scope", scope="payments.admin""#;
    assert_eq!(answer.challenge.as_deref(), Some(error));
    for secret in [&token, &ann.token] {
        let signature = secret.rsplit('.').next().expect("a token has a signature");
        let leaking = shop
            .cluster
            .functions()
            .iter()
            .find(|it| shop.cluster.function(&it.name).log().contains(signature));
        assert!(leaking.is_none(), "{leaking:?} writes tokens into its log");
    }
}

/// Asserts that an answer is this problem, without additional members.
fn assert_problem(answer: &ApiResponse, status: u16, code: &str, detail: &str) {
    assert_eq!((answer.status, answer.problem()), (status, Some(code)), "{answer:?}");
    assert_eq!(answer.body["detail"], detail);
    let members: Vec<_> =
        answer.body.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    let known = ["code", "detail", "instance", "status", "title", "type"];
    assert!(members.iter().all(|name| known.contains(&name.as_str())), "{answer:?}");
}

async fn an_order_is_visible_only_to_its_customer_and_staff(shop: &Shop) {
    let (ann, path) = ordered(shop).await;
    let eve = shop.as_customer("eve").await;
    for path in [path.clone(), format!("{path}/status")] {
        assert_eq!((ann.get(&path).await.status, shop.get(&path).await.status), (200, 200));
        let (existing, missing) =
            (eve.get(&path).await, eve.get(&path.replace("/api/orders/", "/api/orders/0")).await);
        for answer in [&existing, &missing] {
            assert_eq!(
                (answer.status, answer.problem()),
                (404, Some("unknown-order")),
                "{answer:?}"
            );
        }
    }
    let events = eve.get(&format!("{path}/events")).await;
    assert_eq!((events.status, events.problem()), (404, Some("unknown-order")), "{events:?}");
    let cancelled = eve.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!((cancelled.status, cancelled.problem()), (404, Some("unknown-order")));
    let lamp = shop.id("lamp");
    let mut order = shop.order(&[(&lamp, 1)]);
    let answer = eve.post("/api/orders", &order).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("customer_id")), "{answer:?}");
    order.as_object_mut().expect("an order is an object").remove("customer_id");
    let mut orders = Vec::new();
    for caller in [&ann, &eve, &ann] {
        let request = caller.request(Method::POST, "/api/orders").header("idempotency-key", "one");
        let answer = caller.send(request.json(&order)).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        orders.push(caller.accepted(&answer));
    }
    assert!(
        orders[0] == orders[2] && orders[0] != orders[1],
        "an idempotency key belongs to its customer: {orders:?}"
    );
}

async fn only_the_gateway_identifies_the_caller(shop: &Shop) {
    let (_, path) = ordered(shop).await;
    let eve = shop.as_customer("eve").await;
    let forged = "staff orders.admin";
    let from_outside = eve.request(Method::GET, &path).header("shop-caller", forged);
    let answer = shop.send(from_outside).await;
    assert_eq!((answer.status, answer.problem()), (404, Some("unknown-order")), "{answer:?}");
    for function in ["get-order", "order-status"] {
        let url = format!("{}{path}", shop.cluster.url(function));
        let bypassing = shop.http.get(url).header("shop-caller", forged).bearer_auth(&shop.token);
        let answer = shop.send(bypassing).await;
        assert_eq!(
            (answer.status, answer.problem()),
            (403, Some("not-from-sidecar")),
            "{answer:?}"
        );
    }
}

async fn signing_keys_are_rotated_and_revoked_without_downtime(shop: &Shop) {
    let (old, path) = ordered(shop).await;
    let path = path.as_str();
    for _ in 0..2 {
        issuer(shop, "/control/rotate", &Value::Null).await;
    }
    let new = shop.as_customer("ann").await;
    until("the new key is accepted", ROTATES_WITHIN, async || {
        let answer = new.get(path).await;
        assert!([200, 401].contains(&answer.status), "{answer:?}");
        (answer.status == 200).then_some(())
    })
    .await;
    let revoked = old.get(path).await;
    assert_problem(&revoked, 401, "invalid-token", "the token is signed by an unknown key");

    let before = key_requests(shop);
    let unknown = stream::iter(0..1_000).map(async |kid| {
        let token = signed(shop, json!({"kid": format!("unknown-{kid}")}), json!({})).await;
        shop.with_token(&token).get(path).await.status
    });
    let refused = unknown.buffer_unordered(50).all(async |status| status == 401).await;
    assert!(
        refused && key_requests(shop) <= before + 1,
        "{} requests for keys",
        key_requests(shop) - before
    );
    while_the_issuer_is_down(shop, &new, path).await;
}

/// A gateway accepts tokens that are signed with known keys, and answers 503 if it knows none.
async fn while_the_issuer_is_down(shop: &Shop, ann: &Shop, path: &str) {
    let gateway = shop.cluster.function("gateway");
    shop.cluster.issuer().kill().await;
    assert_eq!(ann.get(path).await.status, 200);
    gateway.stop(Duration::from_secs(5)).await;
    gateway.start().await.expect("the gateway starts without its issuer");
    gateway.ready(Duration::from_secs(30)).await.expect("the gateway is ready");
    let unavailable = ann.get(path).await;
    assert_problem(
        &unavailable,
        503,
        "dependency-unavailable",
        "no data was lost; please try again",
    );
    shop.cluster.issuer().start().await.expect("the issuer starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    let ann = shop.as_customer("ann").await;
    until("the gateway accepts tokens again", Duration::from_secs(20), async || {
        (ann.get(path).await.status == 200).then_some(())
    })
    .await;
}
