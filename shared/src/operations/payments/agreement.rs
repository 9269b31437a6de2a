//! Checks that the provider reports the amount that the shop requested.

use crate::domain::payment::Payment;
use crate::domain::{Money, PaymentId};
use crate::observe;
use crate::ports::{Failure, Intent, Result};

/// Checks that an intent charges the requested amount. One that does not is never confirmed, and if
/// it was, does not count as the payment.
///
/// # Errors
/// When it charges another amount, which is logged for staff.
pub(super) fn of_intent(payment: &Payment, intent: &Intent) -> Result<()> {
    let asked = payment.charge.as_ref().map(|charge| charge.amount);
    agree(&payment.payment_id, &intent.id, asked, intent.amount)
}

/// Checks that the object `id` reports the amount that was `asked` for `payment`, if it reports any.
///
/// # Errors
/// When it reports another one, which is logged for staff.
pub(super) fn agree(
    payment: &PaymentId,
    id: &str,
    asked: Option<Money>,
    reported: Option<Money>,
) -> Result<()> {
    let (Some(asked), Some(reported)) = (asked, reported) else { return Ok(()) };
    if asked == reported {
        return Ok(());
    }
    observe::payment("mismatch");
    tracing::error!(
        payment.id = %payment, id, %asked, %reported,
        "the payment provider reports another amount than the shop requested: compare payment {payment} with {id} in its dashboard"
    );
    let why = format!("{id} has {reported} instead of {asked}");
    Err(Failure::new("payment provider", "agree on an amount", why).into())
}
