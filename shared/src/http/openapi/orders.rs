//! Operations at `/api/orders`.

use super::operation::Operation;
use super::parts::{AFTER, CUSTOMER, KEY, LAST_EVENT, LIMIT, NEEDED_KEY, PREFER, STATUS};
use crate::domain::RefusalName as R;
use crate::domain::order::{NewCancellation, NewOrderRefund, NewResumption};
use crate::http::Kind;
use crate::http::events::ROUTE;
use crate::http::order_list::OrderPageView;
use crate::http::orders::OrderRequest;
use crate::http::views::{OrderRefundView, OrderView, StatusView};
use axum::http::Method;
use serde_json::{Value, json};

const ID: &str = "6f0e4b0e-3a5b-5a0e-9a55-2b1f0c9d7e41";
const PLACED: &str = "2026-11-27T09:30:00Z";
const ENDED: &str = "2026-11-27T09:30:02Z";

const LINKS: [&str; 6] =
    ["getOrder", "getOrderStatus", "streamOrder", "cancelOrder", "resumeOrder", "refundOrder"];

pub(super) fn operations() -> Vec<Operation> {
    vec![create(), list(), get(), status(), events(), cancel(), resume(), refund()]
}

fn create() -> Operation {
    Operation::new(Method::POST, "/api/orders", "createOrder", "Places an order")
        .says("The response means that the order is accepted; it is then reserved, paid and shipped. The shop charges its own price: if a `unit_price` differs from it, the order is cancelled before any charge.")
        .takes(&[&KEY, &PREFER])
        .reads::<OrderRequest>(json!({
            "email": "ann@example.com",
            "items": [{"product_id": "lamp", "quantity": 2, "unit_price": {"amount": 1999, "currency": "EUR"}}],
            "payment_method": "pm_card_visa",
            "ship_to": {"name": "Ann Smith", "line1": "Main Street 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
        }))
        .answers::<OrderView>(202, "The order is accepted. The same key and body return the same order again.", placed())
        .with(&["Location", "Retry-After", "Idempotency-Key"])
        .leads_to(&LINKS)
        .answers::<OrderView>(201, "The order has ended: completed or cancelled. Only returned to clients that wait for it.", completed())
        .with(&["Location", "Idempotency-Key", "Preference-Applied"])
        .leads_to(&LINKS)
        .fails(&[Kind::KeyReused])
}

fn placed() -> Value {
    let item = json!({"product_id": "lamp", "quantity": 2, "unit_price": {"amount": 1999, "currency": "EUR"}});
    json!({
        "order_id": ID, "customer_id": "ann", "email": "ann@example.com", "items": [item],
        "status": "pending", "created_at": PLACED, "updated_at": PLACED
    })
}

fn completed() -> Value {
    let mut order = placed();
    order["status"] = "completed".into();
    order["total"] = json!({"amount": 3998, "currency": "EUR"});
    order["payment_id"] = "0d5c3f52-5b1e-5c8e-8a61-6b7de2a10f35".into();
    order["tracking_id"] = "b8a7a6c1-2f9d-5e0b-9c7d-54d1f0b3a6e8".into();
    order["updated_at"] = ENDED.into();
    order
}

fn list() -> Operation {
    let order = json!({
        "order_id": ID, "customer_id": "ann", "status": "completed",
        "total": {"amount": 3998, "currency": "EUR"}, "created_at": PLACED, "updated_at": ENDED
    });
    let example = json!({"orders": [order], "next": AFTER.example});
    Operation::new(Method::GET, "/api/orders", "listOrders", "Lists orders, newest first")
        .says("The caller's own orders, or for staff those of all customers. Lists follow the events of orders, normally within a second.")
        .takes(&[&STATUS, &CUSTOMER, &AFTER, &LIMIT])
        .answers::<OrderPageView>(200, "A page. It may have fewer orders than requested, even none; the list ends where there is no `next`.", example)
}

fn get() -> Operation {
    Operation::new(Method::GET, "/api/orders/{order_id}", "getOrder", "Shows an order")
        .says("`pending`, `reserved`, `paid`, `shipped` and `completed` follow one another; an order that does not complete is `cancelled`, or `stuck` until the shop or staff finish it. `reason` then says why.")
        .answers::<OrderView>(200, "The order.", completed())
        .fails(&[Kind::UnknownOrder])
}

fn status() -> Operation {
    let path = "/api/orders/{order_id}/status";
    let done = |step: &str| json!({"step": step, "state": "done", "at": ENDED});
    let steps = ["create", "reserve", "pay"].map(done);
    let example = json!({"order_id": ID, "status": "paid", "steps": steps});
    Operation::new(Method::GET, path, "getOrderStatus", "Shows the progress of an order")
        .takes(&[&PREFER])
        .answers::<StatusView>(200, "Its status and the steps that ended, oldest first.", example)
        .fails(&[Kind::UnknownOrder])
}

fn events() -> Operation {
    let example = "retry: 2000\n\nevent: step\nid: 0\ndata: {\"step\":\"create\",\"state\":\"done\",\"at\":\"2026-11-27T09:30:00Z\"}\n\n";
    Operation::new(Method::GET, ROUTE, "streamOrder", "Streams the steps of an order as they happen")
        .says("An event `step` or `undo` for each step, with the step as JSON, and a last one, `end`, with the status. A stream also ends after 200 s: reconnect with `Last-Event-ID`.")
        .takes(&[&LAST_EVENT])
        .streams("The events, as [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).", example)
        .answers_nothing(204, "The order has ended, and `Last-Event-ID` was its last event.")
        .fails(&[Kind::UnknownOrder])
}

fn cancel() -> Operation {
    let mut asked = placed();
    asked["cancellation"] = json!({"by": "customer", "reason": "ordered twice", "at": ENDED});
    let mut cancelled = asked.clone();
    cancelled["status"] = "cancelled".into();
    Operation::new(Method::POST, "/api/orders/{order_id}/cancel", "cancelOrder", "Cancels an order")
        .says("Possible until the order is shipped. Everything that was done is undone.")
        .reads::<NewCancellation>(json!({"reason": "ordered twice"}))
        .if_any()
        .answers::<OrderView>(200, "The order is cancelled.", cancelled)
        .answers::<OrderView>(202, "The order will be cancelled.", asked)
        .with(&["Retry-After"])
        .fails(&[Kind::UnknownOrder, Kind::OrderShipped])
}

fn resume() -> Operation {
    let path = "/api/orders/{order_id}/resume";
    Operation::new(Method::POST, path, "resumeOrder", "Resumes an order that has not ended")
        .says("Who requested it, when and why stays in the order. The same request within a minute is a repetition.")
        .reads::<NewResumption>(json!({"reason": "the provider is available again"}))
        .if_any()
        .answers_nothing(202, "The order is resumed.")
        .with(&["Retry-After"])
        .answers_nothing(204, "The order has ended.")
        .fails(&[Kind::UnknownOrder])
}

fn refund() -> Operation {
    let path = "/api/orders/{order_id}/refunds";
    let amount = json!({"amount": 500, "currency": "EUR"});
    let example = json!({
        "refund_id": "a2a4e5b0-7c39-5d5e-b7f1-6f4f2f7a9d10", "amount": amount, "status": "succeeded",
        "by": "sam", "reason": "arrived broken", "created_at": PLACED, "updated_at": ENDED
    });
    Operation::new(Method::POST, path, "refundOrder", "Refunds a completed order, or a part of it")
        .says("Without an `amount`, all that is left is refunded. Who requested it stays in the order. The same key and body return the same refund in its current state.")
        .takes(&[&NEEDED_KEY])
        .reads::<NewOrderRefund>(json!({"amount": amount, "reason": "arrived broken"}))
        .answers::<OrderRefundView>(201, "The refund: `pending`, `succeeded` or `failed`.", example)
        .fails(&[Kind::UnknownOrder, Kind::OrderNotEnded, Kind::KeyReused])
        .refuses(&[R::RefundTooLarge, R::NothingToRefund, R::TooManyRefunds, R::RefundMismatch])
}
