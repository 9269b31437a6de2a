//! Optional bodies.

use super::{Json, read_body};
use crate::http::Problem;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;

/// A request that neither declares nor sends a body has none. A sidecar forwards an empty body as
/// if it might have content, so only reading it shows that.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return <Self as FromRequest<S>>::from_request(request, state).await.map(Some);
        }
        let body = read_body(request).await?;
        if body.is_empty() { Ok(None) } else { Err(Problem::undeclared()) }
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
