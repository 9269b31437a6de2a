//! The token issuer: issues a token to every caller, for any subject and any scopes.
//!
//! It issues what an [`OpenID` provider](https://openid.net/specs/openid-connect-discovery-1_0.html)
//! would, signed with ES256:
//!
//! - `GET /.well-known/openid-configuration`, `GET /jwks`: its metadata, and its keys.
//! - `GET /token?sub=ann&scope=orders`: a token for this subject with these scopes, as bare text
//!   for use in a shell. `audience` is by default the one that the program was started with; `seconds`
//!   is the token's lifetime, by default an hour.
//! - `GET /authorize`: a page on which a person chooses an identity, for an application on this machine,
//!   which gets an authorization code ([RFC 6749](https://www.rfc-editor.org/rfc/rfc6749#section-4.1));
//!   PKCE is required ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636)). Scopes that end with `.admin` are
//!   granted to staff alone. `prompt=none` signs in who was chosen before without the page, by `login_hint`,
//!   which is the token's `preferred_username`.
//! - `POST /token` with a form: a token for an `authorization_code`, or by `client_credentials`, whose
//!   `client_id` is the subject; no secret is required.
//! - `POST /control/sign` `{"header": {…}, "claims": {…}}`: signs a token that no issuer would.
//!   The members override those of a token for ann; a claim that is `null` is removed.
//! - `POST /control/rotate`: signs with a new key from now on. The previous key is still published,
//!   older ones are not.
//! - `GET /healthz`: 200 as long as the process serves.
//!
//! An error is JSON `{"error": "…"}`. Callers are not authenticated; the program listens on the
//! loopback address only.

mod api;
mod authorize;
mod codes;
mod keys;
mod serve;
mod token;

pub use serve::{Arguments, serve};
