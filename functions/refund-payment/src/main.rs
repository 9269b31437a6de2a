//! `POST /api/payments/{payment_id}/refund`: gives a payment back. For the saga: voids an order's.

use shared::domain::payment::Payment;
use shared::http::views::PaymentView;
use shared::operations::payments;
use shared::prelude::*;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let provider = setup.payment_provider()?;
        Some(app(setup.sidecar().payment_documents(), provider))
    })
    .await
}

fn app<D: Documents<PaymentId, Payment>, P: Provider>(documents: D, provider: P) -> Router {
    Router::new()
        .route("/api/payments/{payment_id}/refund", post(refund::<D, P>))
        .route("/orders/{order_id}/payment", delete(void::<D, P>))
        .with_state((documents, provider))
}

async fn refund<D: Documents<PaymentId, Payment>, P: Provider>(
    State((documents, provider)): State<(D, P)>,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    match payments::refund(&documents, &provider, &id).await? {
        Some(payment) => Ok(Json(payment.into())),
        None => Err(Problem::new(Kind::UnknownPayment, format!("there is no payment {id}"))),
    }
}

async fn void<D: Documents<PaymentId, Payment>, P: Provider>(
    State((documents, provider)): State<(D, P)>,
    Path(order): Path<OrderId>,
) -> Result<StatusCode, Problem> {
    payments::void(&documents, &provider, &order).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::domain::payment::Charge;
    use shared::testing::fakes::{FakeDocuments, FakeProvider};
    use shared::testing::orders::{euro, placed_order};
    use shared::testing::{ask, conforms};

    #[tokio::test]
    async fn it_conforms() {
        let routes = ["POST /api/payments/a/refund", "DELETE /orders/a/payment"];
        conforms(app(FakeDocuments::default(), FakeProvider::default()), &[], &routes).await;
    }

    #[tokio::test]
    async fn a_payment_is_given_back_once() {
        let (documents, provider, placed) =
            (FakeDocuments::default(), FakeProvider::default(), placed_order());
        let charge = Charge {
            order_id: placed.order_id,
            amount: euro(700),
            payment_method: placed.order.payment_method,
        };
        let payment = payments::charge(&documents, &provider, &charge).await.unwrap();
        let route = format!("POST /api/payments/{}/refund", payment.payment_id);
        for _ in 0..2 {
            let app = app(documents.clone(), provider.clone());
            let (status, refunded) = ask(app, &route, &Value::Null).await;
            assert_eq!((status.as_u16(), &refunded["status"]), (200, &json!("refunded")));
        }
        assert_eq!(provider.calls(), ["charge", "refund"]);
    }

    #[tokio::test]
    async fn an_unknown_payment_is_not_found_but_an_order_without_one_is_voided() {
        let app = app(FakeDocuments::default(), FakeProvider::default());
        let (status, problem) = ask(app.clone(), "POST /api/payments/a/refund", &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["type"]), (404, &json!("unknown-payment")));
        assert_eq!(ask(app, "DELETE /orders/a/payment", &Value::Null).await.0, 204);
    }
}
