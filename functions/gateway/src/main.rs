//! The public API: sends each request to the function that serves it.

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::MethodFilter;
use shared::host::{self, CORS_ORIGINS, Service};
use shared::http::forward::{to, with_key};
use shared::ports::Functions;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let origins = setup.read(&CORS_ORIGINS)?;
        Ok(Service::from(app(setup.sidecar().invocation())).public().called_from(origins))
    })
    .await
}

fn app<F: Functions>(functions: F) -> Router {
    let (get, put, post) = (MethodFilter::GET, MethodFilter::PUT, MethodFilter::POST);
    let set_stock = to(put, "set-stock").layer(from_fn(with_key));
    let product = to(get, "check-stock").merge(set_stock);
    Router::new()
        .route("/api/orders", to(post, "create-order").layer(from_fn(with_key)))
        .route("/api/orders/{order_id}", to(get, "get-order"))
        .route("/api/orders/{order_id}/status", to(get, "order-status"))
        .route("/api/orders/{order_id}/resume", to(post, "order-saga"))
        .route("/api/orders/{order_id}/refunds", to(post, "order-saga"))
        .route("/api/inventory/{product_id}", product)
        .route("/api/inventory/{product_id}/adjustments", to(post, "set-stock"))
        .route("/api/inventory/{product_id}/reserve", to(post, "reserve-stock"))
        .route("/api/inventory/{product_id}/release", to(post, "release-stock"))
        .route("/api/payments", to(post, "process-payment"))
        .route("/api/payments/{payment_id}", to(get, "process-payment"))
        .route("/api/payments/{payment_id}/refund", to(post, "refund-payment"))
        .with_state(functions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use axum::http::request::Builder;
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use shared::testing::fakes::FakeFunctions;
    use shared::testing::{conforms, send, send_with};
    use tower::ServiceExt;

    const ROUTES: [(&str, &str); 13] = [
        ("POST /api/orders", "create-order"),
        ("GET /api/orders/a", "get-order"),
        ("GET /api/orders/a/status", "order-status"),
        ("POST /api/orders/a/resume", "order-saga"),
        ("POST /api/orders/a/refunds", "order-saga"),
        ("GET /api/inventory/a", "check-stock"),
        ("PUT /api/inventory/a", "set-stock"),
        ("POST /api/inventory/a/adjustments", "set-stock"),
        ("POST /api/inventory/a/reserve", "reserve-stock"),
        ("POST /api/inventory/a/release", "release-stock"),
        ("POST /api/payments", "process-payment"),
        ("GET /api/payments/a", "process-payment"),
        ("POST /api/payments/a/refund", "refund-payment"),
    ];

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(FakeFunctions), &[], &ROUTES.map(|(route, _)| route)).await;
    }

    #[tokio::test]
    async fn each_request_is_forwarded_unchanged_to_its_function() {
        for (route, function) in ROUTES {
            let headers =
                [("idempotency-key", "k"), ("cookie", "secret"), ("dapr-app-id", "stock")];
            let (status, seen) =
                send_with(app(FakeFunctions), route, &headers, &json!({"a": 1})).await;
            assert_eq!((status.as_u16(), &seen["function"]), (200, &json!(function)));
            assert_eq!(format!("{} {}", seen["method"], seen["path"]).replace('"', ""), route);
            assert_eq!(seen["headers"], json!(["content-type", "idempotency-key"]));
            assert_eq!(seen["body"], r#"{"a":1}"#);
        }
    }

    #[tokio::test]
    async fn an_order_without_a_key_gets_one_which_the_answer_names() {
        let key = async |request: Builder| {
            let request = request.header("content-type", "application/json").body(Body::from("{}"));
            let response = app(FakeFunctions).oneshot(request.unwrap()).await.unwrap();
            response.headers()["idempotency-key"].to_str().unwrap().to_owned()
        };
        let request = || Request::post("/api/orders");
        assert_eq!(key(request().header("idempotency-key", "k")).await, "k");
        assert_ne!(key(request()).await, key(request()).await);
        let (_, seen) = send(app(FakeFunctions), "POST /api/orders", &json!({})).await;
        assert_eq!(seen["headers"], json!(["content-type", "idempotency-key"]));
    }

    #[tokio::test]
    async fn a_head_is_answered_as_a_get_without_its_body() {
        let request = Request::head("/api/inventory/lamp").body(Body::empty()).unwrap();
        let response = app(FakeFunctions).oneshot(request).await.unwrap();
        assert_ne!(response.headers()["content-length"], "0");
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }

    #[tokio::test]
    async fn a_path_that_is_not_utf_8_is_a_problem() {
        let (status, problem) = send(app(FakeFunctions), "GET /api/orders/%FF", &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("path")));
    }

    #[tokio::test]
    async fn no_path_escapes_its_function() {
        for id in ["..%2F..%2Fstate", "A", "a%3Fx", &"a".repeat(65)] {
            let (status, problem) =
                send(app(FakeFunctions), &format!("GET /api/orders/{id}"), &Value::Null).await;
            assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("order_id")), "{id}");
        }
    }

    #[tokio::test]
    async fn a_query_that_nobody_reads_is_a_problem() {
        let route = "GET /api/orders/a?verbose=1&x";
        let (status, problem) = send(app(FakeFunctions), route, &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("verbose")));
        assert_eq!(send(app(FakeFunctions), "GET /api/orders/a?", &Value::Null).await.0, 200);
    }

    #[tokio::test]
    async fn who_takes_no_json_is_answered_with_a_problem() {
        let headers = [("accept", "text/html")];
        let (status, problem) =
            send_with(app(FakeFunctions), "GET /api/orders/a", &headers, &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["code"]), (406, &json!("not-acceptable")));
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_not_forwarded() {
        let body = json!("x".repeat(300 * 1024));
        let (status, problem) = send(app(FakeFunctions), "POST /api/orders", &body).await;
        assert_eq!((status.as_u16(), &problem["code"]), (413, &json!("body-too-large")));
    }
}
