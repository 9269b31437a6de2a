//! Requests, validated before they are executed.

use crate::payment::amounts::check_charge;
use crate::payment::cards::Card;
use crate::payment::error::StripeError;
use crate::payment::form::Form;
use crate::payment::objects::AutomaticMethods;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest description, in characters, as with Stripe.
const MAX_DESCRIPTION: usize = 1000;
/// The reasons Stripe knows for a refund: <https://docs.stripe.com/api/refunds/create>.
const REFUND_REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];
/// The reasons Stripe knows for a cancellation: <https://docs.stripe.com/api/payment_intents/cancel>.
const CANCELLATION_REASONS: [&str; 4] =
    ["duplicate", "fraudulent", "requested_by_customer", "abandoned"];

/// The parameter of a rotation: how long the current key remains valid.
const OVERLAP: &str = "expire_current_key_in_minutes";
/// The longest that a rotated key may remain valid, in minutes, as with Stripe: 7 days.
const MAX_OVERLAP_MINUTES: u64 = 10_080;

/// A validated call.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Create(NewIntent),
    /// The intent's id, and how it is confirmed.
    Confirm(String, Confirmation),
    /// The intent's id, and the reason.
    Cancel(String, Option<String>),
    Refund(NewRefund),
    Rotate(Rotation),
}

/// A payment intent to create: <https://docs.stripe.com/api/payment_intents/create>.
#[derive(Clone, Debug)]
pub(crate) struct NewIntent {
    /// Minor units, up to eight digits.
    pub(crate) amount: u64,
    /// Three lower-case letters.
    pub(crate) currency: String,
    pub(crate) automatic_payment_methods: AutomaticMethods,
    pub(crate) description: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) confirm: bool,
    pub(crate) confirmation: Confirmation,
}

/// How an intent is confirmed: <https://docs.stripe.com/api/payment_intents/confirm>.
#[derive(Clone, Debug)]
pub(crate) struct Confirmation {
    pub(crate) method: Option<Method>,
    pub(crate) has_return_url: bool,
}

/// A payment method, and the card behind it.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) token: String,
    pub(crate) card: Card,
}

impl NewIntent {
    /// # Errors
    ///
    /// The first parameter found missing, malformed or unknown.
    pub(crate) fn read(mut form: Form) -> Result<Self, StripeError> {
        let amount = form.amount("amount")?.ok_or_else(|| StripeError::missing("amount"))?;
        let currency = form.required("currency")?;
        check_charge(amount, &currency)?;
        let confirm = form.boolean("confirm")?.unwrap_or(false);
        let automatic_payment_methods = automatic_methods(&mut form)?;
        let description = form.text("description", MAX_DESCRIPTION)?;
        let metadata = form.metadata()?;
        let confirmation = Confirmation::read(form)?;
        let new = Self {
            amount,
            currency,
            automatic_payment_methods,
            description,
            metadata,
            confirm,
            confirmation,
        };
        new.check_confirmation()?;
        Ok(new)
    }

    fn check_confirmation(&self) -> Result<(), StripeError> {
        let Confirmation { method, has_return_url } = &self.confirmation;
        match (self.confirm, has_return_url) {
            (false, true) => {
                let message = "return_url can only be used when confirm is true";
                Err(StripeError::parameter("return_url", message))
            }
            (true, _) if method.is_none() => Err(StripeError::no_method()),
            (true, false) if self.automatic_payment_methods.may_redirect() => {
                Err(StripeError::no_return_url())
            }
            (true | false, _) => Ok(()),
        }
    }
}

impl Confirmation {
    /// # Errors
    ///
    /// The first parameter found malformed or unknown.
    pub(crate) fn read(mut form: Form) -> Result<Self, StripeError> {
        let method = form.optional("payment_method")?.map(Method::read).transpose()?;
        let has_return_url = form.optional("return_url")?.is_some();
        form.finish()?;
        Ok(Self { method, has_return_url })
    }
}

impl Method {
    fn read(token: String) -> Result<Self, StripeError> {
        let card = Card::of(&token).ok_or_else(|| {
            let message = format!("No such PaymentMethod: '{token}'");
            StripeError::parameter("payment_method", message).coded("resource_missing")
        })?;
        Ok(Self { token, card })
    }
}

/// By default they are enabled and may redirect.
fn automatic_methods(form: &mut Form) -> Result<AutomaticMethods, StripeError> {
    let enabled = form.boolean("automatic_payment_methods[enabled]")?.unwrap_or(true);
    let redirects =
        form.choice("automatic_payment_methods[allow_redirects]", &["always", "never"])?;
    let never = redirects.as_deref() == Some("never");
    Ok(AutomaticMethods { allow_redirects: if never { "never" } else { "always" }, enabled })
}

/// The reason for a cancellation.
///
/// # Errors
///
/// The first parameter found malformed or unknown.
pub(crate) fn cancellation_reason(mut form: Form) -> Result<Option<String>, StripeError> {
    let reason = form.choice("cancellation_reason", &CANCELLATION_REASONS)?;
    form.finish()?;
    Ok(reason)
}

/// A refund to make: <https://docs.stripe.com/api/refunds/create>.
#[derive(Clone, Debug)]
pub(crate) struct NewRefund {
    pub(crate) payment_intent: String,
    /// Minor units; None for the rest of the charge.
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
        let reason = form.choice("reason", &REFUND_REASONS)?;
        let metadata = form.metadata()?;
        form.finish()?;
        Ok(Self { payment_intent, amount, reason, metadata })
    }
}

/// Which refunds are listed: <https://docs.stripe.com/api/refunds/list>.
#[derive(Clone, Debug)]
pub(crate) struct RefundFilter {
    pub(crate) payment_intent: Option<String>,
    /// 1 to 100.
    pub(crate) limit: usize,
    /// The id after which the page starts.
    pub(crate) starting_after: Option<String>,
}

impl RefundFilter {
    /// # Errors
    ///
    /// The first parameter found malformed or unknown.
    pub(crate) fn read(mut form: Form) -> Result<Self, StripeError> {
        let payment_intent = form.optional("payment_intent")?;
        let limit = form.optional("limit")?.map_or(Ok(10), |text| limit(&text))?;
        let starting_after = form.optional("starting_after")?;
        form.finish()?;
        Ok(Self { payment_intent, limit, starting_after })
    }
}

fn limit(text: &str) -> Result<usize, StripeError> {
    let limit = text.parse().ok().filter(|limit| (1..=100).contains(limit));
    limit.ok_or_else(|| {
        let message = format!("Invalid integer: {text}. limit is 1 to 100.");
        StripeError::parameter("limit", message).coded("parameter_invalid_integer")
    })
}

/// The replacement of an API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// The key to rotate.
    pub(crate) id: String,
    /// How long that key remains valid.
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

    /// The parameters, for the fingerprint of the request.
    pub(crate) fn form(&self) -> Form {
        Form::of([(OVERLAP, self.overlap.as_secs().to_string())])
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
