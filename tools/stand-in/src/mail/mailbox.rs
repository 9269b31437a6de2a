//! The mailbox: the newest mails, as many as its bounds allow.

use crate::mail::message::Mail;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many mails are stored; one more replaces the oldest.
pub const MAX_MAILS: usize = 10_000;

/// How many bytes the stored mails add up to at most; further ones replace the oldest.
pub const MAX_STORED_BYTES: usize = 256 * 1024 * 1024;

/// The mails, oldest first.
#[derive(Default)]
pub(crate) struct Mailbox {
    stored: VecDeque<Stored>,
    bytes: usize,
    last_id: u64,
}

struct Stored {
    mail: Arc<Mail>,
    bytes: usize,
}

impl Mailbox {
    /// Numbers and stores a mail of `bytes` bytes.
    pub(crate) fn store(&mut self, mail: Mail, bytes: usize) {
        self.last_id += 1;
        let mail = Arc::new(Mail { id: self.last_id, ..mail });
        self.stored.push_back(Stored { mail, bytes });
        self.bytes += bytes;
        while self.stored.len() > MAX_MAILS || self.bytes > MAX_STORED_BYTES {
            let Some(oldest) = self.stored.pop_front() else { return };
            self.bytes -= oldest.bytes;
        }
    }

    pub(crate) fn mail(&self, id: u64) -> Option<Arc<Mail>> {
        let at = self.stored.binary_search_by_key(&id, |stored| stored.mail.id).ok()?;
        self.stored.get(at).map(|stored| Arc::clone(&stored.mail))
    }

    pub(crate) fn mails(&self) -> impl DoubleEndedIterator<Item = &Arc<Mail>> + ExactSizeIterator {
        self.stored.iter().map(|stored| &stored.mail)
    }

    /// Deletes every mail but not the last id, so that ids stay unique.
    pub(crate) fn clear(&mut self) {
        self.stored.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::Envelope;
    use jiff::Timestamp;

    fn store(mailbox: &mut Mailbox, bytes: usize) {
        mailbox.store(Mail::read(Timestamp::UNIX_EPOCH, Envelope::default(), b""), bytes);
    }

    fn ids(mailbox: &Mailbox) -> Vec<u64> {
        mailbox.mails().map(|mail| mail.id).collect()
    }

    #[test]
    fn the_oldest_mail_is_evicted_when_there_are_too_many() {
        let mut mailbox = Mailbox::default();
        for _ in 0..=MAX_MAILS {
            store(&mut mailbox, 1);
        }
        assert_eq!(mailbox.mails().len(), MAX_MAILS);
        assert!(mailbox.mail(1).is_none());
        assert_eq!(mailbox.mail(2).unwrap().id, 2);
    }

    #[test]
    fn the_oldest_mails_are_evicted_when_they_are_too_large() {
        let mut mailbox = Mailbox::default();
        for bytes in [MAX_STORED_BYTES / 2, MAX_STORED_BYTES / 2, 1] {
            store(&mut mailbox, bytes);
        }
        assert_eq!(ids(&mailbox), [2, 3]);
    }

    #[test]
    fn a_cleared_mailbox_assigns_no_id_twice() {
        let mut mailbox = Mailbox::default();
        store(&mut mailbox, MAX_STORED_BYTES);
        mailbox.clear();
        assert!(ids(&mailbox).is_empty());
        store(&mut mailbox, MAX_STORED_BYTES);
        assert_eq!(ids(&mailbox), [2]);
    }
}
