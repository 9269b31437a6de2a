//! Bodies that may be left out.

use super::Json;
use crate::http::Problem;
use axum::body::HttpBody;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;

/// A request that declares no body has none.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let declared = request.headers().contains_key(header::CONTENT_TYPE);
        if !declared && request.body().is_end_stream() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn a_body_that_may_be_left_out_is_none_unless_it_is_declared() {
        let read = async |kind: Option<&str>, body: &'static str| {
            let mut request = axum::http::Request::post("/");
            if let Some(kind) = kind {
                request = request.header(header::CONTENT_TYPE, kind);
            }
            let request = request.body(Body::from(body)).unwrap();
            let body = Option::<Json<Value>>::from_request(request, &()).await;
            body.map(|body| body.map(|Json(body)| body))
                .map_err(|it| it.document()["status"].clone())
        };
        assert_eq!(read(None, "").await, Ok(None));
        assert_eq!(read(Some("application/json"), "{}").await, Ok(Some(json!({}))));
        assert_eq!(read(Some("application/json"), "").await, Err(json!(400)));
        assert_eq!(read(None, "{}").await, Err(json!(415)));
    }
}
