//! Orders through the gateway.

use super::requests::answered;
use super::{CUSTOMERS, Client, DEADLINE, Outcome, PRODUCTS, price};
use crate::BenchError;
use crate::stats::Random;
use serde_json::{Value, json};
use std::mem;
use std::sync::{MutexGuard, PoisonError};
use tokio::time::timeout;

/// The header by which a client waits for an order, for as long as the shop allows.
const WAIT: (&str, &str) = ("prefer", "wait=8");

/// An order, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) token: String,
    pub(super) id: String,
}

impl Client {
    /// Places an order of `product` and waits until it has completed.
    pub(super) async fn order(&self, number: u64, product: u64) -> Result<Outcome, BenchError> {
        let Some((placed, order)) = self.place(number, product, true).await? else {
            return Ok(Outcome::Rejected);
        };
        if order["status"] != "completed" {
            self.completed(&placed).await?;
        }
        Ok(Outcome::Done)
    }

    pub(super) async fn accept(&self, number: u64) -> Result<Outcome, BenchError> {
        let Some((placed, _)) = self.place(number, product(number), false).await? else {
            return Ok(Outcome::Rejected);
        };
        self.accepted().push(placed);
        Ok(Outcome::Done)
    }

    /// Places an order; None if the shop rejects it for now.
    async fn place(
        &self,
        number: u64,
        product: u64,
        waits: bool,
    ) -> Result<Option<(Placed, Value)>, BenchError> {
        const PLACE: &str = "POST of an order";
        let token = &self.tokens[usize::try_from(number % CUSTOMERS).unwrap_or_default()];
        let post = self.http.post(format!("{}/api/orders", self.gateway)).bearer_auth(token);
        let post = if waits { post.header(WAIT.0, WAIT.1) } else { post };
        let Some(answer) = answered(PLACE, post.json(&body(product))).await? else {
            return Ok(None);
        };
        let order: Value = answer.json().await.map_err(BenchError::request(PLACE))?;
        let id = order["order_id"].as_str().unwrap_or_default().to_owned();
        Ok(Some((Placed { token: token.clone(), id }, order)))
    }

    /// Waits until an order has completed.
    async fn completed(&self, order: &Placed) -> Result<(), BenchError> {
        const STATUS: &str = "GET of an order's status";
        let path = format!("{}/api/orders/{}/status", self.gateway, order.id);
        let completed = async {
            loop {
                let get = self.http.get(&path).bearer_auth(&order.token).header(WAIT.0, WAIT.1);
                let Some(answer) = answered(STATUS, get).await? else { continue };
                let status: Value = answer.json().await.map_err(BenchError::request(STATUS))?;
                match status["status"].as_str() {
                    Some("completed") => return Ok(()),
                    Some("cancelled" | "stuck") | None => {
                        return Err(BenchError::Answer {
                            request: STATUS,
                            answer: status.to_string(),
                        });
                    }
                    Some(_) => {}
                }
            }
        };
        let late = |_| BenchError::Late {
            what: format!("order {}", order.id),
            seconds: DEADLINE.as_secs(),
        };
        timeout(DEADLINE, completed).await.map_err(late)?
    }

    /// Waits until every order that was accepted has completed.
    ///
    /// # Errors
    /// When one does not complete.
    pub async fn settle(&self) -> Result<(), BenchError> {
        let accepted = mem::take(&mut *self.accepted());
        for order in accepted {
            self.completed(&order).await?;
        }
        Ok(())
    }

    pub(super) fn accepted(&self) -> MutexGuard<'_, Vec<Placed>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The product of the order with this number. Neighbours differ in product and customer, and all combinations occur.
pub(super) fn product(number: u64) -> u64 {
    Random(number).draw() % PRODUCTS
}

/// An order of `product`, at the price that the customer saw.
fn body(product: u64) -> Value {
    json!({
        "email": "bench@example.com", "payment_method": "pm_card_visa",
        "items": [{"product_id": format!("bench-{product}"), "quantity": 1, "unit_price": price()}],
        "ship_to": {"name": "Bench", "line1": "1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn orders_are_of_different_products() {
        let product = |number| body(product(number))["items"][0]["product_id"].to_string();
        let products: BTreeSet<_> = (0..1_000).map(product).collect();
        assert_eq!(u64::try_from(products.len()), Ok(PRODUCTS));
    }
}
