//! Fakes of the ports, sample orders and the conformance check, for unit tests.

mod conformance;
pub mod fakes;
mod notified;
pub mod orders;

pub use conformance::{conforms, send, send_with};
pub use notified::notified;

use crate::sidecar::Sidecar;

/// A sidecar that does not respond: nothing listens at its address.
#[must_use]
pub fn no_sidecar() -> Sidecar {
    sidecar_at(1)
}

/// A sidecar whose HTTP API is at `port` of this machine, and that has no gRPC API.
pub(crate) fn sidecar_at(port: u16) -> Sidecar {
    // A provider installed earlier serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Sidecar::new(port, 1)
}
