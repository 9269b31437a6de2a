//! One trace per order, and metrics that match the orders.

use super::harness::trials;
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tests::system::shop::{ApiResponse, Shop};
use tests::system::wait::until;
use tokio::time::Instant;

trials![
    a_completed_order_is_one_trace_from_the_request_to_the_mails,
    the_undos_of_a_declined_order_are_in_its_trace,
    each_attempt_of_a_step_is_a_span_with_its_number,
    an_event_delivered_again_is_a_second_span_of_the_same_trace,
    an_order_that_survives_a_kill_is_one_trace_without_duplicate_steps,
    the_metrics_of_30_orders_match_their_outcomes,
    a_collector_that_hangs_fails_or_is_down_affects_no_order,
];

/// The time within which spans and metrics arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

fn url(shop: &Shop, path: &str) -> String {
    format!("{}{path}", shop.cluster.traces_url().expect("the cluster is traced"))
}

async fn read(shop: &Shop, path: &str) -> Option<Value> {
    shop.http.get(url(shop, path)).send().await.ok()?.json().await.ok()
}

/// The spans of a trace, once `complete` accepts them.
async fn spans(
    shop: &Shop,
    trace: &str,
    what: &str,
    complete: impl Fn(&[Value]) -> bool,
) -> Vec<Value> {
    until(what, ARRIVES_WITHIN, async || {
        let found = read(shop, &format!("/api/traces/{trace}")).await?;
        let spans = found["spans"].as_array()?.clone();
        complete(&spans).then_some(spans)
    })
    .await
}

async fn place(shop: &Shop, order: &Value) -> (String, String) {
    let answer: ApiResponse = shop.post("/api/orders", order).await;
    let trace = answer.trace.clone().expect("an answer names its trace");
    (shop.accepted(&answer), trace)
}

fn text<'a>(span: &'a Value, field: &str) -> &'a str {
    span[field].as_str().unwrap_or_default()
}

fn steps(spans: &[Value]) -> Vec<&str> {
    let steps = spans.iter().filter(|span| text(span, "service") == "order-saga");
    steps.filter_map(|span| span["attributes"]["saga.step"].as_str()).collect()
}

fn served(spans: &[Value], service: &str) -> bool {
    spans.iter().any(|span| text(span, "service") == service && text(span, "kind") == "server")
}

/// The spans whose parent is not in the trace.
fn roots(spans: &[Value]) -> Vec<(&str, &str)> {
    let ids: BTreeSet<_> = spans.iter().map(|span| text(span, "span_id")).collect();
    let roots = spans.iter().filter(|span| !ids.contains(text(span, "parent_span_id")));
    roots.map(|span| (text(span, "service"), text(span, "name"))).collect()
}

async fn a_completed_order_is_one_trace_from_the_request_to_the_mails(shop: &Shop) {
    const SERVICES: [&str; 9] = [
        "gateway",
        "create-order",
        "order-saga",
        "stock",
        "process-payment",
        "ship-order",
        "notify-order",
        "notify-payment",
        "send-email",
    ];
    let lamp = shop.sell("lamp", 1_999, 5).await;
    let (order, trace) = place(shop, &shop.order(&[(&lamp, 1)])).await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
    let mails =
        |spans: &[Value]| spans.iter().filter(|span| text(span, "name") == "send a mail").count();
    let complete = |spans: &[Value]| {
        SERVICES.iter().all(|service| served(spans, service))
            && steps(spans).len() == 5
            && mails(spans) == 4
            && roots(spans) == [("gateway", "POST /api/orders")]
    };
    let spans = spans(shop, &trace, "the trace is complete", complete).await;
    assert_eq!(steps(&spans), ["create", "reserve", "pay", "ship", "complete"]);
    // One span of the engine and one of the host, however often the workflow was replayed.
    let workflows = spans.iter().filter(|span| text(span, "name") == "orchestration||order-saga");
    assert_eq!(workflows.count(), 2, "replays have no spans");
    let provider = spans
        .iter()
        .find(|span| text(span, "name") == "POST /v1/payment_intents")
        .expect("the provider is called");
    assert_eq!(provider["attributes"]["http.response.status_code"], 200);
    let found =
        read(shop, &format!("/api/traces?order_id={order}")).await.expect("traces are listed");
    assert_eq!(
        found.as_array().map(|found| found.iter().map(|found| found["trace_id"].clone()).collect()),
        Some(vec![json!(trace)])
    );
}

