//! Who calls: what the way from a token to a function's answer holds, and what it gives away.

use super::harness::trials;
use futures::stream::{self, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::{ApiResponse, Shop};
use tests::system::wait::until;

trials![
    who_shows_no_good_token_is_challenged_and_told_nothing_else,
    an_order_is_seen_by_its_customer_and_staff_alone,
    nobody_but_the_gateway_says_who_calls,
    keys_are_turned_and_revoked_while_the_shop_serves,
];

/// How soon the gateway takes a fresh key: it asks for keys once a minute at most.
const TURNS_WITHIN: Duration = Duration::from_secs(75);

/// What the issuer answers to a post.
async fn issuer(shop: &Shop, path: &str, body: &Value) -> String {
    let url = format!("{}{path}", shop.cluster.issuer_url().expect("callers show tokens"));
    let answer = shop.http.post(url).json(body).send().await.expect("the issuer answers");
    answer.error_for_status().expect("it does as asked").text().await.expect("it is text")
}

/// A token of ann's with these members of its own.
async fn signed(shop: &Shop, header: Value, mut claims: Value) -> String {
    claims["sub"] = json!(shop.id("ann"));
    issuer(shop, "/control/sign", &json!({"header": header, "claims": claims})).await
}

/// How often the issuer was asked for its keys.
fn asked(shop: &Shop) -> usize {
    shop.cluster.issuer().log().matches("Publishing the keys").count()
}

/// An order of ann's, as she sees it, and its path.
async fn ordered(shop: &Shop) -> (Shop, String) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let ann = shop.seen_by("ann").await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order.as_object_mut().expect("an order is an object").remove("customer_id");
    let id = ann.place(&order).await;
    (ann, format!("/api/orders/{id}"))
}

