//! The kinds of faults of mails.

use crate::faults::{self, Fault};
use serde::{Deserialize, Serialize};

/// Which fault the next mails get. Only a mail that would have been accepted counts.
pub type FaultPlan = faults::FaultPlan<FaultKind>;

/// The plan in force.
pub(crate) type Faults = faults::Faults<FaultKind>;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// After its end, the mail waits; then it is stored and accepted, whether or not its sender still
    /// waits.
    Stall,
    /// `MAIL` gets a 451; nothing is stored.
    Refuse,
    /// `MAIL` gets a 550; nothing is stored.
    Reject,
    /// The mail is stored, but the connection closes without a reply to it.
    Drop,
}

/// When a fault can happen to a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// After a valid `MAIL`, before its reply.
    Begin,
    /// After a complete mail, before it is stored.
    End,
}

impl Fault for FaultKind {
    fn stalls(self) -> bool {
        self == Self::Stall
    }
}

impl FaultKind {
    pub(crate) fn moment(self) -> Moment {
        match self {
            Self::Refuse | Self::Reject => Moment::Begin,
            Self::Stall | Self::Drop => Moment::End,
        }
    }
}
