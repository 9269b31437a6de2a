//! What callers ask for, checked before anything is done.

use crate::payment::cards::Card;
use crate::payment::error::StripeError;
use crate::payment::form::Form;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest description, in characters, as with Stripe.
const MAX_DESCRIPTION: usize = 1000;
/// The reasons Stripe knows for a refund.
const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

/// What a rotation may say: how long the current key lives on.
const OVERLAP: &str = "expire_current_key_in_minutes";
/// The longest that a key may live on, in minutes, as with Stripe: 7 days.
const MAX_OVERLAP_MINUTES: u64 = 10_080;

/// A call that passed its checks and waits to be carried out.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Charge(NewIntent),
    Refund(NewRefund),
    Rotate(Rotation),
}

/// A payment intent to create and confirm.
#[derive(Clone, Debug)]
pub(crate) struct NewIntent {
    /// Minor units, 1 to 99,999,999.
    pub(crate) amount: u64,
    /// Three lower-case letters.
    pub(crate) currency: String,
    pub(crate) payment_method: String,
    pub(crate) card: Card,
    pub(crate) description: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl NewIntent {
    /// # Errors
    ///
    /// The first parameter found missing, malformed or unknown.
    pub(crate) fn read(mut form: Form) -> Result<Self, StripeError> {
        let amount = form.amount("amount")?.ok_or_else(|| StripeError::missing("amount"))?;
        let currency = currency(form.required("currency")?)?;
        let payment_method = form.required("payment_method")?;
        let card = Card::of(&payment_method).ok_or_else(|| no_such_method(&payment_method))?;
        if form.boolean("confirm")? != Some(true) {
            let message =
                "Intents are created and confirmed in one call here: confirm must be true";
            return Err(StripeError::parameter("confirm", message));
        }
        form.boolean("automatic_payment_methods[enabled]")?;
        form.choice("automatic_payment_methods[allow_redirects]", &["always", "never"])?;
        let description = form.text("description", MAX_DESCRIPTION)?;
        let metadata = form.metadata()?;
        form.finish()?;
        Ok(Self { amount, currency, payment_method, card, description, metadata })
    }
}

/// A refund to make.
#[derive(Clone, Debug)]
pub(crate) struct NewRefund {
    pub(crate) payment_intent: String,
    /// Minor units; None for all that is left.
    pub(crate) amount: Option<u64>,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl NewRefund {
    /// # Errors
    ///
    /// The first parameter found missing, malformed or unknown.
    pub(crate) fn read(mut form: Form) -> Result<Self, StripeError> {
        let payment_intent = form.required("payment_intent")?;
        let amount = form.amount("amount")?;
        let reason = form.choice("reason", &REASONS)?;
        let metadata = form.metadata()?;
        form.finish()?;
        Ok(Self { payment_intent, amount, reason, metadata })
    }
}

/// An API key to follow another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// The key to rotate.
    pub(crate) id: String,
    /// How long that key lives on.
    pub(crate) overlap: Duration,
}

impl Rotation {
    /// # Errors
    ///
    /// The body is not a JSON object, or the first parameter found malformed or unknown.
    pub(crate) fn read(id: String, body: &[u8]) -> Result<Self, StripeError> {
        let mut fields: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| StripeError::not_json())?;
        let minutes = fields.remove(OVERLAP).map_or(Ok(0), |minutes| overlap_minutes(&minutes))?;
        match fields.keys().next() {
            Some(unknown) => Err(StripeError::unknown(unknown)),
            None => Ok(Self { id, overlap: Duration::from_mins(minutes) }),
        }
    }

    /// The same for requests that ask for the same.
    pub(crate) fn form(&self) -> Form {
        Form::of([("id", self.id.clone()), (OVERLAP, self.overlap.as_secs().to_string())])
    }
}

fn overlap_minutes(given: &Value) -> Result<u64, StripeError> {
    let minutes = given.as_u64().filter(|minutes| *minutes <= MAX_OVERLAP_MINUTES);
    minutes.ok_or_else(|| {
        let message =
            format!("{OVERLAP} must be a whole number of minutes, 0 to {MAX_OVERLAP_MINUTES}");
        StripeError::parameter(OVERLAP, message).coded("parameter_invalid_integer")
    })
}

fn currency(text: String) -> Result<String, StripeError> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        Ok(text)
    } else {
        let message = format!("Invalid currency: {text}. A currency is three lower-case letters.");
        Err(StripeError::parameter("currency", message))
    }
}

fn no_such_method(token: &str) -> StripeError {
    StripeError::parameter("payment_method", format!("No such PaymentMethod: '{token}'"))
        .coded("resource_missing")
}
