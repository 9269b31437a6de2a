//! Invalid requests.

use super::harness::trials;
use reqwest::Method;
use serde_json::{Value, json};
use tests::system::shop::{ApiResponse, Shop};

trials![
    each_bad_request_is_a_problem_and_changes_nothing,
    unknown_ids_are_not_found,
    only_a_sidecar_may_call_a_function,
];

/// A description, the change to a valid body, and the field that the problem names.
type Case = (&'static str, fn(&mut Value), &'static str);

const ORDERS: [Case; 21] = [
    ("missing field", |body| remove(body, "email"), "email"),
    ("unknown field", |body| body["discount"] = json!(5), "discount"),
    ("wrong type", |body| body["email"] = json!(7), "email"),
    ("malformed email address", |body| body["email"] = json!("ann"), "email"),
    ("malformed id", |body| body["customer_id"] = json!("Ann Smith"), "customer_id"),
    ("id too long", |body| body["customer_id"] = json!("a".repeat(65)), "customer_id"),
    ("no items", |body| body["items"] = json!([]), "items"),
    ("1,000 items", |body| body["items"] = items(1_000), "items"),
    (
        "duplicate product",
        |body| body["items"] = json!([body["items"][0], body["items"][0]]),
        "items",
    ),
    ("mixed currencies", |body| body["items"] = mixed(), "items"),
    ("no quantity", |body| body["items"][0]["quantity"] = json!(0), "items[0].quantity"),
    ("negative quantity", |body| body["items"][0]["quantity"] = json!(-1), "items[0].quantity"),
    (
        "huge quantity",
        |body| body["items"][0]["quantity"] = json!(1_000_000_000),
        "items[0].quantity",
    ),
    ("half a piece", |body| body["items"][0]["quantity"] = json!(1.5), "items[0].quantity"),
    (
        "price as a float",
        |body| body["items"][0]["unit_price"] = json!(19.99),
        "items[0].unit_price",
    ),
    (
        "negative price",
        |body| body["items"][0]["unit_price"] = euro(-1),
        "items[0].unit_price.amount",
    ),
    (
        "unsupported currency",
        |body| body["items"][0]["unit_price"] = json!({"amount": 1, "currency": "XXX"}),
        "items[0].unit_price.currency",
    ),
    ("card number", |body| body["payment_method"] = json!("4242 4242"), "payment_method"),
    ("no address", |body| body["ship_to"] = json!(null), "ship_to"),
    (
        "line break in a name",
        |body| body["ship_to"]["name"] = json!("Ann\r\nBcc: x"),
        "ship_to.name",
    ),
    ("malformed country", |body| body["ship_to"]["country"] = json!("Germany"), "ship_to.country"),
];

const OFFERS: [Case; 7] = [
    ("missing field", |body| remove(body, "name"), "name"),
    ("unknown field", |body| body["colour"] = json!("red"), "colour"),
    ("wrong type", |body| body["on_hand"] = json!("5"), "on_hand"),
    ("negative stock", |body| body["on_hand"] = json!(-5), "on_hand"),
    ("huge stock", |body| body["on_hand"] = json!(10_000_000_000_i64), "on_hand"),
    (
        "unsupported currency",
        |body| body["unit_price"]["currency"] = json!("BGN"),
        "unit_price.currency",
    ),
    (
        "malformed currency",
        |body| body["unit_price"]["currency"] = json!("euro"),
        "unit_price.currency",
    ),
];

const RESERVATIONS: [Case; 5] = [
    ("missing field", |body| remove(body, "order_id"), "order_id"),
    ("unknown field", |body| body["until"] = json!(5), "until"),
    ("wrong type", |body| body["quantity"] = json!("1"), "quantity"),
    ("negative quantity", |body| body["quantity"] = json!(-1), "quantity"),
    ("malformed id", |body| body["order_id"] = json!("A/B"), "order_id"),
];

const RELEASES: [Case; 3] = [
    ("missing field", |body| remove(body, "order_id"), "order_id"),
    ("unknown field", |body| body["quantity"] = json!(5), "quantity"),
    ("wrong type", |body| body["order_id"] = json!(5), "order_id"),
];

const PAYMENTS: [Case; 6] = [
    ("missing field", |body| remove(body, "amount"), "amount"),
    ("unknown field", |body| body["card"] = json!("4242"), "card"),
    ("wrong type", |body| body["amount"] = json!(7), "amount"),
    ("unsupported currency", |body| body["amount"]["currency"] = json!("ZZZ"), "amount.currency"),
    ("negative amount", |body| body["amount"] = euro(-7), "amount.amount"),
    ("huge amount", |body| body["amount"] = euro(100_000_000), "amount.amount"),
];

fn remove(body: &mut Value, field: &str) {
    body.as_object_mut().expect("the body is an object").remove(field);
}

