//! The token issuer: issues a token to every caller, for any subject and any scopes.
//!
//! It issues what an [`OpenID` provider](https://openid.net/specs/openid-connect-discovery-1_0.html)
//! would, signed with ES256:
//!
//! - `GET /.well-known/openid-configuration`, `GET /jwks`: its metadata, and its keys.
//! - `GET /token?sub=ann&scope=orders`, or `POST /token` with the same as a form: a token for this
//!   subject with these scopes. `audience` is by default the one that the program was started with;
//!   `seconds` is the token's lifetime, by default an hour.
//! - `POST /control/rotate`: signs with a fresh key from now on. The previous key is still published,
//!   older ones are not.
//! - `GET /healthz`: 200 as long as the process serves.
//!
//! An error is JSON `{"error": "…"}`. Callers are not authenticated; the program listens on the
//! loopback address only.

mod api;
mod keys;
mod serve;

pub use serve::{Arguments, serve};
