//! The public API: sends each request to the function that serves it, and streams what comes of orders. Beside
//! it the shop's page, a client of it.

use axum::Router;
use shared::host::{self, CORS_ORIGINS, MAX_STREAMS, Service};
use shared::http::events::Events;
use shared::http::limits::Limits;
use shared::http::{reference, routes};
use shared::ports::{Functions, Progress, Tokens};
use shared::wiring;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let (tokens, origins) = (wiring::tokens(setup)?, setup.read(&CORS_ORIGINS)?);
        let (progress, room) = (setup.sidecar().sagas(), setup.read(&MAX_STREAMS)?);
        let streams = Events::new(progress, room, setup.stopping());
        let limits = Limits::from(wiring::allowed(setup)?);
        let api = api(setup.sidecar().invocation(), tokens.as_ref(), &streams, &limits);
        let page = page::routes(&wiring::page(setup)?);
        Ok(Service::from(api.merge(page)).public().called_from(origins))
    })
    .await
}

fn api<F: Functions, T: Tokens, P: Progress>(
    functions: F,
    tokens: Option<&T>,
    streams: &Events<P>,
    limits: &Limits,
) -> Router {
    routes::router(functions, tokens, streams, limits).merge(reference::routes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::request::Builder;
    use axum::http::{Request, StatusCode};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use shared::http::limits::Allowed;
    use shared::testing::fakes::{FakeFunctions, FakeProgress, FakeTokens};
    use shared::testing::{conforms, send, send_with};
    use tokio_util::sync::CancellationToken;
    use tower::ServiceExt;

    const ROUTES: [(&str, &str); 22] = [
        ("POST /api/orders", "create-order"),
        ("GET /api/orders", "get-order"),
        ("GET /api/orders/a", "get-order"),
        ("GET /api/orders/a/status", "order-status"),
        ("POST /api/orders/a/cancel", "order-saga"),
        ("POST /api/orders/a/resume", "order-saga"),
        ("POST /api/orders/a/refunds", "order-saga"),
        ("GET /api/inventory", "stock"),
        ("GET /api/inventory/a", "check-stock"),
        ("PUT /api/inventory/a", "set-stock"),
        ("POST /api/inventory/a/adjustments", "set-stock"),
        ("POST /api/inventory/a/reserve", "reserve-stock"),
        ("POST /api/inventory/a/release", "release-stock"),
        ("POST /api/payments", "process-payment"),
        ("GET /api/payments/a", "process-payment"),
        ("POST /api/payments/a/refund", "refund-payment"),
        ("POST /api/lists/orders", "get-order"),
        ("POST /api/lists/products", "stock"),
        ("GET /api/dead-letters", "dead-letters"),
        ("GET /api/dead-letters/a", "dead-letters"),
        ("POST /api/dead-letters/a/resend", "dead-letters"),
        ("POST /api/dead-letters/a/drop", "dead-letters"),
    ];

    fn open() -> Router {
        gateway(None)
    }

    fn gateway(tokens: Option<&FakeTokens>) -> Router {
        let streams = Events::new(FakeProgress::default(), 1, CancellationToken::new());
        api(FakeFunctions, tokens, &streams, &Allowed::default().into())
    }

    async fn shown(route: &str, authorization: &[&str]) -> (StatusCode, Option<String>, Value) {
        let (method, path) = route.split_once(' ').unwrap();
        let request =
            Request::builder().method(method).uri(path).header("shop-caller", "eve orders");
        let request =
            authorization.iter().fold(request, |it, shown| it.header("authorization", *shown));
        let app = gateway(Some(&FakeTokens));
        let response = app.oneshot(request.body(Body::from("{}")).unwrap()).await.unwrap();
        let challenge = response.headers().get("www-authenticate");
        let challenge = challenge.map(|challenge| challenge.to_str().unwrap().to_owned());
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, challenge, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_caller_without_a_valid_token_is_challenged() {
        for (shown_as, code, challenge) in [
            (&[][..], "no-token", "Bearer"),
            (&["Basic YTpi"], "no-token", "Bearer"),
            (&["Bearer"], "no-token", "Bearer"),
            (
                &["Bearer NOBODY"],
                "invalid-token",
                r#"Bearer error="invalid_token", error_description="the token is malformed""#,
            ),
        ] {
            for (route, _) in ROUTES {
                let (status, challenged, problem) = shown(route, shown_as).await;
                assert_eq!((status.as_u16(), &problem["code"]), (401, &json!(code)), "{route}");
                assert_eq!(challenged.as_deref(), Some(challenge));
            }
        }
        let (status, _, problem) = shown("GET /api/orders/a", &["Bearer a", "Bearer b"]).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("authorization")));
        let app = gateway(Some(&FakeTokens));
        assert_eq!(send(app, "GET /nowhere", &Value::Null).await.0, 404);
    }

    #[tokio::test]
    async fn a_caller_may_do_what_the_token_allows_and_nothing_else() {
        let scopes = ["orders", "orders.admin", "inventory", "inventory.admin", "payments.admin"];
        let needed = [0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 1, 3, 1, 1, 1, 1]
            .map(|scope| scopes[scope]);
        for ((route, _), needed) in ROUTES.iter().zip(needed) {
            for held in scopes {
                let (status, challenge, answer) =
                    shown(route, &[&format!("bearer ann {held}")]).await;
                if held.starts_with(needed) {
                    assert_eq!(status, StatusCode::OK, "{route} {held}");
                    assert!(answer["headers"].as_array().unwrap().contains(&json!("shop-caller")));
                    assert_eq!(answer["caller"], format!("ann {held}"));
                } else {
                    assert_eq!((status.as_u16(), &answer["code"]), (403, &json!("missing-scope")));
                    let named = format!(r#"Bearer error="insufficient_scope", scope="{needed}""#);
                    assert_eq!(challenge, Some(named), "{route} {held}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_stream_of_events_needs_a_token_as_its_order_does() {
        let events = "GET /api/orders/a/events";
        assert_eq!(shown(events, &[]).await.0, StatusCode::UNAUTHORIZED);
        let (status, _, problem) = shown(events, &["bearer ann orders"]).await;
        assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("unknown-order")));
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(open(), &[], &ROUTES.map(|(route, _)| route)).await;
    }

    #[tokio::test]
    async fn each_request_is_forwarded_unchanged_to_its_function() {
        for (route, function) in ROUTES {
            let headers =
                [("idempotency-key", "k"), ("cookie", "secret"), ("dapr-app-id", "stock")];
            let (status, seen) = send_with(open(), route, &headers, &json!({"a": 1})).await;
            assert_eq!((status.as_u16(), &seen["function"]), (200, &json!(function)));
            assert_eq!(format!("{} {}", seen["method"], seen["path"]).replace('"', ""), route);
            assert_eq!(seen["headers"], json!(["content-type", "idempotency-key"]));
            assert_eq!(seen["body"], r#"{"a":1}"#);
        }
    }

    #[tokio::test]
    async fn an_order_without_a_key_gets_one_that_the_response_names() {
        let key = async |request: Builder| {
            let request = request.header("content-type", "application/json").body(Body::from("{}"));
            let response = open().oneshot(request.unwrap()).await.unwrap();
            response.headers()["idempotency-key"].to_str().unwrap().to_owned()
        };
        let request = || Request::post("/api/orders");
        assert_eq!(key(request().header("idempotency-key", "k")).await, "k");
        assert_ne!(key(request()).await, key(request()).await);
        let (_, seen) = send(open(), "POST /api/orders", &json!({})).await;
        assert_eq!(seen["headers"], json!(["content-type", "idempotency-key"]));
    }

    #[tokio::test]
    async fn a_head_request_gets_the_response_of_a_get_without_its_body() {
        let request = Request::head("/api/inventory/lamp").body(Body::empty()).unwrap();
        let response = open().oneshot(request).await.unwrap();
        assert_ne!(response.headers()["content-length"], "0");
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }

    #[tokio::test]
    async fn a_path_that_is_not_utf_8_is_a_problem() {
        let (status, problem) = send(open(), "GET /api/orders/%FF", &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("path")));
    }

    #[tokio::test]
    async fn no_path_escapes_its_function() {
        for id in ["..%2F..%2Fstate", "A", "a%3Fx", &"a".repeat(65)] {
            let (status, problem) =
                send(open(), &format!("GET /api/orders/{id}"), &Value::Null).await;
            assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("order_id")), "{id}");
        }
    }

    #[tokio::test]
    async fn an_unknown_query_parameter_is_a_problem() {
        let route = "GET /api/orders/a?verbose=1&x";
        let (status, problem) = send(open(), route, &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("verbose")));
        assert_eq!(send(open(), "GET /api/orders/a?", &Value::Null).await.0, 200);
    }

    #[tokio::test]
    async fn a_client_that_accepts_no_json_gets_a_problem() {
        let headers = [("accept", "text/html")];
        let (status, problem) =
            send_with(open(), "GET /api/orders/a", &headers, &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["code"]), (406, &json!("not-acceptable")));
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_not_forwarded() {
        let body = json!("x".repeat(300 * 1024));
        let (status, problem) = send(open(), "POST /api/orders", &body).await;
        assert_eq!((status.as_u16(), &problem["code"]), (413, &json!("body-too-large")));
    }
}
