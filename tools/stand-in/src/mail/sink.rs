//! The sink: the mails behind one lock, and the faults to come.

use crate::clock;
use crate::faults::InjectedFault;
use crate::mail::faults::{FaultKind, Faults, Moment};
use crate::mail::mailbox::Mailbox;
use crate::mail::message::{Envelope, Mail};
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle on the mails and the faults to come; clones share them.
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

    /// What happens to a mail at this moment.
    pub(crate) fn inject(&self, moment: Moment) -> Option<InjectedFault<FaultKind>> {
        self.faults.inject(|plan| plan.fault.moment() == moment)
    }

    pub(crate) fn keep(&self, envelope: Envelope, raw: &[u8]) {
        let mail = Mail::read(clock::now(), envelope, raw);
        self.mailbox().keep(mail, raw.len());
    }
}
