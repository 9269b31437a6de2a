//! The text of one mail as it comes in after `DATA`: dots unstuffed, size bounded.

use smtp_proto::request::receiver::{DataReceiver, DummyDataReceiver};
use std::mem;
use std::slice::Iter;

/// The largest mail accepted, in bytes; a larger one is rejected with 552.
pub const MAX_MAIL_BYTES: usize = 1024 * 1024;

/// A mail of which more data is to come.
pub(crate) struct Incoming {
    raw: Vec<u8>,
    receiver: DataReceiver,
    /// Finds the end of a mail that is too large to be stored.
    overflow: Option<DummyDataReceiver>,
}

/// Whether a mail is complete.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Incomplete,
    Complete(Vec<u8>),
    TooLarge,
}

impl Incoming {
    pub(crate) fn new() -> Self {
        let (mut receiver, mut raw) = (DataReceiver::new(), Vec::new());
        // The line break that ended the DATA command is part of the end (RFC 5321, 4.1.1.4):
        // without it a dot on the first line would not end an empty mail.
        receiver.ingest(&mut b"\r\n".iter(), &mut raw);
        raw.clear();
        Self { raw, receiver, overflow: None }
    }

    /// Consumes bytes up to the mail's end; those after it are left.
    pub(crate) fn take(&mut self, bytes: &mut Iter<'_, u8>) -> Progress {
        if let Some(overflow) = &mut self.overflow {
            let ended = overflow.ingest(bytes);
            return if ended { Progress::TooLarge } else { Progress::Incomplete };
        }
        match (self.receiver.ingest(bytes, &mut self.raw), self.raw.len() > MAX_MAIL_BYTES) {
            (true, true) => return Progress::TooLarge,
            (true, false) => return Progress::Complete(mem::take(&mut self.raw)),
            (false, true) => {
                self.raw = Vec::new();
                self.overflow = Some(DummyDataReceiver::new_data(&self.receiver));
            }
            (false, false) => {}
        }
        Progress::Incomplete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The progress after `wire`, taken in pieces of `size` bytes, and what is left after the end.
    fn take(wire: &[u8], size: usize) -> (Progress, Vec<u8>) {
        let mut incoming = Incoming::new();
        for start in (0..wire.len()).step_by(size) {
            let end = wire.len().min(start + size);
            let mut bytes = wire[start..end].iter();
            let progress = incoming.take(&mut bytes);
            if progress != Progress::Incomplete {
                let rest = [bytes.as_slice(), &wire[end..]].concat();
                return (progress, rest);
            }
        }
        (Progress::Incomplete, Vec::new())
    }

    #[test]
    fn a_mail_is_the_same_however_it_is_split() {
        let wire = b"a: b\r\n\r\n..\r\n..x\r\n.y\r\nz.\n.\nend\r\n.\r\nQUIT\r\n";
        let mail = b"a: b\r\n\r\n.\r\n.x\r\ny\r\nz.\n.\nend\r\n";
        for size in 1..=wire.len() {
            let expected = (Progress::Complete(mail.to_vec()), b"QUIT\r\n".to_vec());
            assert_eq!(take(wire, size), expected, "{size}");
        }
    }

    #[test]
    fn a_mail_may_be_empty() {
        for size in 1..=3 {
            assert_eq!(take(b".\r\n", size), (Progress::Complete(Vec::new()), Vec::new()));
        }
    }

    #[test]
    fn only_a_dot_between_crlf_ends_a_mail() {
        for wire in [&b"a\n.\n"[..], b"a\r\n.\n", b"a\n.\r\n", b"a\r.\r", b"a.\r\n", b"a\r\n..\r\n"]
        {
            assert_eq!(take(wire, 1).0, Progress::Incomplete, "{wire:?}");
        }
    }

    #[test]
    fn a_mail_of_the_largest_size_fits_and_one_byte_more_does_not() {
        let mut wire = vec![b'x'; MAX_MAIL_BYTES - 2];
        wire.extend_from_slice(b"\r\n.\r\nQUIT\r\n");
        assert!(
            matches!(take(&wire, 8192).0, Progress::Complete(raw) if raw.len() == MAX_MAIL_BYTES)
        );
        wire.insert(0, b'x');
        for size in [8192, wire.len()] {
            assert_eq!(take(&wire, size), (Progress::TooLarge, b"QUIT\r\n".to_vec()));
        }
    }
}
