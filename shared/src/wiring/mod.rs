//! What functions are built from: operations over the ports of the sidecar, as configured by the settings.

mod page;
mod public_api;
#[cfg(feature = "key-vault")]
mod rotation;

pub use page::{PageSettings, page};
pub use public_api::{allowed, tokens};
#[cfg(feature = "key-vault")]
pub use rotation::rotation;

use crate::host::settings::{PAYMENT_PROVIDER_URL, RESERVATION};
use crate::host::{InvalidSettings, SERVED_COUNTRIES, Setup, SystemClock};
use crate::http::order_list;
use crate::operations::dead_letters::LetterBox;
use crate::operations::orders::{Lookup, OrderLookup};
use crate::operations::payments::PaymentService;
use crate::operations::shipments::{ShipmentService, Shipments};
use crate::ports::{DeadLetters, Payments};
use crate::provider::StripeProvider;
use axum::Router;

/// The payments at the configured payment provider. A caller has as long to return for one as products
/// are reserved for an order.
///
/// # Errors
/// When the settings name no provider.
pub fn payments(setup: &Setup) -> Result<impl Payments + use<>, InvalidSettings> {
    let address = setup.read(&PAYMENT_PROVIDER_URL)?;
    let overdue_after = setup.read(&RESERVATION)?;
    let sidecar = setup.sidecar();
    Ok(PaymentService {
        documents: sidecar.payment_documents(),
        index: sidecar.due_payments(),
        provider: StripeProvider::new(address, sidecar.secrets()),
        publisher: sidecar.publisher(),
        clock: SystemClock,
        overdue_after,
    })
}

/// The orders, from the sidecar's store and workflows.
#[must_use]
pub fn orders(setup: &Setup) -> impl Lookup + use<> {
    OrderLookup { orders: setup.sidecar().orders(), sagas: setup.sidecar().sagas() }
}

/// The routes of the lists of orders, from the sidecar's stores.
pub fn order_lists(setup: &Setup) -> Router {
    let sidecar = setup.sidecar();
    order_list::routes(sidecar.orders(), sidecar.order_list())
}

/// The dead letters, as the sidecar's store has them. Only who resends or drops them needs the orders' store.
#[must_use]
pub fn dead_letters(setup: &Setup) -> impl DeadLetters + use<> {
    let sidecar = setup.sidecar();
    LetterBox {
        letters: sidecar.dead_letters(),
        open: sidecar.open_letters(),
        orders: sidecar.orders(),
        publisher: sidecar.publisher(),
        clock: SystemClock,
    }
}

/// The shipments to the countries of the settings.
///
/// # Errors
/// When the settings name an invalid country.
pub fn shipments(setup: &Setup) -> Result<impl Shipments + use<>, InvalidSettings> {
    let served = setup.read(&SERVED_COUNTRIES)?;
    Ok(ShipmentService { documents: setup.sidecar().shipments(), served })
}
