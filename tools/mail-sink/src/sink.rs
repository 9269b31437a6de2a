//! The sink: all state behind one lock.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::clock;
use crate::faults::{Fault, Faults, Moment};
use crate::mail::{Envelope, Mail};
use crate::mailbox::Mailbox;

/// A handle on the mails and the faults to come; clones share them.
#[derive(Clone, Default)]
pub struct Sink(Arc<Mutex<State>>);

/// Everything that calls change.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) mailbox: Mailbox,
    pub(crate) faults: Option<Faults>,
}

impl Sink {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no code panics while it holds the state")
    }

    pub(crate) fn mail(&self, id: u64) -> Option<Arc<Mail>> {
        self.state().mailbox.mail(id)
    }

    /// What befalls a mail at this moment.
    pub(crate) fn strike(&self, moment: Moment) -> Option<Fault> {
        self.state().faults.as_mut()?.strike(moment)
    }

    pub(crate) fn keep(&self, envelope: Envelope, raw: &[u8]) {
        let mail = Mail::read(clock::now(), envelope, raw);
        self.state().mailbox.keep(mail, raw.len());
    }
}