async fn who_shows_no_good_token_is_challenged_and_told_nothing_else(shop: &Shop) {
    let (ann, path) = ordered(shop).await;
    let none = json!({});
    let mut shown = String::new();
    for (header, claims, why) in [
        (json!({"alg": "none"}), &none, "is malformed"),
        (json!({"alg": "HS256"}), &none, "is signed by another algorithm than its key's"),
        (json!({"kid": "unknown"}), &none, "is signed by an unknown key"),
        (none.clone(), &json!({"exp": 1}), "has expired"),
        (none.clone(), &json!({"nbf": 4_000_000_000_u32}), "is not valid yet"),
        (none.clone(), &json!({"aud": "others"}), "is for another audience"),
        (
            none.clone(),
            &json!({"iss": "https://evil.example"}),
            "is of an issuer that is not trusted here",
        ),
        (none.clone(), &json!({"scope": null}), "is no access token: it has no scopes"),
    ] {
        shown = signed(shop, header, claims.clone()).await;
        let answer = shop.shown(&shown).get(&path).await;
        assert_told(&answer, 401, "invalid-token", &format!("the token {why}"));
        let error = format!(r#"Bearer error="invalid_token", error_description="the token {why}""#);
        assert_eq!(answer.challenge, Some(error));
    }
    assert_told(
        &shop.shown("nonsense").get(&path).await,
        401,
        "invalid-token",
        "the token is malformed",
    );
    let url = format!("{}{path}", shop.cluster.gateway_url());
    let answer = shop.send(shop.http.get(url)).await;
    assert_told(&answer, 401, "no-token", "send a bearer token in the header Authorization");
    assert_eq!(answer.challenge.as_deref(), Some("Bearer"));
    let answer = ann.post("/api/payments", &json!({})).await;
    assert_told(&answer, 403, "missing-scope", "the token must have the scope payments.admin");
    let error = r#"Bearer error="insufficient_scope", scope="payments.admin""#;
    assert_eq!(answer.challenge.as_deref(), Some(error));
    for secret in [&shown, &ann.token] {
        let seal = secret.rsplit('.').next().expect("a token is sealed");
        let tells = shop
            .cluster
            .functions()
            .iter()
            .find(|it| shop.cluster.function(&it.name).log().contains(seal));
        assert!(tells.is_none(), "{tells:?} writes tokens into its log");
    }
}

/// An answer is this problem, and has nothing else in it.
fn assert_told(answer: &ApiResponse, status: u16, code: &str, detail: &str) {
    assert_eq!((answer.status, answer.problem()), (status, Some(code)), "{answer:?}");
    assert_eq!(answer.body["detail"], detail);
    let members: Vec<_> =
        answer.body.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    let known = ["code", "detail", "instance", "status", "title", "type"];
    assert!(members.iter().all(|name| known.contains(&name.as_str())), "{answer:?}");
}

async fn an_order_is_seen_by_its_customer_and_staff_alone(shop: &Shop) {
    let (ann, path) = ordered(shop).await;
    let eve = shop.seen_by("eve").await;
    for path in [path.clone(), format!("{path}/status")] {
        assert_eq!((ann.get(&path).await.status, shop.get(&path).await.status), (200, 200));
        let (hers, none) =
            (eve.get(&path).await, eve.get(&path.replace("/api/orders/", "/api/orders/0")).await);
        for answer in [&hers, &none] {
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
        "a key is its customer's: {orders:?}"
    );
}

async fn nobody_but_the_gateway_says_who_calls(shop: &Shop) {
    let (_, path) = ordered(shop).await;
    let eve = shop.seen_by("eve").await;
    let spoofed = "staff orders.admin";
    let from_outside = eve.request(Method::GET, &path).header("shop-caller", spoofed);
    let answer = shop.send(from_outside).await;
    assert_eq!((answer.status, answer.problem()), (404, Some("unknown-order")), "{answer:?}");
    for function in ["get-order", "order-status"] {
        let url = format!("{}{path}", shop.cluster.url(function));
        let from_beside =
            shop.http.get(url).header("shop-caller", spoofed).bearer_auth(&shop.token);
        let answer = shop.send(from_beside).await;
        assert_eq!(
            (answer.status, answer.problem()),
            (403, Some("not-from-sidecar")),
            "{answer:?}"
        );
    }
}

async fn keys_are_turned_and_revoked_while_the_shop_serves(shop: &Shop) {
    let (old, path) = ordered(shop).await;
    let path = path.as_str();
    for _ in 0..2 {
        issuer(shop, "/control/rotate", &Value::Null).await;
    }
    let new = shop.seen_by("ann").await;
    until("a fresh key is taken", TURNS_WITHIN, async || {
        let answer = new.get(path).await;
        assert!([200, 401].contains(&answer.status), "{answer:?}");
        (answer.status == 200).then_some(())
    })
    .await;
    let revoked = old.get(path).await;
    assert_told(&revoked, 401, "invalid-token", "the token is signed by an unknown key");

    let before = asked(shop);
    let unknown = stream::iter(0..1_000).map(async |kid| {
        let token = signed(shop, json!({"kid": format!("unknown-{kid}")}), json!({})).await;
        shop.shown(&token).get(path).await.status
    });
    let refused = unknown.buffer_unordered(50).all(async |status| status == 401).await;
    assert!(refused && asked(shop) <= before + 1, "{} questions", asked(shop) - before);
    while_the_issuer_is_down(shop, &new, path).await;
}

/// Known keys are taken, and a gateway that knows none says that it cannot tell.
async fn while_the_issuer_is_down(shop: &Shop, ann: &Shop, path: &str) {
    let gateway = shop.cluster.function("gateway");
    shop.cluster.issuer().kill().await;
    assert_eq!(ann.get(path).await.status, 200);
    gateway.stop(Duration::from_secs(5)).await;
    gateway.start().await.expect("the gateway starts without its issuer");
    gateway.ready(Duration::from_secs(30)).await.expect("and is ready");
    let unavailable = ann.get(path).await;
    assert_told(&unavailable, 503, "dependency-unavailable", "nothing is lost; please try again");
    shop.cluster.issuer().start().await.expect("the issuer starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    let ann = shop.seen_by("ann").await;
    until("the issuer is believed again", Duration::from_secs(20), async || {
        (ann.get(path).await.status == 200).then_some(())
    })
    .await;
}
