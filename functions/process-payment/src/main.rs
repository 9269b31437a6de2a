//! `POST /api/payments` and `GET /api/payments/{payment_id}`; for the saga: charges an order.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use shared::domain::PaymentId;
use shared::domain::payment::{NewPayment, Owner};
use shared::http::views::PaymentView;
use shared::http::{Json, Path, Problem, payments};
use shared::ports::Payments;
use shared::{host, wiring};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(wiring::payments(setup)?))).await
}

fn app<C: Payments>(payments: C) -> Router {
    let router = Router::new().route("/api/payments", post(pay::<C>));
    let router = router.route("/api/payments/{payment_id}", get(find::<C>));
    router.with_state(payments.clone()).merge(payments::charges(payments))
}

async fn pay<C: Payments>(
    State(payments): State<C>,
    Json(payment): Json<NewPayment>,
) -> Result<impl IntoResponse, Problem> {
    let payment = payments.charge(Owner::Caller, &payment.charge()?).await?;
    Ok(PaymentView::from(payment).created())
}

async fn find<C: Payments>(
    State(payments): State<C>,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    Ok(Json(PaymentView::found(&id, payments.find(&id).await?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use serde_json::{Value, json};
    use shared::testing::fakes::{FakeProvider, Fault, fake_payments};
    use shared::testing::{conforms, send};

    const ROUTE: &str = "POST /api/payments";

    fn payment() -> Value {
        let amount = json!({"amount": 700, "currency": "EUR"});
        json!({"order_id": "a", "amount": amount, "payment_method": "pm_card_visa"})
    }

    #[tokio::test]
    async fn it_conforms() {
        let app = app(fake_payments(&FakeProvider::default()));
        let bare = ["GET /api/payments/a", "POST /payments/sweep"];
        conforms(app, &[ROUTE, "PUT /orders/a/payment"], &bare).await;
    }

    #[tokio::test]
    async fn the_same_reference_again_is_the_same_payment() {
        let provider = FakeProvider::default();
        let app = app(fake_payments(&provider));
        let (status, made) = send(app.clone(), ROUTE, &payment()).await;
        assert_eq!((status.as_u16(), &made["status"]), (201, &json!("charged")));
        assert_eq!(send(app.clone(), ROUTE, &payment()).await.1, made);
        let find = format!("GET /api/payments/{}", made["payment_id"].as_str().unwrap());
        assert_eq!(send(app.clone(), &find, &Value::Null).await, (StatusCode::OK, made));
        let (status, problem) = send(app, "GET /api/payments/unknown", &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("unknown-payment")));
        assert_eq!(provider.balance(), (700, 0));
    }

    #[tokio::test]
    async fn an_amount_that_cannot_be_charged_is_refused_before_the_provider_is_asked() {
        let provider = FakeProvider::default();
        for (amount, currency, detail) in [
            (0, "EUR", "total-too-small"),
            (49, "EUR", "total-too-small"),
            (500, "XXX", "amount.currency"),
            (500, "BGN", "amount.currency"),
            (5_124, "KWD", "amount"),
            (1_000_000, "UGX", "total-too-large"),
        ] {
            let mut payment = payment();
            payment["amount"] = json!({"amount": amount, "currency": currency});
            let (status, problem) = send(app(fake_payments(&provider)), ROUTE, &payment).await;
            let found = problem.get("field").unwrap_or(&problem["code"]);
            assert_eq!((status.as_u16(), found), (422, &json!(detail)), "{problem}");
        }
        assert!(provider.calls().is_empty());
    }

    #[tokio::test]
    async fn a_callers_payment_differs_from_the_payment_of_an_order_with_the_same_id() {
        let provider = FakeProvider::default();
        let app = app(fake_payments(&provider));
        let (_, direct) = send(app.clone(), ROUTE, &payment()).await;
        let mut charge = payment();
        charge["amount"]["amount"] = json!(800);
        charge.as_object_mut().unwrap().remove("order_id");
        let (status, order) = send(app, "PUT /orders/a/payment", &charge).await;
        assert_eq!((status.as_u16(), &order["status"]), (200, &json!("charged")));
        assert_ne!(direct["payment_id"], order["payment_id"]);
        assert_eq!(provider.balance(), (1_500, 0));
    }

    #[tokio::test]
    async fn a_declined_payment_is_a_problem_until_another_method_is_used() {
        let provider = FakeProvider::default();
        provider.inject("confirm", Fault::Declined);
        let app = app(fake_payments(&provider));
        let (status, problem) = send(app.clone(), ROUTE, &payment()).await;
        assert_eq!((status.as_u16(), &problem["code"]), (402, &json!("payment-declined")));
        let mut other = payment();
        other["payment_method"] = json!("pm_card_mastercard");
        assert_eq!(send(app, ROUTE, &other).await.0, 201);
    }

    #[tokio::test]
    async fn an_unreachable_provider_is_a_temporary_problem() {
        let provider = FakeProvider::default();
        provider.inject("create", Fault::Lost);
        let (status, problem) = send(app(fake_payments(&provider)), ROUTE, &payment()).await;
        assert_eq!((status.as_u16(), &problem["code"]), (503, &json!("dependency-unavailable")));
    }
}
