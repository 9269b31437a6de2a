//! The inbox entry of a notification, under its id.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The inbox entry of a notification: who is mailing it, how often that failed, and when it was
/// mailed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim: Option<Claim>,
    /// How often mailing it failed.
    #[serde(default)]
    tries: u32,
    /// When it was first tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tried_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mailed_at: Option<Timestamp>,
}

/// A process is mailing it; its claim lasts until then unless extended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    by: Uuid,
    until: Timestamp,
}

/// Whether a process may mail a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claimed {
    /// It may.
    Granted,
    /// Another process is mailing it, and its claim lasts until then.
    Elsewhere { until: Timestamp },
    /// It was mailed.
    Mailed,
}

/// What follows from a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// It is retried; this is how often it has been tried.
    Tried(u32),
    /// It is given up.
    GivenUp,
}

impl Entry {
    /// How long a claim lasts.
    pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(30);

    /// How long a notification is retried.
    pub(super) const TRIED_FOR: SignedDuration = SignedDuration::from_hours(24);

    /// Claims it for `by` at `now`, unless another process is mailing it or it was mailed.
    pub(super) fn claim(&mut self, by: Uuid, now: Timestamp) -> Claimed {
        match &self.claim {
            _ if self.mailed_at.is_some() => return Claimed::Mailed,
            Some(claim) if claim.by != by && claim.until > now => {
                return Claimed::Elsewhere { until: claim.until };
            }
            _ => {}
        }
        let until = now.saturating_add(Self::LEASE).unwrap_or(Timestamp::MAX);
        self.claim = Some(Claim { by, until });
        Claimed::Granted
    }

    /// Records that it was mailed.
    pub(super) fn mailed(&mut self, now: Timestamp) {
        *self = Self { mailed_at: Some(now), ..Self::default() };
    }

    /// Records that an attempt of `by` failed.
    pub(super) fn failed(&mut self, by: Uuid, now: Timestamp) -> Failed {
        self.unclaim(by);
        self.tries = self.tries.saturating_add(1);
        let since = *self.tried_at.get_or_insert(now);
        if now.duration_since(since) < Self::TRIED_FOR {
            return Failed::Tried(self.tries);
        }
        self.rejected(by);
        Failed::GivenUp
    }

    /// Records that `by` cannot mail it. The next claim treats it as new.
    pub(super) fn rejected(&mut self, by: Uuid) {
        self.unclaim(by);
        (self.tries, self.tried_at) = (0, None);
    }

    /// Whether it was mailed.
    #[cfg(test)]
    pub(super) fn is_mailed(&self) -> bool {
        self.mailed_at.is_some()
    }

    fn unclaim(&mut self, by: Uuid) {
        self.claim.take_if(|claim| claim.by == by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::orders::at;
    use serde_json::json;

    const ONE: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    #[test]
    fn one_of_two_processes_may_mail_it_until_its_claim_ends() {
        let mut entry = Entry::default();
        assert_eq!(entry.claim(ONE, at(0)), Claimed::Granted);
        assert_eq!(entry.claim(OTHER, at(29)), Claimed::Elsewhere { until: at(30) });
        assert_eq!(entry.claim(ONE, at(10)), Claimed::Granted, "a claim is extended");
        assert_eq!(entry.claim(OTHER, at(30)), Claimed::Elsewhere { until: at(40) });
        assert_eq!(entry.claim(OTHER, at(40)), Claimed::Granted);
        assert_eq!(entry.failed(ONE, at(41)), Failed::Tried(1));
        assert_eq!(entry.claim(ONE, at(41)), Claimed::Elsewhere { until: at(70) });
    }

    #[test]
    fn a_mailed_notification_is_never_mailed_again() {
        let mut entry = Entry::default();
        entry.claim(ONE, at(0));
        entry.mailed(at(1));
        assert_eq!(entry.claim(ONE, at(100)), Claimed::Mailed);
        assert_eq!(entry.claim(OTHER, at(100)), Claimed::Mailed);
    }

    #[test]
    fn a_failed_mail_may_be_tried_immediately_and_is_given_up_after_a_day() {
        let mut entry = Entry::default();
        let day = Entry::TRIED_FOR.as_secs();
        for (tries, now) in [(1, 0), (2, 100), (3, day - 1)] {
            assert_eq!(entry.claim(OTHER, at(now)), Claimed::Granted);
            assert_eq!(entry.failed(OTHER, at(now)), Failed::Tried(tries));
        }
        entry.claim(ONE, at(day));
        assert_eq!(entry.failed(ONE, at(day)), Failed::GivenUp);
        assert_eq!(entry, Entry::default(), "the next claim starts from the beginning");
    }

    #[test]
    fn fields_of_other_versions_are_ignored_and_need_not_be_there() {
        let entry = json!({"mailed_at": at(1), "colour": "red"});
        let mut entry: Entry = serde_json::from_value(entry).unwrap();
        assert_eq!(entry.claim(ONE, at(2)), Claimed::Mailed);
    }
}
