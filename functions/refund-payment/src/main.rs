//! `POST /api/payments/{payment_id}/refund`; for orders: undoes their payments, or refunds parts.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use shared::domain::PaymentId;
use shared::domain::payment::{NewRefund, Owner};
use shared::http::views::PaymentView;
use shared::http::{IdempotencyKey, Json, Path, Problem, payments};
use shared::ports::Payments;
use shared::{host, wiring};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(wiring::payments(setup)?))).await
}

fn app<C: Payments>(payments: C) -> Router {
    let router = Router::new().route("/api/payments/{payment_id}/refund", post(refund::<C>));
    router.with_state(payments.clone()).merge(payments::refunds(payments))
}

async fn refund<C: Payments>(
    State(payments): State<C>,
    Path(id): Path<PaymentId>,
    key: IdempotencyKey,
    Json(NewRefund { amount }): Json<NewRefund>,
) -> Result<Json<PaymentView>, Problem> {
    let refund = key.refund_of(&id, amount)?;
    let refunded = payments.refund(Owner::Caller, &id, &refund, amount).await?;
    Ok(Json(PaymentView::found(&id, refunded)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::domain::payment::Charge;
    use shared::testing::fakes::{FakeProvider, fake_payments};
    use shared::testing::orders::{euro, placed_order};
    use shared::testing::{conforms, send, send_with};

    fn charge() -> Charge {
        let placed = placed_order();
        let payment_method = placed.order.payment_method;
        Charge { order_id: placed.order_id, amount: euro(700), payment_method }
    }

    async fn paid(provider: &FakeProvider, by: Owner) -> (Router, String) {
        let service = fake_payments(provider);
        let payment = service.charge(by, &charge()).await.unwrap();
        (app(service), format!("POST /api/payments/{}/refund", payment.payment_id))
    }

    #[tokio::test]
    async fn it_conforms() {
        let app = app(fake_payments(&FakeProvider::default()));
        let bodies = ["POST /api/payments/a/refund", "PUT /orders/a/payment/refunds/b"];
        let bare = ["DELETE /orders/a/payment", "POST /orders/a/payment/review"];
        conforms(app, &bodies, &bare).await;
    }

    #[tokio::test]
    async fn a_payment_is_refunded_once() {
        let provider = FakeProvider::default();
        let (app, route) = paid(&provider, Owner::Caller).await;
        for _ in 0..2 {
            let (status, refunded) = send(app.clone(), &route, &json!({})).await;
            assert_eq!((status.as_u16(), &refunded["status"]), (200, &json!("refunded")));
        }
        assert_eq!(provider.balance(), (700, 700));
    }

    #[tokio::test]
    async fn a_partial_refund_is_made_once_per_key() {
        let provider = FakeProvider::default();
        let (app, route) = paid(&provider, Owner::Caller).await;
        let part = json!({"amount": {"amount": 300, "currency": "EUR"}});
        let (status, problem) = send(app.clone(), &route, &part).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("Idempotency-Key")));
        for key in ["a", "a", "b"] {
            let headers = [("idempotency-key", key)];
            let (status, payment) = send_with(app.clone(), &route, &headers, &part).await;
            assert_eq!((status.as_u16(), &payment["status"]), (200, &json!("charged")));
        }
        let headers = [("idempotency-key", "c")];
        let (status, problem) = send_with(app, &route, &headers, &part).await;
        assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("refund-too-large")));
        assert_eq!(provider.balance(), (700, 600));
    }

    #[tokio::test]
    async fn the_payment_of_an_order_cannot_be_refunded_by_a_caller() {
        let provider = FakeProvider::default();
        let (app, route) = paid(&provider, Owner::Order).await;
        let (status, problem) = send(app.clone(), &route, &json!({})).await;
        assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("payment-of-an-order")));
        assert_eq!(provider.balance(), (700, 0));
        let undo = format!("DELETE /orders/{}/payment", charge().order_id);
        for _ in 0..2 {
            let (status, undone) = send(app.clone(), &undo, &Value::Null).await;
            assert_eq!((status.as_u16(), undone), (200, json!({"refunded": euro(700)})));
        }
        assert_eq!(provider.balance(), (700, 700));
    }

    #[tokio::test]
    async fn staff_refund_a_part_of_an_orders_payment() {
        let provider = FakeProvider::default();
        let (app, _) = paid(&provider, Owner::Order).await;
        let route = format!("PUT /orders/{}/payment/refunds/b", charge().order_id);
        for _ in 0..2 {
            let (status, refund) = send(app.clone(), &route, &json!({"amount": euro(300)})).await;
            assert_eq!((status.as_u16(), &refund["status"]), (200, &json!("succeeded")));
        }
        let (status, problem) = send(app.clone(), &route, &json!({"amount": euro(1)})).await;
        assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("refund-mismatch")));
        let unpaid = "PUT /orders/unpaid/payment/refunds/b";
        let (status, problem) = send(app, unpaid, &json!({"amount": euro(1)})).await;
        assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("unknown-payment")));
        assert_eq!(provider.balance(), (700, 300));
    }

    #[tokio::test]
    async fn an_unknown_payment_is_not_found_but_an_order_without_one_is_voided() {
        let app = app(fake_payments(&FakeProvider::default()));
        let (status, problem) = send(app.clone(), "POST /api/payments/a/refund", &json!({})).await;
        assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("unknown-payment")));
        let (status, undone) = send(app, "DELETE /orders/a/payment", &Value::Null).await;
        assert_eq!((status.as_u16(), undone), (200, json!({})));
    }
}
