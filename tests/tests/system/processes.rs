//! Every function as a process: health, settings, connections and shutdown.

use super::harness::trials;
use futures::stream::{self, StreamExt};
use local::manifest::{Function, Service};
use reqwest::Method;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

trials![
    every_function_is_healthy_and_ready,
    every_event_function_subscribes_to_the_topic_of_its_manifest,
    dead_letters_of_every_event_function_are_subscribed_to,
    every_function_completes_a_request_in_flight_when_it_is_asked_to_stop,
    every_function_rejects_bad_settings_and_names_all_of_them,
    a_client_is_served_beside_2000_idle_connections_and_the_process_stops_cleanly,
];

/// A request to each function that needs its sidecar.
fn request_of(function: &str) -> (Method, &'static str, Value) {
    let order = json!({"order_id": "in-flight"});
    match function {
        "gateway" | "check-stock" => (Method::GET, "/api/inventory/in-flight", Value::Null),
        "get-order" => (Method::GET, "/api/orders/in-flight", Value::Null),
        "order-status" => (Method::GET, "/api/orders/in-flight/status", Value::Null),
        "order-saga" => (Method::GET, "/sagas/in-flight", Value::Null),
        "stock" => (Method::PUT, "/actors/stock/in-flight/method/turn", json!("check")),
        "ship-order" => (Method::DELETE, "/shipments/in-flight", Value::Null),
        "release-stock" => (Method::POST, "/api/inventory/in-flight/release", order),
        "reserve-stock" => (
            Method::POST,
            "/api/inventory/in-flight/reserve",
            json!({"order_id": "in-flight", "quantity": 1}),
        ),
        "set-stock" => {
            let offer = json!({"name": "x", "unit_price": amount(1), "on_hand": 0});
            (Method::PUT, "/api/inventory/in-flight", offer)
        }
        "process-payment" => {
            let method = "pm_card_chargeDeclined";
            let payment =
                json!({"order_id": "in-flight", "amount": amount(100), "payment_method": method});
            (Method::POST, "/api/payments", payment)
        }
        "refund-payment" => (Method::POST, "/api/payments/in-flight/refund", Value::Null),
        "notify-order" | "index-orders" => {
            (Method::POST, "/events/orders", event("order.completed", json!({"total": amount(1)})))
        }
        "notify-payment" => {
            let data = json!({"payment_id": "x", "amount": amount(1)});
            (Method::POST, "/events/payments", event("payment.charged", data))
        }
        "send-email" => {
            let notice = json!({"about": "order-shipped", "tracking_id": "x"});
            let data = json!({"to": "in-flight@example.com", "name": "x", "notice": notice});
            (Method::POST, "/events/notifications", event("notification.requested", data))
        }
        // Of its events, only dead letters go through its sidecar.
        "rotate-payment-key" => {
            (Method::POST, "/events/key-vault", event("order.completed", json!({})))
        }
        "dead-letters" => (Method::GET, "/api/dead-letters/in-flight", Value::Null),
        "record-dead-letter" => {
            let letter = json!({"data_base64": "e30="});
            (Method::POST, "/events/orders-notify-order-dead", letter)
        }
        "create-order" => (Method::POST, "/api/orders", Value::Null),
        other => panic!("add a request to {other} to this test"),
    }
}

fn amount(cents: i64) -> Value {
    json!({"amount": cents, "currency": "EUR"})
}

fn event(kind: &str, mut data: Value) -> Value {
    data["order_id"] = json!("in-flight");
    data["customer_id"] = json!("ann");
    json!({
        "specversion": "1.0", "id": "in-flight", "source": "saga-shop", "type": kind, "subject": "in-flight",
        "time": "2026-11-24T22:00:00Z", "datacontenttype": "application/json",
        "dataschema": format!("{kind}.v1"), "data": data
    })
}

async fn every_event_function_subscribes_to_the_topic_of_its_manifest(shop: &Shop) {
    for function in shop.cluster.functions() {
        let Some(topic) = &function.manifest.topic else { continue };
        let url = format!("{}/dapr/subscribe", shop.cluster.url(&function.name));
        let request = shop.http.get(url).header("dapr-api-token", shop.cluster.app_token());
        let subscription = &shop.send(request).await.body[0];
        assert_eq!(
            (&subscription["topic"], &subscription["pubsubname"]),
            (&json!(topic), &json!("pubsub"))
        );
        assert_eq!(subscription["deadLetterTopic"], format!("{topic}-{}-dead", function.name));
    }
}

async fn dead_letters_of_every_event_function_are_subscribed_to(shop: &Shop) {
    let functions = shop.cluster.functions();
    let recorder = functions.iter().find(|function| function.manifest.dead_letters);
    let recorder = recorder.expect("one function records dead letters");
    let url = format!("{}/dapr/subscribe", shop.cluster.url(&recorder.name));
    let request = shop.http.get(url).header("dapr-api-token", shop.cluster.app_token());
    let subscribed = shop.send(request).await.body;
    let subscribed = subscribed.as_array().expect("it lists subscriptions").iter();
    let topics: Vec<_> = subscribed.map(|subscription| subscription["topic"].clone()).collect();
    assert_eq!(topics, recorder.topics(functions));
}

async fn every_function_is_healthy_and_ready(shop: &Shop) {
    for function in shop.cluster.functions() {
        for path in ["/healthz", "/readyz"] {
            let url = format!("{}{path}", shop.cluster.url(&function.name));
            assert_eq!(shop.send(shop.http.get(url)).await.status, 200, "{} {path}", function.name);
        }
    }
}

