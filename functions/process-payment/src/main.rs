//! `POST /api/payments`: charges an order, once.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use shared::domain::payment::Charge;
use shared::http::views::PaymentView;
use shared::http::{Json, Problem};
use shared::operations::payments::Payments;
use shared::{host, wiring};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(wiring::payments(setup)?))).await
}

fn app<C: Payments>(payments: C) -> Router {
    Router::new().route("/api/payments", post(charge::<C>)).with_state(payments)
}

async fn charge<C: Payments>(
    State(payments): State<C>,
    Json(charge): Json<Charge>,
) -> Result<(StatusCode, Json<PaymentView>), Problem> {
    let payment = payments.charge(&charge).await?;
    Ok((StatusCode::CREATED, Json(payment.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::ports::Verdict;
    use shared::testing::fakes::{FakeProvider, fake_till};
    use shared::testing::{conforms, send};

    const ROUTE: &str = "POST /api/payments";

    fn order() -> Value {
        let amount = json!({"amount": 700, "currency": "EUR"});
        json!({"order_id": "a", "amount": amount, "payment_method": "pm_card_visa"})
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(fake_till(&FakeProvider::default())), &[ROUTE], &[]).await;
    }

    #[tokio::test]
    async fn the_same_order_again_is_the_same_payment() {
        let provider = FakeProvider::default();
        let app = app(fake_till(&provider));
        let (status, payment) = send(app.clone(), ROUTE, &order()).await;
        assert_eq!((status.as_u16(), &payment["status"]), (201, &json!("charged")));
        assert_eq!(send(app, ROUTE, &order()).await.1, payment);
        assert_eq!(provider.calls(), ["charge"]);
    }

    #[tokio::test]
    async fn a_declined_payment_is_a_problem() {
        let provider = FakeProvider::default();
        provider.answer_next(Verdict::Declined("card_declined".into()));
        let (status, problem) = send(app(fake_till(&provider)), ROUTE, &order()).await;
        assert_eq!((status.as_u16(), &problem["type"]), (402, &json!("payment-declined")));
    }

    #[tokio::test]
    async fn a_provider_that_cannot_be_reached_is_a_problem_that_passes() {
        let provider = FakeProvider::default();
        provider.fail_next();
        let (status, problem) = send(app(fake_till(&provider)), ROUTE, &order()).await;
        assert_eq!((status.as_u16(), &problem["type"]), (503, &json!("dependency-unavailable")));
    }
}
