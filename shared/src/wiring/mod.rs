//! What is built from settings, a sidecar and the world beside it: for the functions that keep
//! payments or keys.

#[cfg(feature = "key-vault")]
mod rotation;

#[cfg(feature = "key-vault")]
pub use rotation::rotation;

use crate::host::settings::PAYMENT_PROVIDER_URL;
use crate::host::{InvalidSettings, Setup, SystemClock};
use crate::operations::payments::{PaymentService, Payments};
use crate::provider::StripeProvider;

/// The payments that the payment provider of the settings makes.
///
/// # Errors
/// When the settings name no provider.
pub fn payments(setup: &Setup) -> Result<impl Payments + use<>, InvalidSettings> {
    let address = setup.read(&PAYMENT_PROVIDER_URL)?;
    let sidecar = setup.sidecar();
    Ok(PaymentService {
        documents: sidecar.payment_documents(),
        provider: StripeProvider::new(address, sidecar.secrets()),
        publisher: sidecar.publisher(),
        clock: SystemClock,
    })
}