async fn every_function_completes_a_request_in_flight_when_it_is_asked_to_stop(shop: &Shop) {
    let lamp = shop.sell("lamp", 100, 5).await;
    let order = shop.order(&[(&lamp, 1)]);
    for function in shop.cluster.functions() {
        stop_during_a_request(shop, function, &order).await;
    }
}

/// Pauses the sidecar of `function`, so that a request stays in flight while the function is asked to stop,
/// and then resumes it.
async fn stop_during_a_request(shop: &Shop, function: &Function, order: &Value) {
    let name = function.name.as_str();
    let (process, sidecar) = (shop.cluster.function(name), shop.cluster.sidecar(name));
    let (method, path, mut body) = request_of(name);
    if name == "create-order" {
        body = order.clone();
    }
    let url = format!("{}{path}", shop.cluster.url(name));
    let request = shop.http.request(method, url).header("dapr-api-token", shop.cluster.app_token());
    let (begun, stopping) = (count(&process.log(), BEGUN), count(&process.log(), STOPPING));
    sidecar.pause();
    let answer = shop.send(request.bearer_auth(&shop.token).json(&body));
    let ended = async {
        until("the request is in flight", Duration::from_secs(5), async || {
            (count(&process.log(), BEGUN) > begun).then_some(())
        })
        .await;
        process.stop(Duration::from_secs(5)).await
    };
    let resume = async {
        until("the function has been asked to stop", Duration::from_secs(5), async || {
            (count(&process.log(), STOPPING) > stopping).then_some(())
        })
        .await;
        sidecar.resume();
    };
    let (answer, stopped, ()) = tokio::join!(answer, ended, resume);
    assert!(answer.status < 500 && answer.status != 401, "{name}: {answer:?}");
    assert_eq!(stopped.and_then(|status| status.code()), Some(0), "{name}: {}", process.log());
    if name == "create-order" {
        let _recorded = shop.accepted(&answer);
    }
    process.start().await.expect("the function starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
}

const BEGUN: &str = "started processing request";
const STOPPING: &str = "the function stops";

fn count(log: &str, line: &str) -> usize {
    log.matches(line).count()
}

async fn every_function_rejects_bad_settings_and_names_all_of_them(shop: &Shop) {
    for function in shop.cluster.functions() {
        let mut command = Command::new(shop.cluster.binary(&function.name));
        command.env_clear().envs([
            ("DAPR_HTTP_PORT", "http"),
            ("DRAIN_SECONDS", "0"),
            ("PAYMENT_PROVIDER_URL", "stripe"),
        ]);
        let output = command.output().expect("the function starts");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{}: {errors}", function.name);
        let needs_provider = function.manifest.service == Service::Payment;
        assert_eq!(errors.contains("PAYMENT_PROVIDER_URL: "), needs_provider, "{errors}");
        let needs_vault = !function.manifest.manages.is_empty();
        assert_eq!(errors.contains("KEY_VAULT_URL: must be set"), needs_vault, "{errors}");
        let is_gateway = function.name == "gateway";
        assert_eq!(errors.contains("OIDC_ISSUERS: must be set"), is_gateway, "{errors}");
        for fault in ["APP_PORT: must be set", "DAPR_HTTP_PORT: ", "DRAIN_SECONDS: "] {
            assert!(errors.contains(&format!("{}: {fault}", function.name)), "{errors}");
        }
    }
}

/// More than the default soft limit of open files on many machines.
const IDLE: usize = 2_000;

/// The gateway at `port` without a sidecar, started with a low soft limit of open files.
fn start_without_sidecar(shop: &Shop, port: u16) -> tokio::process::Child {
    let mut command = tokio::process::Command::new("sh");
    let start = format!("ulimit -Sn 256; exec '{}'", shop.cluster.binary("gateway").display());
    command.args(["-c", &start]).kill_on_drop(true).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("APP_PORT", port.to_string());
    command.envs([("OIDC_ISSUERS", "http://127.0.0.1:1"), ("OIDC_AUDIENCES", "shop")]);
    command.spawn().expect("the gateway starts")
}

async fn a_client_is_served_beside_2000_idle_connections_and_the_process_stops_cleanly(
    shop: &Shop,
) {
    let limit = getrlimit(Resource::Nofile);
    // If this fails, so do the connections below.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let free = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = free.local_addr().expect("it has an address");
    drop(free);
    let mut gateway = start_without_sidecar(shop, address.port());
    let url = format!("http://{address}/api/orders/a");
    let served = async || shop.try_send(shop.http.get(&url)).await.ok().map(|it| it.status);
    until("the gateway serves", Duration::from_secs(20), async || {
        (served().await == Some(401)).then_some(())
    })
    .await;
    let connect = async |number: usize| {
        let mut client = TcpStream::connect(address).await.expect("it accepts");
        if number.is_multiple_of(2) {
            client.write_all(b"GET / HTTP/1.1\r\nHost:").await.expect("it listens");
        }
        client
    };
    let mut idle = Vec::new();
    for _ in 0..20 {
        let more = stream::iter(idle.len()..idle.len() + IDLE / 20).map(connect);
        idle.extend(more.buffer_unordered(20).collect::<Vec<_>>().await);
        // A new client each time, as it opens a new connection.
        let answer = timeout(Duration::from_secs(5), reqwest::get(&url)).await;
        assert_eq!(answer.expect("in time").expect("it answers").status(), 401);
    }
    let pid = gateway.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).expect("it runs");
    kill_process(pid, Signal::TERM).expect("it runs");
    let ended = timeout(Duration::from_secs(10), gateway.wait()).await;
    assert_eq!(ended.expect("it ends in time").expect("it ended").code(), Some(0));
    drop(idle);
}