fn euro(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

fn items(count: usize) -> Value {
    (0..count).map(|number| json!({"product_id": number.to_string(), "quantity": 1})).collect()
}

fn mixed() -> Value {
    let item = |product: &str, currency: &str| json!({"product_id": product, "quantity": 1, "unit_price": {"amount": 1, "currency": currency}});
    json!([item("a", "EUR"), item("b", "USD")])
}

fn assert_problem(case: &str, answer: &ApiResponse, status: u16, kind: &str) {
    assert_eq!((answer.status, answer.problem()), (status, Some(kind)), "{case}: {answer:?}");
    let has_text = |member: &str| answer.body[member].as_str().is_some_and(|text| !text.is_empty());
    assert!(
        has_text("title") && has_text("detail") && answer.body["status"] == status,
        "{case}: {answer:?}"
    );
    assert!(answer.text("type").ends_with(&format!("#{kind}")), "{case}: {answer:?}");
    // The trace id is that of its log lines.
    assert_eq!(Some(answer.text("instance")), answer.trace, "{case}: {answer:?}");
}

async fn each_bad_request_is_a_problem_and_changes_nothing(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let product = format!("/api/inventory/{lamp}");
    let (reserve, release) = (format!("{product}/reserve"), format!("{product}/release"));
    let offer = json!({"name": "Lamp", "unit_price": euro(5), "on_hand": 3});
    let reservation = json!({"order_id": "a", "quantity": 1});
    let charge =
        json!({"order_id": shop.id("bad"), "amount": euro(7), "payment_method": "pm_card_visa"});
    let before = shop.ledger().await["payments"].clone();

    let order = shop.order(&[(&lamp, 1)]);
    for (method, path, body, cases) in [
        (Method::POST, "/api/orders", order, &ORDERS[..]),
        (Method::PUT, &product, offer, &OFFERS[..]),
        (Method::POST, &reserve, reservation, &RESERVATIONS[..]),
        (Method::POST, &release, json!({"order_id": "a"}), &RELEASES[..]),
        (Method::POST, "/api/payments", charge, &PAYMENTS[..]),
    ] {
        for (case, change, field) in cases {
            let mut bad = body.clone();
            change(&mut bad);
            let answer = shop.send(shop.request(method.clone(), path).json(&bad)).await;
            assert_problem(&format!("{path}: {case}"), &answer, 422, "invalid-request");
            assert_eq!(answer.body["field"], *field, "{path}: {case}: {answer:?}");
        }
        assert_other_bodies_are_rejected(shop, &method, path, &body).await;
    }
    let mut many = shop.order(&[]);
    many["items"] = items(10_000);
    assert_problem("10,000 items", &shop.post("/api/orders", &many).await, 413, "body-too-large");
    assert_eq!(shop.ledger().await["payments"], before);
    assert_eq!(shop.get(&product).await.body["name"], "lamp");
    assert_eq!(shop.stock(&lamp).await, (5, 0));
}

/// Asserts that a body other than a JSON object of limited size is rejected.
async fn assert_other_bodies_are_rejected(shop: &Shop, method: &Method, path: &str, body: &Value) {
    let json = "application/json";
    let array: Value =
        body.as_object().into_iter().flatten().map(|(_, field)| field.clone()).collect();
    let long = format!("\"{}\"", "x".repeat(300 * 1024));
    for (kind, text, status, code) in [
        (json, "{nonsense}".to_owned(), 400, "malformed-json"),
        (json, long, 413, "body-too-large"),
        ("text/plain", body.to_string(), 415, "unsupported-media-type"),
        (json, array.to_string(), 422, "invalid-request"),
    ] {
        let request = shop.request(method.clone(), path).header("content-type", kind);
        let answer = shop.send(request.body(text)).await;
        assert_problem(path, &answer, status, code);
        assert!(status != 422 || answer.body["field"] == "body", "{answer:?}");
    }
}

async fn unknown_ids_are_not_found(shop: &Shop) {
    let unknown = shop.id("unknown");
    for (path, kind) in [
        (format!("/api/orders/{unknown}"), "unknown-order"),
        (format!("/api/orders/{unknown}/status"), "unknown-order"),
        (format!("/api/inventory/{unknown}"), "unknown-product"),
        ("/api/nothing".to_owned(), "unknown-route"),
    ] {
        assert_problem(&path, &shop.get(&path).await, 404, kind);
    }
    let body = json!({"order_id": unknown, "quantity": 1});
    let answer = shop.post(&format!("/api/inventory/{unknown}/reserve"), &body).await;
    assert_problem("reserve", &answer, 404, "unknown-product");
    let answer = shop
        .post(&format!("/api/inventory/{unknown}/release"), &json!({"order_id": unknown}))
        .await;
    assert_problem("release", &answer, 404, "unknown-product");
    let answer = shop.post(&format!("/api/payments/{unknown}/refund"), &json!({})).await;
    assert_problem("refund", &answer, 404, "unknown-payment");
    for path in ["/api/orders/NO_ID", "/api/orders/a%2F..%2Fb/status", "/api/inventory/a%20b"] {
        assert_problem(path, &shop.get(path).await, 422, "invalid-request");
    }
    let query = shop.get(&format!("/api/orders/{unknown}?verbose=1")).await;
    assert_problem("a query", &query, 422, "invalid-request");
    assert_eq!(query.body["field"], "verbose");
    let page = shop.request(Method::GET, &format!("/api/orders/{unknown}"));
    let answer = shop.send(page.header("accept", "text/html")).await;
    assert_problem("Accept", &answer, 406, "not-acceptable");
    let unsupported = shop.send(shop.request(Method::DELETE, "/api/orders")).await;
    assert_problem("DELETE", &unsupported, 405, "method-not-allowed");
    let key = shop.request(Method::POST, "/api/orders").header("Idempotency-Key", "a b");
    let answer = shop.send(key.json(&shop.order(&[("lamp", 1)]))).await;
    assert_problem("Idempotency-Key", &answer, 422, "invalid-request");
}

async fn only_a_sidecar_may_call_a_function(shop: &Shop) {
    for function in shop.cluster.functions() {
        let answer = shop
            .send(shop.http.get(format!("{}/api/orders/a", shop.cluster.url(&function.name))))
            .await;
        if function.name == "gateway" {
            assert_problem(&function.name, &answer, 401, "no-token");
        } else {
            assert_problem(&function.name, &answer, 403, "not-from-sidecar");
        }
    }
}
