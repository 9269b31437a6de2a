//! Fakes of mail.

use super::{Shared, lock};
use crate::domain::event::{CloudEvent, Topic};
use crate::ports::{Delivered, Failure, Later, Mail, Mailer, Result};
use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;
use tokio::time::timeout;

/// A mail server that records mails, unless a test configures a failure.
#[derive(Debug, Clone, Default)]
pub struct FakeMailer {
    sent: Shared<Vec<Mail>>,
    script: Shared<VecDeque<Fault>>,
}

#[derive(Debug)]
enum Fault {
    Fail,
    Reject(String),
    Stall(Duration),
}

impl FakeMailer {
    /// The mails sent, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Mail> {
        lock(&self.sent).clone()
    }

    /// Makes the next mail fail.
    pub fn fail_next(&self) {
        lock(&self.script).push_back(Fault::Fail);
    }

    /// Makes the next mail be rejected, for this reason.
    pub fn reject_next(&self, reason: &str) {
        lock(&self.script).push_back(Fault::Reject(reason.to_owned()));
    }

    /// Makes the next mail take this long.
    pub fn stall_next(&self, pause: Duration) {
        lock(&self.script).push_back(Fault::Stall(pause));
    }
}

impl Mailer for FakeMailer {
    async fn send(&self, mail: &Mail) -> Result<Delivered> {
        let fault = lock(&self.script).pop_front();
        match fault {
            Some(Fault::Fail) => {
                return Err(Failure::new("fake mailer", "send", "set to fail").into());
            }
            Some(Fault::Reject(reason)) => return Ok(Delivered::Rejected(reason)),
            Some(Fault::Stall(pause)) => drop(timeout(pause, pending::<()>()).await),
            None => {}
        }
        lock(&self.sent).push(mail.clone());
        Ok(Delivered::Accepted)
    }
}

/// Records the delays of events, and publishes none.
#[derive(Debug, Clone, Default)]
pub struct FakeLater(Shared<Vec<Duration>>);

impl FakeLater {
    /// The delay of each event, in order.
    #[must_use]
    pub fn waits(&self) -> Vec<Duration> {
        lock(&self.0).clone()
    }
}

impl Later for FakeLater {
    async fn publish_after(&self, wait: Duration, _: Topic, _: &CloudEvent, _: u32) -> Result<()> {
        lock(&self.0).push(wait);
        Ok(())
    }
}
