//! What staff do with a dead letter.

use crate::domain::text::Text;
use crate::domain::{CustomerId, record, strict};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a request to resend or drop a dead letter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHandling {
    /// Why, for staff to read later.
    #[serde(default, deserialize_with = "strict::text_if_any")]
    pub reason: Option<Text<200>>,
}

/// What can be done with a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LetterAction {
    /// Its message is published again.
    Resend,
    /// It is dropped, for good.
    Drop,
}

/// That staff resent or dropped a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handling {
    /// What was done.
    pub action: LetterAction,
    /// Who, by the subject of the token; nobody where no tokens are checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CustomerId>,
    /// Why, as staff wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<200>>,
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
}

impl record::Entry for Handling {
    fn at(&self) -> Timestamp {
        self.at
    }

    fn says_the_same(&self, other: &Self) -> bool {
        (self.action, &self.by, &self.reason) == (other.action, &other.by, &other.reason)
    }
}
