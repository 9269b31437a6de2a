//! Orders at four times the rate at which the shop completes them.

use super::harness::System;
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use libtest_mimic::Trial;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tests::system::shop::{ApiResponse, Shop};
use tests::system::wait::until;
use tokio::time::{MissedTickBehavior, interval};

pub(crate) fn trials(system: &System) -> Vec<Trial> {
    let name = "orders_that_exceed_the_capacity_are_rejected_and_those_that_are_accepted_complete";
    let test = orders_that_exceed_the_capacity_are_rejected_and_those_that_are_accepted_complete;
    // Runs with `--ignored` only: it needs the machine for itself.
    vec![system.trial(module_path!(), name, test).with_ignored_flag(true)]
}

/// How long orders are sent.
const LASTS: Duration = Duration::from_secs(20);

/// The time within which what was accepted is completed.
const COMPLETES_WITHIN: Duration = Duration::from_mins(3);

/// The clients that read without pause meanwhile: more than the gateway serves at once.
const READERS: usize = 80;

const PRODUCTS: usize = 20;

/// An answer, and how long it took.
struct Answer {
    took: Duration,
    response: ApiResponse,
}

impl Answer {
    /// The answer to a request, which is sent once.
    ///
    /// # Panics
    /// When there is none, or it is neither a `success` nor a 503 that says when to return.
    async fn to(shop: &Shop, request: RequestBuilder, success: u16) -> Self {
        let began = Instant::now();
        let response = shop.try_send(request).await.expect("the gateway answers");
        let rejected = response.status == 503 && response.retry_after.is_some();
        assert!(response.status == success || rejected, "{response:?}");
        Self { took: began.elapsed(), response }
    }

    fn is_success(&self) -> bool {
        self.response.status < 300
    }

    fn is_rejected(&self) -> bool {
        self.response.problem() == Some("overloaded")
    }
}

/// Sends the order under this number.
async fn order(shop: &Shop, number: usize, orders: &[Value]) -> Answer {
    let request = shop.request(Method::POST, "/api/orders").header("idempotency-key", number);
    Answer::to(shop, request.json(&orders[number % orders.len()]), 202).await
}

/// Completed orders in 10 seconds, with ten under way at any time.
async fn capacity(shop: &Shop, orders: &[Value]) -> u64 {
    const COUNT: u32 = 60;
    let began = Instant::now();
    let complete = async |order| {
        let id = shop.place(order).await;
        shop.all_complete(&[id], COMPLETES_WITHIN).await;
    };
    let placed = stream::iter(orders.iter().cycle().take(COUNT as usize)).map(complete);
    placed.buffer_unordered(10).collect::<Vec<_>>().await;
    let millis = u64::try_from(began.elapsed().as_millis()).expect("it is short").max(1);
    (u64::from(COUNT) * 10_000).div_ceil(millis)
}

/// Sends orders at a steady rate, `in_ten_seconds`, whatever the answers are: these, by the orders' numbers.
async fn send_orders(shop: &Shop, orders: &[Value], in_ten_seconds: u64) -> Vec<Answer> {
    let every = Duration::from_secs(10) / u32::try_from(in_ten_seconds).expect("it is small");
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let count = LASTS.as_millis() / every.as_millis().max(1);
    let count = usize::try_from(count).expect("it is small");
    let sends = stream::unfold((0, ticks), |(sent, mut ticks)| async move {
        if sent == count {
            return None;
        }
        ticks.tick().await;
        Some((order(shop, sent, orders), (sent + 1, ticks)))
    });
    sends.buffered(count).collect().await
}

/// Reads without pause until it is asked to stop.
async fn read(shop: &Shop, ended: &AtomicBool) -> Vec<Answer> {
    let mut answers = Vec::new();
    while !ended.load(Ordering::Relaxed) {
        let request = shop.request(Method::GET, "/api/orders?limit=1");
        answers.push(Answer::to(shop, request, 200).await);
    }
    answers
}

