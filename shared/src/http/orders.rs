//! Orders as callers send them.

use super::{CalledBy, IdempotencyKey, Problem};
use crate::domain::caller::Scope;
use crate::domain::order::Order;
use crate::domain::placing::{
    Address, Items, NewAddress, NewItem, NewOrder, PlacedOrder, asked_address, asked_items,
};
use crate::domain::text::{Email, PaymentMethod};
use crate::domain::{CustomerId, OrderId, strict};
use crate::ports::{Clock, Sagas};
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

/// An order: what is ordered, by whom, and where it is shipped.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewOrder", deny_unknown_fields)]
pub struct OrderRequest {
    /// The customer for whom staff order. Customers are identified by their token.
    #[serde(default)]
    customer_id: Option<CustomerId>,
    /// The address for mail about the order.
    #[serde(deserialize_with = "strict::text")]
    #[schemars(extend("format" = "email", "maxLength" = Email::MAX_LENGTH))]
    email: Email,
    /// Different products, prices given in one currency.
    #[serde(deserialize_with = "asked_items")]
    #[schemars(with = "Vec<NewItem>", length(min = 1, max = Items::MAX))]
    items: Items,
    /// The payment method: a token of the provider such as `pm_card_visa`.
    #[serde(deserialize_with = "strict::text")]
    payment_method: PaymentMethod,
    /// The address that it is shipped to.
    #[serde(deserialize_with = "asked_address")]
    #[schemars(with = "NewAddress")]
    ship_to: Address,
}

impl OrderRequest {
    /// The order, as a caller places it.
    ///
    /// # Errors
    /// `invalid-request`: a customer names another one, or no customer is named.
    pub fn placed_by(self, caller: &CalledBy) -> Result<NewOrder, Problem> {
        let customer_id = match (&caller.0, self.customer_id) {
            (Some(caller), None) => caller.customer_id.clone(),
            (Some(caller), Some(customer)) if caller.may(Scope::OrdersAdmin) => customer,
            (Some(_), Some(_)) => {
                let why = "leave it out: your token names you; orders for others require the scope orders.admin";
                return Err(Problem::invalid("customer_id", why));
            }
            (None, Some(customer)) => customer,
            (None, None) => return Err(Problem::invalid("customer_id", "is missing")),
        };
        let Self { email, items, payment_method, ship_to, .. } = self;
        Ok(NewOrder { customer_id, email, items, payment_method, ship_to })
    }
}

/// Accepts an order by starting its saga; under a `key` that was used before, returns the first order.
///
/// # Errors
/// `key-reused`: the key belongs to another order. `overloaded`: too many orders are under way, and this one was
/// not accepted. `dependency-unavailable`: it may have been accepted or not.
pub async fn accept(
    sagas: &impl Sagas,
    clock: &impl Clock,
    key: IdempotencyKey,
    order: NewOrder,
) -> Result<Order, Problem> {
    let fresh = || Uuid::now_v7().into();
    let order_id = key.0.map_or_else(fresh, |key| OrderId::for_key(&order.customer_id, &key));
    let placed = PlacedOrder { order_id, created_at: clock.now(), order };
    let unclear = |error| Problem::not_accepted(&placed.order_id, error);
    let accepted = sagas.start(&placed).await.map_err(unclear)?;
    let accepted = accepted.ok_or_else(|| Problem::overloaded("orders"))?;
    let same = accepted.order == placed.order;
    same.then(|| Order::new(accepted)).ok_or_else(Problem::key_reused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::orders::new_order_json;

    fn placed(body_names: bool, caller: Option<&str>) -> Result<NewOrder, Problem> {
        let mut body = new_order_json();
        if !body_names {
            body.as_object_mut().unwrap().remove("customer_id");
        }
        let caller = CalledBy(caller.map(|caller| caller.parse().unwrap()));
        serde_json::from_value::<OrderRequest>(body).unwrap().placed_by(&caller)
    }

    #[test]
    fn the_customer_is_the_token_s_unless_staff_orders_for_another() {
        let customer = |names, caller| placed(names, caller).map(|it| it.customer_id.to_string());
        assert_eq!(customer(false, Some("bob orders")).unwrap(), "bob");
        assert_eq!(customer(true, Some("bob orders.admin")).unwrap(), "ann");
        assert_eq!(customer(true, None).unwrap(), "ann");
        for (names, caller) in
            [(true, Some("bob orders")), (true, Some("ann orders")), (false, None)]
        {
            let problem = customer(names, caller).unwrap_err().document();
            assert_eq!(problem["field"], "customer_id");
        }
    }
}
