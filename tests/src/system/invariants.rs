//! The invariants after every test, checked through the public API and the provider's ledger.
//!
//! Money: for every order, the amount charged less the amount refunded is its total less what staff refunded if
//! it completed, and zero if it was cancelled; it was charged at most once, and never after it was cancelled.
//! Stock: for every product, what was supplied is on hand or sold, and nothing is reserved for an order that has
//! ended.

use super::client::Client;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

impl Client {
    /// Records an order, whose money is then checked.
    ///
    /// # Panics
    /// Never.
    pub fn record(&self, order: &str) {
        self.orders.lock().expect("no holder panics").insert(order.to_owned());
    }
}

/// Waits until every order of `shop` has ended and checks money and stock, and that every answer was as
/// documented.
///
/// # Panics
/// When an invariant is broken.
pub async fn check(shop: &Client) {
    let mut ended = Vec::new();
    for order in shop.orders() {
        ended.push(shop.ended(&order).await.body);
    }
    check_money(&ended, &shop.ledger().await);
    let sold = sold(&ended);
    for (product, supplied) in shop.supplied() {
        let (on_hand, reserved) = shop.stock(&product).await;
        let sold = sold.get(&product).copied().unwrap_or_default();
        assert_eq!(on_hand + sold, supplied, "{product}: supplied is on hand or sold");
        assert_eq!(reserved, 0, "{product}: nothing is reserved once every order has ended");
    }
    shop.answers.check();
}

fn check_money(orders: &[Value], ledger: &Value) {
    for order in orders {
        let of_order = |entry: &&Value| entry["order_id"] == order["order_id"];
        let charges = list(ledger, "payments").filter(of_order);
        let charges: Vec<_> = charges.filter(|payment| payment["outcome"] == "charged").collect();
        let sum =
            |field: &str| charges.iter().filter_map(|charge| charge[field].as_i64()).sum::<i64>();
        let (by_staff, refunds_by_staff) = refunded_by_staff(order);
        let due = match order["status"].as_str() {
            Some("completed") => provider_units(&order["total"]) - by_staff,
            Some("cancelled") => 0,
            other => panic!("{other:?}: {order}"),
        };
        assert_eq!(sum("amount") - sum("refunded"), due, "{order}: {charges:?}");
        let undos = sum("refunds") - refunds_by_staff;
        assert!(charges.len() <= 1 && (0..=1).contains(&undos), "{order}: {charges:?}");
        check_movements(order, list(ledger, "movements").filter(of_order));
    }
}

/// The amount of an order that staff refunded, in the ledger's units, and the number of refunds.
fn refunded_by_staff(order: &Value) -> (i64, i64) {
    let refunds = order["refunds"].as_array().into_iter().flatten();
    let refunds = refunds.filter(|refund| refund["status"] == "succeeded");
    refunds
        .fold((0, 0), |(sum, count), refund| (sum + provider_units(&refund["amount"]), count + 1))
}

/// An amount of the shop in the provider's units
/// ([special cases](https://docs.stripe.com/currencies#special-cases)).
fn provider_units(money: &Value) -> i64 {
    let amount = money["amount"].as_i64().expect("money has an amount");
    match money["currency"].as_str() {
        Some("UGX" | "ISK") => amount * 100,
        Some("MGA") => amount / 100,
        _ => amount,
    }
}

/// No order was charged twice, even temporarily, or after it was cancelled.
fn check_movements<'a>(order: &Value, movements: impl Iterator<Item = &'a Value>) {
    let succeeded =
        |movement: &&Value| movement["kind"] == "charge" && movement["status"] == "succeeded";
    let charges: Vec<_> = movements.filter(succeeded).collect();
    assert!(charges.len() <= 1, "{order} was charged twice: {charges:?}");
    if order["status"] != "cancelled" {
        return;
    }
    let cancelled: Timestamp =
        order["updated_at"].as_str().and_then(|at| at.parse().ok()).expect("an order has a time");
    for charge in charges {
        let requested = requested_at(charge["id"].as_str().expect("a charge has an id"));
        assert!(requested <= cancelled, "{order} was charged at {requested}: {charge}");
    }
}

