//! Load: orders placed as fast as a shop completes them.

use crate::LocalError;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::interval;

/// How often the status of an order is read: rarely enough not to distort the result.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The number of orders, and how many are in flight concurrently.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// All orders.
    pub orders: usize,
    /// Orders in flight concurrently.
    pub at_once: usize,
}

/// The throughput and the latencies of a shop.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    took: Duration,
    // The latency of each order, in ascending order.
    times: Vec<Duration>,
}

impl Pace {
    /// Completed orders per 100 seconds.
    #[must_use]
    pub fn per_hundred_seconds(&self) -> u128 {
        u128::try_from(self.times.len()).unwrap_or(u128::MAX) * 100_000
            / self.took.as_millis().max(1)
    }

    /// The latency that `percent` % of the orders did not exceed; zero if there were none.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times.get((self.times.len() * percent / 100).min(last)).copied().unwrap_or_default()
    }

    /// Adds the orders of `other`.
    pub fn add(&mut self, other: Self) {
        self.took += other.took;
        self.times.extend(other.times);
        self.times.sort_unstable();
    }
}

/// Places the orders of `load` at the gateway `url`, each of which must complete.
///
/// # Errors
/// When a request fails, or an order does not complete.
pub async fn run(http: &reqwest::Client, url: &str, load: Load) -> Result<Pace, LocalError> {
    let offer = json!({"name": "Load", "unit_price": {"amount": 100, "currency": "EUR"}, "on_hand": 1_000_000});
    for product in 0..load.at_once {
        let put = http.put(format!("{url}/api/inventory/load-{product}")).json(&offer);
        let answer = put.send().await.map_err(failed)?;
        // An earlier load put it on sale, with enough pieces.
        if answer.status() != reqwest::StatusCode::PRECONDITION_REQUIRED {
            answer.error_for_status().map_err(failed)?;
        }
    }
    let began = Instant::now();
    let orders =
        stream::iter(0..load.orders).map(|number| complete(http, url, number % load.at_once));
    let mut times: Vec<_> = orders.buffer_unordered(load.at_once).try_collect().await?;
    let took = began.elapsed();
    times.sort_unstable();
    Ok(Pace { took, times })
}

/// Places one order and waits until it has completed.
async fn complete(
    http: &reqwest::Client,
    url: &str,
    product: usize,
) -> Result<Duration, LocalError> {
    let order = json!({
        "customer_id": "load", "email": "load@example.com", "payment_method": "pm_card_visa",
        "items": [{"product_id": format!("load-{product}"), "quantity": 1}],
        "ship_to": {"name": "Load", "line1": "1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
    });
    let began = Instant::now();
    let placed = read(http.post(format!("{url}/api/orders")).json(&order)).await?;
    let path =
        format!("{url}/api/orders/{}/status", placed["order_id"].as_str().unwrap_or_default());
    let mut polls = interval(POLL_INTERVAL);
    loop {
        polls.tick().await;
        let status = read(http.get(&path)).await?;
        match status["status"].as_str() {
            Some("completed") => return Ok(began.elapsed()),
            Some("cancelled" | "stuck") => {
                return Err(LocalError::Load {
                    source: format!("an order ended as {status}").into(),
                });
            }
            _ => {}
        }
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<Value, LocalError> {
    let answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    let body: Value = answer.json().await.map_err(failed)?;
    if status.is_success() {
        Ok(body)
    } else {
        Err(LocalError::Load { source: format!("the response is {status}: {body}").into() })
    }
}

fn failed(source: reqwest::Error) -> LocalError {
    LocalError::Load { source: Box::new(source) }
}