async fn the_undos_of_a_declined_order_are_in_its_trace(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 5).await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order["payment_method"] = json!("pm_card_chargeDeclined");
    let (order, trace) = place(shop, &order).await;
    shop.ended(&order).await;
    let all = ["create", "reserve", "pay", "refund-payment", "release-stock", "close"];
    let spans =
        spans(shop, &trace, "every step is in the trace", |spans| steps(spans).len() == all.len())
            .await;
    let mut traced = steps(&spans);
    // The undos run concurrently.
    traced[3..5].sort_unstable();
    assert_eq!(traced, all);
    let undo = spans
        .iter()
        .find(|span| span["attributes"]["saga.step"] == "release-stock")
        .expect("there is an undo");
    assert_eq!(undo["attributes"]["saga.compensation"], true);
    let refused = spans
        .iter()
        .find(|span| span["attributes"]["saga.step"] == "pay")
        .expect("there is a payment step");
    assert_eq!(refused["attributes"]["saga.refusal"], "payment-declined");
}

async fn each_attempt_of_a_step_is_a_span_with_its_number(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 5).await;
    shop.payment_faults(&json!({"fault": "fail-before", "next": 2})).await;
    let (order, trace) = place(shop, &shop.order(&[(&lamp, 1)])).await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
    let is_pay = |span: &&Value| span["attributes"]["saga.step"] == "pay";
    let spans = spans(shop, &trace, "each attempt is a span", |spans| {
        spans.iter().filter(is_pay).count() == 3
    })
    .await;
    let attempts: Vec<_> = spans
        .iter()
        .filter(is_pay)
        .map(|span| (span["attributes"]["attempt"].clone(), text(span, "status")))
        .collect();
    assert_eq!(attempts, [(json!(1), "error"), (json!(2), "error"), (json!(3), "unset")]);
}

async fn an_event_delivered_again_is_a_second_span_of_the_same_trace(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 5).await;
    let (order, trace) = place(shop, &shop.order(&[(&lamp, 1)])).await;
    shop.ended(&order).await;
    let id = format!("{order}.order.completed");
    let deliveries = |spans: &[Value]| {
        spans
            .iter()
            .filter(|span| {
                text(span, "service") == "notify-order"
                    && span["attributes"]["messaging.message.id"] == id.as_str()
            })
            .count()
    };
    spans(shop, &trace, "the event was delivered", |spans| deliveries(spans) == 1).await;
    let published = super::redis::stream(shop, "orders").await;
    let event =
        published.into_iter().find(|event| event["id"] == id.as_str()).expect("it was published");
    super::redis::add(shop, "orders", &event).await;
    spans(shop, &trace, "the event was delivered again", |spans| deliveries(spans) == 2).await;
}

async fn an_order_that_survives_a_kill_is_one_trace_without_duplicate_steps(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 5).await;
    shop.payment_faults(&json!({"fault": "stall", "next": 1, "stall_ms": 4_000})).await;
    let (order, trace) = place(shop, &shop.order(&[(&lamp, 1)])).await;
    spans(shop, &trace, "two steps are traced", |spans| steps(spans).len() == 2).await;
    let saga = shop.cluster.function("order-saga");
    saga.kill().await;
    saga.start().await.expect("the function starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
    let spans =
        spans(shop, &trace, "the last step is traced", |spans| steps(spans).contains(&"complete"))
            .await;
    for step in ["create", "reserve", "ship", "complete"] {
        assert_eq!(steps(&spans).into_iter().filter(|done| *done == step).count(), 1, "{step}");
    }
    let found =
        read(shop, &format!("/api/traces?order_id={order}")).await.expect("traces are listed");
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
}

