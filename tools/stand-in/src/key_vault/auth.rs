//! Authentication: callers need a token of the identity endpoint.

use crate::key_vault::error::VaultError;
use crate::key_vault::vault::Vault;
use crate::web::bearer;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;

/// The authority that Azure's clients are referred to for a token; managed identities use another one.
const AUTHORITY: &str = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000";

/// The host and port by which a caller addressed the vault.
pub(crate) struct Host(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for Host {
    type Rejection = VaultError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, VaultError> {
        host(&parts.headers).map(|host| Self(host.to_owned()))
    }
}

/// Rejects requests without a token of the identity endpoint, and those that get a fault.
///
/// # Errors
///
/// 401 without a valid token; 503 when a fault is injected.
pub(crate) async fn require_token(
    State(vault): State<Vault>,
    request: Request,
    next: Next,
) -> Result<Response, VaultError> {
    let challenge = Some(challenge(host(request.headers())?));
    let Some(token) = bearer(request.headers()) else {
        let message = "AKV10000: Request is missing a Bearer or PoP token.";
        return Err(VaultError::unauthorized(message, challenge));
    };
    if !vault.token().matches(token.as_bytes()) {
        let message = "AKV10022: The identity endpoint did not issue this token.";
        return Err(VaultError::unauthorized(message, challenge));
    }
    if vault.faults().inject(|_| true).is_some() {
        return Err(VaultError::unavailable());
    }
    Ok(next.run(request).await)
}

fn host(headers: &HeaderMap) -> Result<&str, VaultError> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.ok_or_else(|| VaultError::bad("The request has no Host header"))
}

/// Names the resource to request a token for. Clients check that the vault's host is below it.
fn challenge(host: &str) -> String {
    let (name, _) = host.rsplit_once(':').unwrap_or((host, ""));
    let above = host.split_once('.').filter(|_| name.parse::<IpAddr>().is_err());
    let resource = match above {
        Some(_) if name.ends_with(".vault.azure.net") => "vault.azure.net",
        Some((_, above)) => above,
        None => host,
    };
    format!(r#"Bearer authorization="{AUTHORITY}", resource="https://{resource}""#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_names_the_domain_that_the_vault_is_in() {
        for (host, resource) in [
            ("shop.vault.azure.net", "vault.azure.net"),
            ("shop.vault.azure.net:443", "vault.azure.net"),
            ("shop.localhost:8443", "localhost:8443"),
            ("localhost:8443", "localhost:8443"),
            ("127.0.0.1:8443", "127.0.0.1:8443"),
        ] {
            let challenge = challenge(host);
            assert!(challenge.ends_with(&format!(r#" resource="https://{resource}""#)), "{host}");
        }
    }
}
