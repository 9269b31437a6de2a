//! The routes that list orders, of the public API and internal ones.

use super::extract::Query;
use super::lists::{Relisted, ToRelist};
use super::{CalledBy, Json, Problem, Result};
use crate::domain::caller::Scope;
use crate::domain::order::{ListedOrder, OrderPage, OrderQuery, Position, Status};
use crate::domain::{CustomerId, OrderId};
use crate::ports::{OrderList, Orders};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::Serialize;

/// The parameters of the request, all optional.
pub(super) const PARAMETERS: &[&str] = &["after", "customer_id", "limit", "status"];

/// The most orders on a page, and the default.
const LIMITS: (usize, usize) = (100, 20);

/// `GET /api/orders` lists orders, newest first: one's own, or for staff those of all. `POST /api/lists/orders` lists
/// some of `orders` again.
pub fn routes<O: Orders, L: OrderList>(orders: O, list: L) -> Router {
    let again = Router::new().route("/api/lists/orders", post(relist::<O, L>));
    let list_only = Router::new().route("/api/orders", get(page::<L>)).with_state(list.clone());
    again.with_state((orders, list)).merge(list_only)
}

async fn relist<O: Orders, L: OrderList>(
    State((orders, list)): State<(O, L)>,
    Json(wanted): Json<ToRelist<OrderId>>,
) -> Result<Json<Relisted>> {
    let relist = async |id: OrderId| Ok(list.relist(&orders, &id).await?);
    wanted.by(relist).await.map(Json)
}

/// A page of a list of orders.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OrderPage")]
pub(super) struct OrderPageView {
    /// The orders, newest first.
    orders: Vec<ListedOrder>,
    /// The parameter `after` of the next page, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn page<L: OrderList>(
    State(list): State<L>,
    caller: CalledBy,
    mut query: Query,
) -> Result<Json<OrderPageView>> {
    query.only(PARAMETERS)?;
    let after: Option<String> = query.take("after")?;
    let after = after.map(|after| after.parse::<Position>()).transpose();
    let query = OrderQuery {
        customer: shown_to(&caller, query.take("customer_id")?)?,
        status: query.take::<Status>("status")?,
        after: after.map_err(|error| Problem::invalid("after", &error.to_string()))?,
        limit: query.take_number("limit", 1..=LIMITS.0)?.unwrap_or(LIMITS.1),
    };
    let OrderPage { orders, next } = list.page(&query).await?;
    Ok(Json(OrderPageView { orders, next: next.map(|next| next.to_string()) }))
}

/// The customer whose orders the caller may see, of those requested.
fn shown_to(caller: &CalledBy, asked: Option<CustomerId>) -> Result<Option<CustomerId>> {
    match (&caller.0, asked) {
        (Some(caller), asked) if !caller.may(Scope::OrdersAdmin) => {
            let own = asked.is_none_or(|asked| asked == caller.customer_id);
            let why = "leave it out: your token names you; orders of others require the scope orders.admin";
            let customer = || Some(caller.customer_id.clone());
            own.then(customer).ok_or_else(|| Problem::invalid("customer_id", why))
        }
        (_, asked) => Ok(asked),
    }
}
