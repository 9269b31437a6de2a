//! `POST /api/payments/{payment_id}/refund`: gives a caller's payment back, whole or in part. For the
//! saga: undoes the payment of an order.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, post};
use shared::domain::payment::{NewRefund, Owner, RefundId};
use shared::domain::{OrderId, PaymentId};
use shared::http::views::PaymentView;
use shared::http::{IdempotencyKey, Json, Path, Problem};
use shared::operations::payments::Payments;
use shared::{host, wiring};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(wiring::payments(setup)?))).await
}

fn app<C: Payments>(payments: C) -> Router {
    Router::new()
        .route("/api/payments/{payment_id}/refund", post(refund::<C>))
        .route("/orders/{order_id}/payment", delete(void::<C>))
        .with_state(payments)
}

async fn refund<C: Payments>(
    State(payments): State<C>,
    Path(id): Path<PaymentId>,
    key: IdempotencyKey,
    Json(NewRefund { amount }): Json<NewRefund>,
) -> Result<Json<PaymentView>, Problem> {
    let refund = match key.0 {
        Some(key) => RefundId::for_key(&id, &key),
        // All that is left is the same however often it is asked for; a part is not.
        None if amount.is_none() => RefundId::rest(),
        None => return Err(IdempotencyKey::is_missing()),
    };
    let refunded = payments.refund(Owner::Caller, &id, &refund, amount).await?;
    Ok(Json(PaymentView::found(&id, refunded)?))
}

async fn void<C: Payments>(
    State(payments): State<C>,
    Path(order): Path<OrderId>,
) -> Result<StatusCode, Problem> {
    payments.void(&order).await?;
    Ok(StatusCode::NO_CONTENT)
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
        conforms(app, &["POST /api/payments/a/refund"], &["DELETE /orders/a/payment"]).await;
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
        assert_eq!(send(app, &undo, &Value::Null).await.0, 204);
        assert_eq!(provider.balance(), (700, 700));
    }

    #[tokio::test]
    async fn an_unknown_payment_is_not_found_but_an_order_without_one_is_voided() {
        let app = app(fake_payments(&FakeProvider::default()));
        let (status, problem) = send(app.clone(), "POST /api/payments/a/refund", &json!({})).await;
        assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("unknown-payment")));
        assert_eq!(send(app, "DELETE /orders/a/payment", &Value::Null).await.0, 204);
    }
}
