//! The mailbox: the newest mails, as many as its bounds allow.

use crate::mail::message::Mail;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many mails are kept; one more replaces the oldest.
pub const MAX_MAILS: usize = 10_000;

/// How many bytes on the wire the kept mails add up to at most; further ones replace the oldest.
pub const MAX_KEPT_BYTES: usize = 256 * 1024 * 1024;

/// The mails, oldest first.
#[derive(Default)]
pub(crate) struct Mailbox {
    kept: VecDeque<Kept>,
    bytes: usize,
    last_id: u64,
}

struct Kept {
    mail: Arc<Mail>,
    bytes: usize,
}

impl Mailbox {
    /// Numbers and keeps a mail that took `bytes` bytes on the wire.
    pub(crate) fn keep(&mut self, mail: Mail, bytes: usize) {
        self.last_id += 1;
        let mail = Arc::new(Mail { id: self.last_id, ..mail });
        self.kept.push_back(Kept { mail, bytes });
        self.bytes += bytes;
        while self.kept.len() > MAX_MAILS || self.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= oldest.bytes;
        }
    }

    pub(crate) fn mail(&self, id: u64) -> Option<Arc<Mail>> {
        let at = self.kept.binary_search_by_key(&id, |kept| kept.mail.id).ok()?;
        self.kept.get(at).map(|kept| Arc::clone(&kept.mail))
    }

    pub(crate) fn mails(&self) -> impl DoubleEndedIterator<Item = &Arc<Mail>> + ExactSizeIterator {
        self.kept.iter().map(|kept| &kept.mail)
    }

    /// Forgets every mail but not the last id, so that ids stay unique.
    pub(crate) fn empty(&mut self) {
        self.kept.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::Envelope;
    use jiff::Timestamp;

    fn keep(mailbox: &mut Mailbox, bytes: usize) {
        mailbox.keep(Mail::read(Timestamp::UNIX_EPOCH, Envelope::default(), b""), bytes);
    }

    fn ids(mailbox: &Mailbox) -> Vec<u64> {
        mailbox.mails().map(|mail| mail.id).collect()
    }

    #[test]
    fn the_oldest_mail_goes_when_there_are_too_many() {
        let mut mailbox = Mailbox::default();
        for _ in 0..=MAX_MAILS {
            keep(&mut mailbox, 1);
        }
        assert_eq!(mailbox.mails().len(), MAX_MAILS);
        assert!(mailbox.mail(1).is_none());
        assert_eq!(mailbox.mail(2).unwrap().id, 2);
    }

    #[test]
    fn the_oldest_mails_go_when_they_are_too_large() {
        let mut mailbox = Mailbox::default();
        for bytes in [MAX_KEPT_BYTES / 2, MAX_KEPT_BYTES / 2, 1] {
            keep(&mut mailbox, bytes);
        }
        assert_eq!(ids(&mailbox), [2, 3]);
    }

    #[test]
    fn an_emptied_mailbox_gives_no_id_twice() {
        let mut mailbox = Mailbox::default();
        keep(&mut mailbox, MAX_KEPT_BYTES);
        mailbox.empty();
        assert!(ids(&mailbox).is_empty());
        keep(&mut mailbox, MAX_KEPT_BYTES);
        assert_eq!(ids(&mailbox), [2]);
    }
}
