//! The authorization endpoint, with a page on which a person chooses an identity
//! ([RFC 6749 §4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1), PKCE by
//! [RFC 7636](https://www.rfc-editor.org/rfc/rfc7636)).

use crate::issuer::api::Issuer;
use crate::issuer::codes::Grant;
use crate::pages;
use crate::web::ApiError;
use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use form_urlencoded::Serializer;
use serde::Deserialize;

/// Who may do everything that an application requests.
const STAFF: &str = "staff";

/// Who can be chosen, and what they are.
const PEOPLE: [(&str, &str); 3] =
    [("ann", "a customer"), ("bob", "another customer"), (STAFF, "who works in the shop")];

/// The length of a challenge: 32 bytes in base64.
const CHALLENGE: usize = 43;

/// The parameters of an authorization request. Others are ignored
/// ([RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)).
#[derive(Debug, Deserialize)]
struct AuthorizationRequest {
    client_id: String,
    redirect_uri: String,
    response_type: Option<String>,
    #[serde(default)]
    scope: String,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    /// `none`: without a page, for who was chosen before, whom `login_hint` names
    /// ([`OpenID` Connect](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)).
    prompt: Option<String>,
    login_hint: Option<String>,
    /// The chosen identity, once there is one.
    sub: Option<String>,
}

#[derive(Template)]
#[template(path = "issuer/choose.html")]
struct ChoosePage<'a> {
    client: &'a str,
    scope: &'a str,
    query: &'a str,
    people: &'a [(&'a str, &'a str)],
}

pub(crate) fn routes(issuer: Issuer) -> Router {
    Router::new().route("/authorize", get(authorize)).with_state(issuer)
}

async fn authorize(
    State(issuer): State<Issuer>,
    RawQuery(query): RawQuery,
    request: Result<Query<AuthorizationRequest>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(request) = request?;
    // Nothing is sent to an address that may belong to anyone, not even an error.
    if !is_loopback(&request.redirect_uri) {
        let why =
            "'redirect_uri' must be an address of this machine, such as http://127.0.0.1:8000/";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, why));
    }
    let challenge = match request.challenge() {
        Ok(challenge) => challenge,
        Err((error, why)) => {
            return Ok(request.redirect(&[("error", error), ("error_description", why)]));
        }
    };
    let silent = request.prompt.as_deref() == Some("none");
    let chosen = if silent { request.known() } else { request.sub.clone() };
    let Some(subject) = chosen.filter(|subject| !subject.is_empty()) else {
        if silent {
            return Ok(request.redirect(&[("error", "login_required")]));
        }
        let (client, scope, query) =
            (&request.client_id, &request.scope, query.unwrap_or_default());
        return Ok(pages::page(&ChoosePage { client, scope, query: &query, people: &PEOPLE }));
    };
    let code = issuer.codes().issue(Grant {
        client: request.client_id.clone(),
        redirect: request.redirect_uri.clone(),
        challenge: challenge.to_owned(),
        scope: granted(&request.scope, &subject),
        subject,
    });
    Ok(request.redirect(&[("code", &code)]))
}

impl AuthorizationRequest {
    /// The challenge of PKCE, or the error and its description
    /// ([RFC 6749 §4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)).
    fn challenge(&self) -> Result<&str, (&'static str, &'static str)> {
        if self.response_type.as_deref() != Some("code") {
            return Err(("unsupported_response_type", "response_type must be code"));
        }
        let method = self.code_challenge_method.as_deref();
        match self.code_challenge.as_deref() {
            Some(challenge) if challenge.len() == CHALLENGE && method == Some("S256") => {
                Ok(challenge)
            }
            _ => Err(("invalid_request", "code_challenge is required, with the method S256")),
        }
    }

    /// Who was chosen before, if that is one of those who can be.
    fn known(&self) -> Option<String> {
        let hint = self.login_hint.as_deref()?;
        PEOPLE.iter().find(|(name, _)| *name == hint).map(|(name, _)| (*name).to_owned())
    }

    /// Redirects to the client with these parameters and its state.
    fn redirect(&self, parameters: &[(&str, &str)]) -> Response {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(
            parameters.iter().copied().chain(self.state.as_deref().map(|it| ("state", it))),
        );
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        let to = format!("{}{joint}{}", self.redirect_uri, query.finish());
        let headers = [(LOCATION, to), (CACHE_CONTROL, "no-store".to_owned())];
        (StatusCode::FOUND, headers).into_response()
    }
}

/// What `subject` may do of what is requested, as other issuers grant it
/// ([RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)): only staff may administrate.
fn granted(requested: &str, subject: &str) -> String {
    let scopes = requested
        .split(' ')
        .filter(|scope| subject == STAFF || scope.strip_suffix(".admin").is_none());
    scopes.collect::<Vec<_>>().join(" ")
}

/// Whether it is any port and path of this machine ([RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3)),
/// without a fragment or a user. That it stays the same is checked when the code is redeemed.
fn is_loopback(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let host = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    host && uri.scheme_str() == Some("http") && !address.contains(['#', '@'])
}

#[cfg(test)]
mod tests {
    use super::{granted, is_loopback};

    #[test]
    fn only_staff_are_granted_what_administrates() {
        let requested = "orders orders.admin inventory";
        assert_eq!(granted(requested, "staff"), requested);
        assert_eq!(granted(requested, "ann"), "orders inventory");
    }

    #[test]
    fn codes_go_to_this_machine_alone() {
        for address in ["http://127.0.0.1:8000/a?b=c", "http://[::1]/", "http://localhost:1/"] {
            assert!(is_loopback(address), "{address}");
        }
        for address in [
            "https://evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://localhost/#a",
            "/a",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!is_loopback(address), "{address}");
        }
    }
}
