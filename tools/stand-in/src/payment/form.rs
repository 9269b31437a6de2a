//! The form: a request's parameters. Each is taken out when it is read; those left over are unknown.

use crate::payment::amounts::MAX_AMOUNT;
use crate::payment::error::StripeError;
use std::collections::BTreeMap;

/// The most metadata pairs an object may carry, as with Stripe.
const MAX_METADATA: usize = 50;
/// The longest metadata key, in characters, as with Stripe.
const MAX_METADATA_KEY: usize = 40;
/// The longest metadata value, in characters, as with Stripe.
const MAX_METADATA_VALUE: usize = 500;

/// The parameters of one request, sorted by name, each named once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// # Errors
    ///
    /// A parameter that is named twice.
    pub(crate) fn read(body: &[u8]) -> Result<Self, StripeError> {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if fields.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(StripeError::parameter(&name, format!("Repeated parameter: {name}")));
            }
        }
        Ok(Self(fields))
    }

    /// The given parameters, for a request whose body is not a form.
    pub(crate) fn of(parameters: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let parameters = parameters.into_iter();
        Self(parameters.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// # Errors
    ///
    /// The parameter is given, but empty.
    pub(crate) fn optional(&mut self, name: &str) -> Result<Option<String>, StripeError> {
        match self.0.remove(name) {
            Some(value) if value.is_empty() => {
                let message = format!(
                    "You passed an empty string for '{name}'. You should remove '{name}' from \
                     your request or supply a non-empty value."
                );
                Err(StripeError::parameter(name, message).coded("parameter_invalid_empty"))
            }
            given => Ok(given),
        }
    }

    /// # Errors
    ///
    /// The parameter is missing or empty.
    pub(crate) fn required(&mut self, name: &str) -> Result<String, StripeError> {
        self.optional(name)?.ok_or_else(|| StripeError::missing(name))
    }

    /// A text of at most `max` characters.
    ///
    /// # Errors
    ///
    /// The parameter is empty or longer.
    pub(crate) fn text(&mut self, name: &str, max: usize) -> Result<Option<String>, StripeError> {
        let text = self.optional(name)?;
        if text.as_ref().is_some_and(|text| text.chars().count() > max) {
            let message = format!("Invalid string: must be at most {max} characters");
            return Err(
                StripeError::parameter(name, message).coded("parameter_invalid_string_length")
            );
        }
        Ok(text)
    }

    /// # Errors
    ///
    /// The parameter is neither `true` nor `false`.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, StripeError> {
        match self.optional(name)?.as_deref() {
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(StripeError::parameter(name, format!("Invalid boolean: {other}"))),
            None => Ok(None),
        }
    }

    /// A value in `allowed`.
    ///
    /// # Errors
    ///
    /// The parameter has another value.
    pub(crate) fn choice(
        &mut self,
        name: &str,
        allowed: &[&str],
    ) -> Result<Option<String>, StripeError> {
        let given = self.optional(name)?;
        if given.as_ref().is_some_and(|value| !allowed.contains(&value.as_str())) {
            let message = format!("Invalid {name}: must be one of {}", allowed.join(", "));
            return Err(StripeError::parameter(name, message));
        }
        Ok(given)
    }

    /// A positive amount in minor units, at most [`MAX_AMOUNT`].
    ///
    /// # Errors
    ///
    /// The parameter is not a whole number, or out of bounds.
    pub(crate) fn amount(&mut self, name: &str) -> Result<Option<u64>, StripeError> {
        let Some(text) = self.optional(name)? else { return Ok(None) };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(StripeError::parameter(name, format!("Invalid integer: {text}"))
                .coded("parameter_invalid_integer"));
        }
        if digits.len() < text.len() || digits.bytes().all(|byte| byte == b'0') {
            let message = "This value must be greater than or equal to 1.";
            return Err(StripeError::parameter(name, message).coded("parameter_invalid_integer"));
        }
        match digits.parse() {
            Ok(amount) if amount <= MAX_AMOUNT => Ok(Some(amount)),
            Ok(_) | Err(_) => {
                let message = format!("Amount must be no more than {MAX_AMOUNT} minor units");
                Err(StripeError::parameter(name, message).coded("amount_too_large"))
            }
        }
    }

    /// Every `metadata[key]=value`.
    ///
    /// # Errors
    ///
    /// Too many pairs, or one that is too long.
    pub(crate) fn metadata(&mut self) -> Result<BTreeMap<String, String>, StripeError> {
        let mut metadata = BTreeMap::new();
        for (name, value) in self.0.extract_if(.., |name, _| metadata_key(name).is_some()) {
            let key = metadata_key(&name).unwrap_or_default();
            if key.chars().count() > MAX_METADATA_KEY || value.chars().count() > MAX_METADATA_VALUE
            {
                let message = format!(
                    "Metadata keys are at most {MAX_METADATA_KEY} and values at most \
                     {MAX_METADATA_VALUE} characters long"
                );
                return Err(StripeError::parameter(&name, message));
            }
            metadata.insert(key.to_owned(), value);
        }
        if metadata.len() > MAX_METADATA {
            let message = format!("Metadata has at most {MAX_METADATA} keys");
            return Err(StripeError::parameter("metadata", message));
        }
        Ok(metadata)
    }

    /// # Errors
    ///
    /// A parameter that was not taken.
    pub(crate) fn finish(self) -> Result<(), StripeError> {
        self.0.keys().next().map_or(Ok(()), |name| Err(StripeError::unknown(name)))
    }
}

/// The key in `metadata[key]`.
fn metadata_key(name: &str) -> Option<&str> {
    let key = name.strip_prefix("metadata[")?.strip_suffix(']')?;
    (!key.is_empty() && !key.contains(['[', ']'])).then_some(key)
}
