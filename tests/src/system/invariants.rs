//! What must hold after every test, read from public ledgers alone.
//!
//! Money: of every order, charged less refunded is its total when it completed, else nothing, and
//! it was charged and refunded at most once. Stock: of every product, what was supplied is on hand
//! or sold, and nothing is held for an order that has ended.

use super::shop::Shop;
use serde_json::Value;
use std::collections::BTreeMap;

/// Waits until every order of `shop` has ended and checks money and stock.
///
/// # Panics
/// When an invariant is broken.
pub async fn check(shop: &Shop) {
    let mut ended = Vec::new();
    for order in shop.orders() {
        ended.push(shop.ended(&order).await.body);
    }
    check_money(&ended, &shop.ledger().await);
    let sold = sold(&ended);
    for (product, supplied) in shop.supplied() {
        let (on_hand, reserved) = shop.stock(&product).await;
        let sold = sold.get(&product).copied().unwrap_or_default();
        assert_eq!(on_hand + sold, supplied, "{product}: supplied is on hand and sold");
        assert_eq!(reserved, 0, "{product}: nothing is held once every order has ended");
    }
}

fn check_money(orders: &[Value], ledger: &Value) {
    let payments = ledger["payments"].as_array().expect("a ledger has payments");
    for order in orders {
        let of_order = |payment: &&Value| payment["order_id"] == order["order_id"];
        let charges: Vec<_> = payments
            .iter()
            .filter(of_order)
            .filter(|payment| payment["outcome"] == "charged")
            .collect();
        let sum =
            |field: &str| charges.iter().filter_map(|charge| charge[field].as_i64()).sum::<i64>();
        let due = match order["status"].as_str() {
            Some("completed") => {
                order["total"]["amount"].as_i64().expect("a completed order has a total")
            }
            Some("cancelled") => 0,
            other => panic!("{other:?}: {order}"),
        };
        assert_eq!(sum("amount") - sum("refunded"), due, "{order}: {charges:?}");
        assert!(charges.len() <= 1 && sum("refunds") <= 1, "{order}: {charges:?}");
    }
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

    fn ledger(amount: i64, refunded: i64, refunds: i64) -> Value {
        json!({"payments": [{"order_id": "a", "amount": amount, "outcome": "charged", "refunded": refunded, "refunds": refunds}]})
    }

    fn order(status: &str) -> [Value; 1] {
        [json!({"order_id": "a", "status": status, "total": {"amount": 5}})]
    }

    #[test]
    fn money_adds_up_when_an_order_completed_or_was_given_back() {
        check_money(&order("completed"), &ledger(5, 0, 0));
        check_money(&order("cancelled"), &ledger(5, 5, 1));
        check_money(&order("cancelled"), &json!({"payments": []}));
    }

    #[test]
    #[should_panic(expected = "left: 5")]
    fn a_cancelled_order_that_keeps_its_charge_is_found() {
        check_money(&order("cancelled"), &ledger(5, 0, 0));
    }

    #[test]
    #[should_panic(expected = "left: 0")]
    fn a_completed_order_that_was_never_charged_is_found() {
        check_money(&order("completed"), &json!({"payments": []}));
    }

    #[test]
    #[should_panic(expected = "stuck")]
    fn a_stuck_order_is_found() {
        check_money(&order("stuck"), &json!({"payments": []}));
    }
}
