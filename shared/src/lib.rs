//! The library that every function of the shop is built from, in layers whose dependencies point inward:
//! `domain ◄ ports ◄ operations ◄ sidecar ◄ host ◄ wiring`. Beside `operations` lie `http`, which
//! `sidecar` and `host` name too, and `provider`, `key_vault` and `oidc`,
//! which only `wiring` names.
//! `observe` names no layer, and all but `domain` and `ports` may measure by it.

pub mod domain;
pub mod host;
pub mod http;
#[cfg(feature = "key-vault")]
pub mod key_vault;
pub mod observe;
pub mod oidc;
pub mod operations;
pub mod ports;
pub mod provider;
pub mod sidecar;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod wiring;
