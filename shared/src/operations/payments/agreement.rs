//! What the provider reports must be what the shop asked for.

use crate::domain::payment::Payment;
use crate::domain::{Money, PaymentId};
use crate::observe;
use crate::ports::{Failure, Intent, Result};

/// Whether an intent charges what was asked for. One that does not is never confirmed, and one that
/// was is no payment of the order's.
///
/// # Errors
/// When it charges another amount, which is logged for people to look at.
pub(super) fn of_intent(payment: &Payment, intent: &Intent) -> Result<()> {
    let asked = payment.charge.as_ref().map(|charge| charge.amount);
    agree(&payment.payment_id, &intent.id, asked, intent.amount)
}

/// Whether the object `id` reports the amount that was `asked` for `payment`, if it reports any.
///
/// # Errors
/// When it reports another one, which is logged for people to look at.
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
        "the payment provider reports another amount than the shop asked for: compare payment {payment} with {id} in its dashboard"
    );
    let why = format!("{id} is of {reported}, and {asked} was asked for");
    Err(Failure::new("payment provider", "agree on an amount", why).into())
}
