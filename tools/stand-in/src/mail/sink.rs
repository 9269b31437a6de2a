//! The sink: the mails behind a lock, and the fault plan.

use crate::clock;
use crate::faults::InjectedFault;
use crate::mail::faults::{FaultKind, Faults, Moment};
use crate::mail::mailbox::Mailbox;
use crate::mail::message::{Envelope, Mail};
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle on the mails and the fault plan; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Sink {
    mailbox: Arc<Mutex<Mailbox>>,
    faults: Faults,
}

impl Sink {
    pub(crate) fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.mailbox.lock().expect("no code panics while it holds the mailbox")
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    pub(crate) fn mail(&self, id: u64) -> Option<Arc<Mail>> {
        self.mailbox().mail(id)
    }

    /// The fault of a mail at this moment, if the plan has one.
    pub(crate) fn inject(&self, moment: Moment) -> Option<InjectedFault<FaultKind>> {
        self.faults.inject(|plan| plan.fault.moment() == moment)
    }

    pub(crate) fn store(&self, envelope: Envelope, raw: &[u8]) {
        let mail = Mail::read(clock::now(), envelope, raw);
        self.mailbox().store(mail, raw.len());
    }
}