/// Percentiles, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let of = |percent: usize| times.get((times.len() * percent / 100).min(times.len().max(1) - 1));
    let shown = [50, 95, 100].map(|percent| of(percent).copied().unwrap_or_default().as_millis());
    format!("{} (p50 {}, p95 {}, longest {} ms)", times.len(), shown[0], shown[1], shown[2])
}

/// A time in an order's document.
fn time(order: &Value, pointer: &str) -> Timestamp {
    let text = order.pointer(pointer).and_then(Value::as_str);
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no {pointer}: {order}"))
}

/// The number of orders under way at the end of each second.
fn under_way(orders: &[Value]) -> Vec<usize> {
    let times = |pointer| orders.iter().map(|it| time(it, pointer)).collect::<Vec<_>>();
    let (placed, ended) = (times("/created_at"), times("/updated_at"));
    let (Some(first), Some(last)) = (placed.iter().min(), ended.iter().max()) else {
        return Vec::new();
    };
    let before = |times: &[Timestamp], second| {
        times.iter().filter(|time| time.as_second() <= second).count()
    };
    let seconds = first.as_second()..=last.as_second();
    seconds.map(|second| before(&placed, second) - before(&ended, second)).collect()
}

async fn orders_that_exceed_the_capacity_are_rejected_and_those_that_are_accepted_complete(
    shop: &Shop,
) {
    let names: Vec<_> = (0..PRODUCTS).map(|number| format!("lamp-{number}")).collect();
    let lamps = join_all(names.iter().map(|name| shop.sell(name, 100, 1_000_000))).await;
    let orders: Vec<_> = lamps.iter().map(|lamp| shop.order(&[(lamp.as_str(), 1)])).collect();
    let capacity = capacity(shop, &orders).await;
    eprintln!("capacity: {capacity} orders in 10 s; four times that is sent for {LASTS:?}");

    let ended = AtomicBool::new(false);
    let reads = join_all((0..READERS).map(|_| read(shop, &ended)));
    let writes = async {
        let answers = send_orders(shop, &orders, 4 * capacity).await;
        ended.store(true, Ordering::Relaxed);
        answers
    };
    let (writes, reads) = tokio::join!(writes, reads);

    let reads: Vec<_> = reads.into_iter().flatten().collect();
    for (what, answers) in [("orders", &writes), ("reads", &reads)] {
        let times = |is: fn(&Answer) -> bool| {
            percentiles(answers.iter().filter(|it| is(it)).map(|it| it.took).collect())
        };
        let unclear = times(|it| !it.is_success() && !it.is_rejected());
        let (served, rejected) = (times(Answer::is_success), times(Answer::is_rejected));
        eprintln!("{what}: served {served}, rejected {rejected}, given up {unclear}");
        let some = |is: fn(&Answer) -> bool| answers.iter().any(is);
        assert!(some(Answer::is_rejected), "the shop is overloaded");
        assert!(some(Answer::is_success), "{what} keep their share");
    }

    let mut ids = Vec::new();
    for (number, answer) in writes.iter().enumerate().filter(|(_, it)| !it.is_rejected()) {
        if answer.is_success() {
            ids.push(shop.accepted(&answer.response));
            continue;
        }
        // Whether it was accepted is found out by sending it again.
        let again = until("the order is accepted", COMPLETES_WITHIN, async || {
            Some(order(shop, number, &orders).await).filter(Answer::is_success)
        });
        ids.push(shop.accepted(&again.await.response));
    }
    shop.all_complete(&ids, COMPLETES_WITHIN).await;
    let (mut completed, mut lags) = (Vec::new(), Vec::new());
    for id in ids {
        let order = shop.get(&format!("/api/orders/{id}")).await.body;
        let reserved = time(&shop.status(&id).await.body, "/steps/1/at");
        let lag = reserved.duration_since(time(&order, "/created_at"));
        lags.push(lag.try_into().unwrap_or_default());
        completed.push(order);
    }
    eprintln!("from the acceptance to the reservation: {}", percentiles(lags));
    eprintln!("under way at the end of each second: {:?}", under_way(&completed));
}
