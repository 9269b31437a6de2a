//! The token issuer: gives a token to every caller, for any subject and any scopes.
//!
//! It issues what an [`OpenID` provider](https://openid.net/specs/openid-connect-discovery-1_0.html)
//! would, signed with ES256:
//!
//! - `GET /.well-known/openid-configuration`, `GET /jwks`: who it is, and its keys.
//! - `GET /token?sub=ann&scope=orders`, or `POST /token` with the same as a form: a token for this
//!   subject with these scopes. `audience` is the one that it was started with, unless it is given;
//!   `seconds` is how long the token lasts: an hour, unless it is given.
//! - `POST /control/rotate`: signs with a fresh key from now on. The key before is still published,
//!   older ones are not.
//! - `GET /healthz`: 200 as long as the process serves.
//!
//! An error is JSON `{"error": "…"}`. Callers are not authenticated; the program listens on the
//! loopback address only.

mod api;
mod keys;
mod serve;

pub use serve::{Arguments, serve};
