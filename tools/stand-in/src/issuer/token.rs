//! The token endpoint: bare tokens for a shell, and the grants of applications
//! ([RFC 6749](https://www.rfc-editor.org/rfc/rfc6749)).

use crate::issuer::api::{Issuer, an_hour, no_key};
use crate::issuer::codes::Proof;
use crate::web::ApiError;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The longest that a token lasts, in seconds: a day.
const MAX_SECONDS: i64 = 86_400;

/// The longest subject, in characters ([`OpenID` Connect](https://openid.net/specs/openid-connect-core-1_0.html#IDToken)).
const MAX_SUBJECT: usize = 255;

/// The parameters of a request for a bare token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    sub: String,
    #[serde(default)]
    scope: String,
    audience: Option<String>,
    #[serde(default = "an_hour")]
    seconds: i64,
}

/// The parameters of a request by an application.
#[derive(Debug, Deserialize)]
#[serde(tag = "grant_type", rename_all = "snake_case")]
enum GrantRequest {
    /// For a code of `/authorize`.
    AuthorizationCode {
        code: String,
        redirect_uri: String,
        client_id: String,
        code_verifier: String,
    },
    /// For the client itself; no secret is required.
    ClientCredentials {
        client_id: String,
        #[serde(default)]
        scope: String,
    },
}

pub(crate) fn routes(issuer: Issuer) -> Router {
    Router::new().route("/token", get(by_query).post(by_grant)).with_state(issuer)
}

async fn by_query(
    State(issuer): State<Issuer>,
    request: Result<Query<TokenRequest>, QueryRejection>,
) -> Result<String, ApiError> {
    let Query(request) = request?;
    issuer.token(&request)
}

/// Pages of any origin may call it: a code is valid only for the page that it was issued to.
async fn by_grant(
    State(issuer): State<Issuer>,
    grant: Result<Form<GrantRequest>, FormRejection>,
) -> Response {
    let (status, answer) = match grant {
        Ok(Form(grant)) => match issuer.grant(grant) {
            Ok(answer) => (StatusCode::OK, answer),
            Err(why) => (
                StatusCode::BAD_REQUEST,
                json!({"error": "invalid_grant", "error_description": why}),
            ),
        },
        Err(rejection) => {
            let why = rejection.body_text();
            (StatusCode::BAD_REQUEST, json!({"error": "invalid_request", "error_description": why}))
        }
    };
    let headers = [(CACHE_CONTROL, "no-store"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (status, headers, Json(answer)).into_response()
}

impl Issuer {
    fn grant(&self, request: GrantRequest) -> Result<Value, String> {
        let (sub, scope) = match request {
            GrantRequest::ClientCredentials { client_id, scope } => (client_id, scope),
            GrantRequest::AuthorizationCode { code, redirect_uri, client_id, code_verifier } => {
                let proof =
                    Proof { client: &client_id, redirect: &redirect_uri, verifier: &code_verifier };
                let grant = self.codes().redeem(&code, proof);
                let grant = grant
                    .ok_or("the code is unknown, was used, or was issued to another client")?;
                (grant.subject, grant.scope)
            }
        };
        let request = TokenRequest { sub, scope, audience: None, seconds: an_hour() };
        let token = self.token(&request).map_err(|error| error.to_string())?;
        Ok(json!({
            "access_token": token, "token_type": "Bearer", "expires_in": request.seconds, "scope": request.scope,
        }))
    }

    fn token(
        &self,
        TokenRequest { sub, scope, audience, seconds }: &TokenRequest,
    ) -> Result<String, ApiError> {
        let bad = |why: String| ApiError::new(StatusCode::BAD_REQUEST, why);
        if !(1..=MAX_SUBJECT).contains(&sub.chars().count()) {
            return Err(bad(format!("'sub' must have 1 to {MAX_SUBJECT} characters")));
        }
        if !(1..=MAX_SECONDS).contains(seconds) {
            return Err(bad(format!("'seconds' must be 1 to {MAX_SECONDS}")));
        }
        let audience = audience.as_ref().unwrap_or(&self.audience);
        let claims = self.claims(sub, scope, audience, *seconds);
        self.keys().sign(&Map::new(), &claims).map_err(no_key)
    }
}
