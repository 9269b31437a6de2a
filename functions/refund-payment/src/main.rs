//! `POST /api/payments/{payment_id}/refund`: gives a payment back. For the saga: voids an order's.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, post};
use shared::domain::{OrderId, PaymentId};
use shared::http::views::PaymentView;
use shared::http::{Json, Kind, Path, Problem};
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
) -> Result<Json<PaymentView>, Problem> {
    match payments.refund(&id).await? {
        Some(payment) => Ok(Json(payment.into())),
        None => Err(Problem::new(Kind::UnknownPayment, format!("there is no payment {id}"))),
    }
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
    use shared::testing::fakes::{FakeProvider, fake_till};
    use shared::testing::orders::{euro, placed_order};
    use shared::testing::{conforms, send};

    #[tokio::test]
    async fn it_conforms() {
        let routes = ["POST /api/payments/a/refund", "DELETE /orders/a/payment"];
        conforms(app(fake_till(&FakeProvider::default())), &[], &routes).await;
    }

    #[tokio::test]
    async fn a_payment_is_given_back_once() {
        let (provider, placed) = (FakeProvider::default(), placed_order());
        let service = fake_till(&provider);
        let charge = Charge {
            order_id: placed.order_id,
            amount: euro(700),
            payment_method: placed.order.payment_method,
        };
        let payment = service.charge(&charge).await.unwrap();
        let route = format!("POST /api/payments/{}/refund", payment.payment_id);
        for _ in 0..2 {
            let app = app(service.clone());
            let (status, refunded) = send(app, &route, &Value::Null).await;
            assert_eq!((status.as_u16(), &refunded["status"]), (200, &json!("refunded")));
        }
        assert_eq!(provider.calls(), ["charge", "refund"]);
    }

    #[tokio::test]
    async fn an_unknown_payment_is_not_found_but_an_order_without_one_is_voided() {
        let app = app(fake_till(&FakeProvider::default()));
        let (status, problem) =
            send(app.clone(), "POST /api/payments/a/refund", &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["type"]), (404, &json!("unknown-payment")));
        assert_eq!(send(app, "DELETE /orders/a/payment", &Value::Null).await.0, 204);
    }
}
