//! `GET /api/orders` and `…/{order_id}`, `POST /api/lists/orders`; from within, `DELETE /orders/{order_id}/customer`, once it ended.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use shared::domain::OrderId;
use shared::host;
use shared::http::views::OrderView;
use shared::http::{CalledBy, Json, Kind, Path, Problem, Result};
use shared::operations::orders::Lookup;
use shared::wiring::{order_lists, orders};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(orders(setup), order_lists(setup)))).await
}

fn app<L: Lookup>(orders: L, lists: Router) -> Router {
    let customer = Router::new().route("/orders/{order_id}/customer", delete(erase::<L>));
    customer.route("/api/orders/{order_id}", get(find::<L>)).with_state(orders).merge(lists)
}

async fn find<L: Lookup>(
    State(orders): State<L>,
    Path(id): Path<OrderId>,
    caller: CalledBy,
) -> Result<Json<OrderView>> {
    let order = orders.find(&id).await?.filter(|order| caller.may_see(order.customer()));
    let order = order.ok_or_else(|| Problem::unknown_order(&id))?;
    Ok(Json(OrderView::shown_to(&caller, order)))
}

async fn erase<L: Lookup>(State(orders): State<L>, Path(id): Path<OrderId>) -> Result<StatusCode> {
    let erased = orders.erase_customer(&id).await?.ok_or_else(|| Problem::unknown_order(&id))?;
    let not_ended = || Problem::new(Kind::OrderNotEnded, "erase the customer once it has ended");
    erased.then_some(StatusCode::NO_CONTENT).ok_or_else(not_ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Extension;
    use serde_json::{Value, json};
    use shared::domain::order::{Order, Progress};
    use shared::domain::saga::Outcome;
    use shared::http::caller::FromSidecar;
    use shared::http::order_list::routes;
    use shared::operations::order_index::OrderIndex;
    use shared::operations::orders::OrderLookup;
    use shared::ports::{Documents, OrderList, Sagas};
    use shared::testing::fakes::{FakeDocuments, FakeSagas};
    use shared::testing::orders::{at, placed_order};
    use shared::testing::{conforms, send, send_with};

    fn with(orders: FakeDocuments<OrderId, Order>, sagas: FakeSagas) -> Router {
        app(OrderLookup { orders: orders.clone(), sagas }, routes(orders, list()))
    }

    fn list() -> impl OrderList {
        OrderIndex { pages: FakeDocuments::default(), directories: FakeDocuments::default() }
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(
            with(FakeDocuments::default(), FakeSagas::default()),
            &["POST /api/lists/orders"],
            &["GET /api/orders", "GET /api/orders/a", "DELETE /orders/a/customer"],
        )
        .await;
    }

    #[tokio::test]
    async fn an_order_is_shown_as_soon_as_it_is_accepted() {
        let (sagas, placed) = (FakeSagas::default(), placed_order());
        sagas.start(&placed).await.unwrap();
        let route = format!("GET /api/orders/{}", placed.order_id);
        let (status, order) =
            send(with(FakeDocuments::default(), sagas), &route, &Value::Null).await;
        assert_eq!((status.as_u16(), &order["customer_id"]), (200, &json!("ann")));
    }

    #[tokio::test]
    async fn the_order_of_another_is_not_found() {
        let (sagas, placed) = (FakeSagas::default(), placed_order());
        sagas.start(&placed).await.unwrap();
        let route = format!("GET /api/orders/{}", placed.order_id);
        let app = with(FakeDocuments::default(), sagas);
        let called = app.clone().layer(Extension(FromSidecar));
        for (caller, status) in
            [("ann orders", 200), ("bob orders", 404), ("bob orders.admin", 200), ("Bob", 422)]
        {
            let headers = [("shop-caller", caller)];
            let answer = send_with(called.clone(), &route, &headers, &Value::Null).await;
            assert_eq!(answer.0.as_u16(), status, "{caller}");
        }
        let beside = [("shop-caller", "bob orders")];
        assert_eq!(send_with(app, &route, &beside, &Value::Null).await.0, 403);
    }

    #[tokio::test]
    async fn customers_list_their_own_orders_and_staff_those_of_all() {
        let (lookup, list) = (FakeDocuments::default(), list());
        for (name, customer) in [("a-1", "ann"), ("a-2", "ann"), ("b-1", "bob")] {
            let mut placed = placed_order();
            placed.order_id = name.parse().unwrap();
            placed.order.customer_id = customer.parse().unwrap();
            list.put(&Order::new(placed)).await.unwrap();
        }
        let list = routes(lookup.clone(), list);
        let app = app(OrderLookup { orders: lookup, sagas: FakeSagas::default() }, list);
        let app = app.layer(Extension(FromSidecar));
        let ask = async |caller: &str, query: &str| {
            let headers = [("shop-caller", caller)];
            let route = format!("GET /api/orders?{query}");
            send_with(app.clone(), &route, &headers, &Value::Null).await.1
        };
        for (caller, query, expected) in [
            ("ann orders", "", &["a-2", "a-1"][..]),
            ("ann orders", "customer_id=ann", &["a-2", "a-1"]),
            ("ann orders", "status=cancelled", &[]),
            ("eve orders", "", &[]),
            ("eve orders.admin", "", &["b-1", "a-2", "a-1"]),
            ("eve orders.admin", "customer_id=bob&status=pending", &["b-1"]),
        ] {
            let page = ask(caller, query).await;
            let ids = page["orders"].as_array().unwrap().iter().map(|order| &order["order_id"]);
            assert_eq!(ids.collect::<Vec<_>>(), expected, "{caller} {query}: {page}");
            assert_eq!(page["next"], Value::Null);
        }
        let first = ask("eve orders.admin", "limit=2").await;
        let after = format!("after={}", first["next"].as_str().unwrap());
        assert_eq!(ask("eve orders.admin", &after).await["orders"][0]["order_id"], "a-1");
        for (query, field) in [
            ("customer_id=bob", "customer_id"),
            ("status=lost", "status"),
            ("after=x", "after"),
            ("limit=101", "limit"),
            ("page=2", "page"),
        ] {
            assert_eq!(ask("ann orders", query).await["field"], field);
        }
    }

    #[tokio::test]
    async fn orders_that_have_documents_are_listed_again() {
        let (orders, placed) = (FakeDocuments::default(), placed_order());
        orders.save(&placed.order_id, &Order::new(placed.clone()), None).await.unwrap();
        let app = with(orders, FakeSagas::default());
        let wanted = json!({"ids": [placed.order_id, "gone"]});
        let (_, answer) = send(app.clone(), "POST /api/lists/orders", &wanted).await;
        assert_eq!(answer, json!({"listed": 1}));
        let (_, page) = send(app.clone(), "GET /api/orders", &Value::Null).await;
        assert_eq!(page["orders"][0]["order_id"], json!(placed.order_id));
        for ids in [json!([]), json!(vec!["a"; 101]), json!(["A"])] {
            let wanted = json!({"ids": ids});
            let (status, problem) = send(app.clone(), "POST /api/lists/orders", &wanted).await;
            let field = problem["field"].as_str().unwrap_or_default();
            assert!(status == 422 && field.starts_with("ids"), "{problem}");
        }
    }

    #[tokio::test]
    async fn an_unknown_order_is_not_found_and_a_bad_id_is_refused() {
        for (id, status, kind) in
            [("nowhere", 404, "unknown-order"), ("NO_ID", 422, "invalid-request")]
        {
            let app = with(FakeDocuments::default(), FakeSagas::default());
            let (answered, problem) =
                send(app, &format!("GET /api/orders/{id}"), &Value::Null).await;
            assert_eq!((answered.as_u16(), &problem["code"]), (status, &json!(kind)));
        }
    }

    #[tokio::test]
    async fn a_customer_is_erased_once_the_order_has_ended() {
        let (orders, placed) = (FakeDocuments::default(), placed_order());
        let erase = format!("DELETE /orders/{}/customer", placed.order_id);
        let app = with(orders.clone(), FakeSagas::default());
        assert_eq!(send(app.clone(), &erase, &Value::Null).await.0, 404);
        let mut order = Order::new(placed.clone());
        orders.save(&placed.order_id, &order, None).await.unwrap();
        let (status, problem) = send(app.clone(), &erase, &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("order-not-ended")));
        order.note(&Progress::Ended(Outcome::Fulfilled), at(1));
        orders.update(&placed.order_id, |_| (order.clone(), ())).await.unwrap();
        for _ in 0..2 {
            assert_eq!(send(app.clone(), &erase, &Value::Null).await.0, 204);
        }
        let route = format!("GET /api/orders/{}", placed.order_id);
        let (_, shown) = send(app, &route, &Value::Null).await;
        assert_eq!(shown["email"], json!("erased@erased.invalid"));
    }
}
