//! Bearer tokens of `OpenID` Connect, verified by the keys that their issuers publish
//! ([discovery](https://openid.net/specs/openid-connect-discovery-1_0.html),
//! [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068)).

mod crypto;
mod issuer;
mod keys;
#[cfg(test)]
mod tests;

use self::issuer::Issuer;
use self::keys::Key;
use crate::domain::CustomerId;
use crate::domain::caller::Caller;
use crate::ports::{TokenError, Tokens};
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation, decode, decode_header};
use reqwest::Url;
use serde::Deserialize;
use std::sync::Arc;

/// The most bytes of a token: those of Entra ID with many groups have about 6 KiB.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The longest subject ([OpenID Connect](https://openid.net/specs/openid-connect-core-1_0.html#IDToken)).
const MAX_SUBJECT: usize = 255;

/// The issuers whose tokens for one of the audiences are accepted.
#[derive(Debug, Clone)]
pub struct TrustedIssuers {
    issuers: Arc<[Arc<Issuer>]>,
    audiences: Arc<[String]>,
}

/// The claims that are read. Scopes are a text, or a list of roles as in Entra ID.
#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    scope: Option<String>,
    scp: Option<Scopes>,
    roles: Option<Scopes>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scopes {
    Text(String),
    List(Vec<String>),
}

#[derive(Deserialize)]
struct IssuedBy {
    iss: String,
}

impl TrustedIssuers {
    /// Trusts these issuers. Nothing is fetched yet.
    ///
    /// # Panics
    /// When no TLS provider is installed.
    #[must_use]
    pub fn new(issuers: &[Url], audiences: Vec<String>) -> Self {
        crypto::install();
        let issuers = issuers.iter().map(|issuer| Arc::new(Issuer::new(issuer))).collect();
        Self { issuers, audiences: audiences.into() }
    }

    fn validation(&self, issuer: &Issuer, key: &Key) -> Validation {
        // The algorithm is the key's, whatever the token says.
        let mut validation = Validation::new(key.algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[issuer.name()]);
        validation.set_audience(&self.audiences);
        validation.validate_nbf = true;
        validation
    }
}

impl Tokens for TrustedIssuers {
    async fn caller(&self, token: &str) -> Result<Caller, TokenError> {
        let invalid = TokenError::Invalid;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(invalid("is too long"));
        }
        let header = decode_header(token).map_err(|_| invalid("is malformed"))?;
        if !is_access_token(&header) {
            return Err(invalid("is not an access token"));
        }
        let IssuedBy { iss } =
            insecure_decode_claims(token).map_err(|_| invalid("names no issuer"))?;
        let issuer = self.issuers.iter().find(|issuer| issuer.name() == iss);
        let issuer = issuer.ok_or(invalid("is from an issuer that is not trusted here"))?;
        let kid = header.kid.ok_or(invalid("names no key"))?;
        let key = issuer.key(&kid).await?.ok_or(invalid("is signed by an unknown key"))?;
        let validation = self.validation(issuer, &key);
        let claims = decode::<Claims>(token, &key.decoding, &validation)
            .map_err(|error| invalid(why(error.kind())))?;
        claims.claims.caller(issuer.name())
    }
}

/// An issuer that sets a type for access tokens sets a different one for ID tokens.
fn is_access_token(header: &Header) -> bool {
    let kind = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
    matches!(kind.trim_start_matches("application/"), "jwt" | "at+jwt")
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the crate may add kinds")]
fn why(error: &ErrorKind) -> &'static str {
    match error {
        ErrorKind::ExpiredSignature => "has expired",
        ErrorKind::ImmatureSignature => "is not valid yet",
        ErrorKind::InvalidAudience => "is for another audience",
        ErrorKind::InvalidAlgorithm => "is not signed with the algorithm of its key",
        ErrorKind::InvalidSignature => "has an invalid signature",
        ErrorKind::MissingRequiredClaim(_) => "lacks exp, iss, aud or sub",
        _ => "is malformed",
    }
}

impl Claims {
    fn caller(self, issuer: &str) -> Result<Caller, TokenError> {
        if !(1..=MAX_SUBJECT).contains(&self.sub.len()) {
            return Err(TokenError::Invalid("has an empty or overlong subject"));
        }
        // An ID token has none.
        if self.scope.is_none() && self.scp.is_none() && self.roles.is_none() {
            return Err(TokenError::Invalid("is not an access token: it has no scopes"));
        }
        let lists = self.scp.into_iter().chain(self.roles);
        let words = lists.chain(self.scope.map(Scopes::Text)).flat_map(Scopes::words);
        let mut scopes: Vec<_> = words.filter_map(|word| word.parse().ok()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        Ok(Caller { customer_id: CustomerId::of_subject(issuer, &self.sub), scopes })
    }
}

impl Scopes {
    fn words(self) -> Vec<String> {
        match self {
            Self::Text(text) => text.split(' ').map(str::to_owned).collect(),
            Self::List(words) => words,
        }
    }
}