/// The sum of a metric over all services, by one of its attributes.
async fn metric(shop: &Shop, name: &str, attribute: &str) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    let all = read(shop, "/api/metrics").await.unwrap_or_default();
    for series in all.as_array().into_iter().flatten().filter(|series| series["name"] == name) {
        let value = series["value"]
            .as_i64()
            .or(series["value"].as_str().and_then(|value| value.parse().ok()));
        *sums.entry(text(&series["attributes"], attribute).to_owned()).or_default() +=
            value.unwrap_or_default();
    }
    sums
}

async fn the_metrics_of_30_orders_match_their_outcomes(shop: &Shop) {
    let (lamp, plug) = (shop.sell("lamp", 1_999, 100).await, shop.sell("plug", 100, 0).await);
    let mut declined = shop.order(&[(&lamp, 1)]);
    declined["payment_method"] = json!("pm_card_chargeDeclined");
    let mix = [(20, shop.order(&[(&lamp, 1)])), (6, declined), (4, shop.order(&[(&plug, 1)]))];
    let before = settled(shop).await;
    let orders = mix.iter().flat_map(|(count, order)| std::iter::repeat_n(order, *count));
    let orders = join_all(orders.map(|order| shop.place(order))).await;
    join_all(orders.iter().map(|order| shop.ended(order))).await;
    let mut last = Counts::default();
    let mix = [20, 10, 20, 6, 4];
    until("the metrics have changed by the expected counts", ARRIVES_WITHIN, async || {
        last = counts(shop).await;
        (0..mix.len()).all(|count| last[count] - before[count] >= mix[count]).then_some(())
    })
    .await;
    let after = settled(shop).await;
    assert_eq!(std::array::from_fn::<_, 5, _>(|count| after[count] - before[count]), mix);
}

/// Orders completed and cancelled, payments charged and refused, and refusals for lack of stock.
type Counts = [i64; 5];

async fn counts(shop: &Shop) -> Counts {
    let ended = metric(shop, "shop.orders.ended", "outcome").await;
    let payments = metric(shop, "shop.payments", "result").await;
    let refusals = metric(shop, "shop.stock.refusals", "type").await;
    let of = |sums: &BTreeMap<String, i64>, key: &str| sums.get(key).copied().unwrap_or_default();
    [
        of(&ended, "completed"),
        of(&ended, "cancelled"),
        of(&payments, "charged"),
        of(&payments, "refused"),
        of(&refusals, "out-of-stock"),
    ]
}

/// The counts, once they have not changed for longer than the exporters' interval.
async fn settled(shop: &Shop) -> Counts {
    let mut seen = (Instant::now(), counts(shop).await);
    until("the metrics have settled", ARRIVES_WITHIN, async || {
        let now = counts(shop).await;
        if now != seen.1 {
            seen = (Instant::now(), now);
        }
        (seen.0.elapsed() > Duration::from_secs(4)).then_some(now)
    })
    .await
}

async fn a_collector_that_hangs_fails_or_is_down_affects_no_order(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 100).await;
    let faults = url(shop, "/control/faults");
    for fault in ["hang", "fail"] {
        let set = shop.http.put(&faults).json(&json!({"fault": fault})).send().await;
        assert!(set.is_ok_and(|answer| answer.status().is_success()));
        twenty_orders_complete(shop, &lamp).await;
    }
    shop.cluster.trace_sink().kill().await;
    twenty_orders_complete(shop, &lamp).await;
    shop.cluster.trace_sink().start().await.expect("the trace sink starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    let warnings =
        shop.cluster.function("gateway").log().matches("spans cannot be exported").count();
    assert!(warnings <= 3, "at most one warning for each fault, not {warnings}");
}

async fn twenty_orders_complete(shop: &Shop, lamp: &str) {
    let body = shop.order(&[(lamp, 1)]);
    let orders = join_all((0..20).map(|_| shop.place(&body))).await;
    for order in orders {
        assert_eq!(shop.ended(&order).await.body["status"], "completed");
    }
}
