//! Faults: what happens to the next mails.

use crate::faults::{self, Fault};
use serde::{Deserialize, Serialize};

/// What happens to the next mails. Only a mail that would have been accepted counts.
pub type FaultPlan = faults::FaultPlan<FaultKind>;

/// The plan in force.
pub(crate) type Faults = faults::Faults<FaultKind>;

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The mail's end waits, then the mail is kept and accepted, whether or not its sender still
    /// waits.
    Stall,
    /// `MAIL` is answered 451; nothing is kept.
    Refuse,
    /// `MAIL` is answered 550; nothing is kept.
    Reject,
    /// The mail is kept, yet the connection closes without an answer to the mail's end.
    Drop,
}

/// The moments of a mail at which a fault can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A valid `MAIL` waits for its answer.
    Begin,
    /// A whole mail waits to be kept.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_written_as_the_control_path_reads_it() {
        for (fault, json) in [
            (FaultKind::Stall, r#""stall""#),
            (FaultKind::Refuse, r#""refuse""#),
            (FaultKind::Reject, r#""reject""#),
            (FaultKind::Drop, r#""drop""#),
        ] {
            assert_eq!(serde_json::to_string(&fault).unwrap(), json);
            assert_eq!(serde_json::from_str::<FaultKind>(json).unwrap(), fault);
        }
    }
}