/// When a charge was requested: its id contains a UUID of version 7, whose first 48 bits are
/// milliseconds ([RFC 9562 §5.7](https://www.rfc-editor.org/rfc/rfc9562#section-5.7)). The
/// simulator's clock may have been advanced.
fn requested_at(charge: &str) -> Timestamp {
    let milliseconds = charge.strip_prefix("ch_").and_then(|id| id.get(..12));
    let milliseconds = milliseconds.and_then(|digits| i64::from_str_radix(digits, 16).ok());
    let at = milliseconds.and_then(|at| Timestamp::from_millisecond(at).ok());
    at.unwrap_or_else(|| panic!("{charge} contains no time"))
}

fn list<'a>(ledger: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    ledger[field].as_array().expect("a ledger has payments and movements").iter()
}

/// Pieces sold of each product.
fn sold(orders: &[Value]) -> BTreeMap<String, i64> {
    let mut sold = BTreeMap::new();
    let completed = orders.iter().filter(|order| order["status"] == "completed");
    for item in completed.filter_map(|order| order["items"].as_array()).flatten() {
        let product = item["product_id"].as_str().expect("an item names its product").to_owned();
        *sold.entry(product).or_default() +=
            item["quantity"].as_i64().expect("an item has a quantity");
    }
    sold
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// When the sample charge was requested: the UUID says 2026-01-01T00:00:00Z.
    const CHARGE: &str = "ch_019b76daa8007000a000000000000000";

    fn ledger(amount: i64, refunded: i64, refunds: i64) -> Value {
        let charge =
            json!({"order_id": "a", "kind": "charge", "status": "succeeded", "id": CHARGE});
        json!({
            "payments": [{"order_id": "a", "amount": amount, "outcome": "charged",
                          "refunded": refunded, "refunds": refunds}],
            "movements": [charge],
        })
    }

    fn nothing() -> Value {
        json!({"payments": [], "movements": []})
    }

    fn order(status: &str) -> [Value; 1] {
        [json!({"order_id": "a", "status": status, "total": {"amount": 5},
                "updated_at": "2026-01-01T00:00:01Z"})]
    }

    #[test]
    fn money_adds_up_when_an_order_completed_or_was_refunded() {
        check_money(&order("completed"), &ledger(5, 0, 0));
        check_money(&order("cancelled"), &ledger(5, 5, 1));
        check_money(&order("cancelled"), &nothing());
    }

    #[test]
    fn money_adds_up_when_staff_refunded_a_part() {
        let mut orders = order("completed");
        let refund = |amount, status| json!({"amount": {"amount": amount}, "status": status});
        orders[0]["refunds"] = json!([refund(2, "succeeded"), refund(1, "failed")]);
        check_money(&orders, &ledger(5, 2, 1));
    }

    #[test]
    #[should_panic(expected = "was charged at")]
    fn a_charge_after_the_cancellation_is_found_even_if_it_was_refunded() {
        let mut orders = order("cancelled");
        orders[0]["updated_at"] = json!("2025-12-31T23:59:59Z");
        check_money(&orders, &ledger(5, 5, 1));
    }

    #[test]
    #[should_panic(expected = "was charged twice")]
    fn a_duplicate_charge_is_found_even_if_it_was_refunded() {
        let mut ledger = ledger(5, 5, 1);
        let charge = ledger["movements"][0].clone();
        ledger["movements"].as_array_mut().unwrap().push(charge);
        check_money(&order("cancelled"), &ledger);
    }

    #[test]
    #[should_panic(expected = "left: 5")]
    fn a_cancelled_order_that_keeps_its_charge_is_found() {
        check_money(&order("cancelled"), &ledger(5, 0, 0));
    }

    #[test]
    #[should_panic(expected = "left: 0")]
    fn a_completed_order_that_was_never_charged_is_found() {
        check_money(&order("completed"), &nothing());
    }

    #[test]
    #[should_panic(expected = "stuck")]
    fn a_stuck_order_is_found() {
        check_money(&order("stuck"), &nothing());
    }
}
