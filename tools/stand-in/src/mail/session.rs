//! An SMTP session, without its connection: bytes in, replies out.
//!
//! `smtp-proto` reads the commands and unstuffs the mails; which command may follow which is decided
//! here. The crates with a whole server fit less: `mailin-embedded` gives each connection a thread
//! and no mail a bound, `samotop` depends on the abandoned `async-std`.

use crate::mail::data::{Incoming, MAX_MAIL_BYTES, Progress};
use crate::mail::faults::{FaultKind, Moment};
use crate::mail::mailboxes;
use crate::mail::message::Envelope;
use crate::mail::sink::Sink;
use smtp_proto::request::receiver::RequestReceiver;
use smtp_proto::{Error, MailFrom, RcptTo, Request};
use std::borrow::Cow;
use std::slice::Iter;

/// The most recipients of a mail; one more gets a 452.
pub const MAX_RECIPIENTS: usize = 100;

pub(crate) const GREETING: &str = "220 mail-sink ESMTP";
pub(crate) const ACCEPTED: &str = "250 OK";
pub(crate) const IDLE: &str = "421 Idle timeout, closing connection";

/// What the connection is to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Wait for more bytes.
    Read,
    /// Send a reply and continue.
    Reply(Cow<'static, str>),
    /// Send a reply and close.
    Close(&'static str),
    /// Store the mail and accept it.
    Store(Envelope, Vec<u8>),
}

/// A session, from the greeting on.
pub(crate) struct Session {
    sink: Sink,
    requests: RequestReceiver,
    state: State,
}

enum State {
    Idle,
    Addressing(Envelope),
    Receiving(Envelope, Incoming),
}

impl Session {
    pub(crate) fn new(sink: Sink) -> Self {
        Self { sink, requests: RequestReceiver::default(), state: State::Idle }
    }

    /// Consumes bytes up to the next command's or mail's end; those after it are left.
    pub(crate) fn take(&mut self, bytes: &mut Iter<'_, u8>) -> Action {
        if let State::Receiving(envelope, incoming) = &mut self.state {
            let action = match incoming.take(bytes) {
                Progress::Incomplete => return Action::Read,
                Progress::Complete(raw) => Action::Store(std::mem::take(envelope), raw),
                Progress::TooLarge => too_large(),
            };
            self.state = State::Idle;
            return action;
        }
        match self.requests.ingest(bytes) {
            Ok(request) => {
                let request = request.into_owned();
                self.reply(request)
            }
            Err(error) => reject(&error),
        }
    }

    fn reply(&mut self, request: Request<String>) -> Action {
        match request {
            Request::Ehlo { .. } => {
                self.state = State::Idle;
                extensions()
            }
            Request::Helo { .. } => {
                self.state = State::Idle;
                say("250 mail-sink")
            }
            Request::Mail { from } => self.mail(from),
            Request::Rcpt { to } => self.recipient(to),
            Request::Data => self.data(),
            Request::Rset => {
                self.state = State::Idle;
                say("250 OK")
            }
            Request::Noop { .. } => say("250 OK"),
            Request::Vrfy { .. } => say("252 Cannot verify; send mail to find out"),
            Request::Help { .. } => say("214 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT"),
            Request::Quit => Action::Close("221 Bye"),
            Request::Lhlo { .. }
            | Request::Bdat { .. }
            | Request::Auth { .. }
            | Request::Expn { .. }
            | Request::Etrn { .. }
            | Request::Atrn { .. }
            | Request::Burl { .. }
            | Request::StartTls => say("502 Not implemented"),
        }
    }

    fn mail(&mut self, from: MailFrom<String>) -> Action {
        if matches!(self.state, State::Addressing(_)) {
            return say("503 Nested MAIL command");
        }
        if from.size > MAX_MAIL_BYTES {
            return too_large();
        }
        if let Some(injected) = self.sink.inject(Moment::Begin) {
            let code = if injected.fault == FaultKind::Reject { "550" } else { "451" };
            return Action::Reply(format!("{code} Rejected by the fault plan").into());
        }
        self.state = State::Addressing(Envelope { from: from.address, to: Vec::new() });
        say("250 Sender OK")
    }

    fn recipient(&mut self, to: RcptTo<String>) -> Action {
        let State::Addressing(envelope) = &mut self.state else {
            return say("503 Need MAIL command");
        };
        if to.address.is_empty() {
            return reject(&Error::InvalidRecipientAddress);
        }
        if envelope.to.len() == MAX_RECIPIENTS {
            return Action::Reply(format!("452 More than {MAX_RECIPIENTS} recipients").into());
        }
        if let Some(reply) = mailboxes::refusal(&to.address) {
            return say(reply);
        }
        envelope.to.push(to.address);
        say("250 Recipient OK")
    }

    fn data(&mut self) -> Action {
        match &mut self.state {
            State::Addressing(envelope) if !envelope.to.is_empty() => {
                self.state = State::Receiving(std::mem::take(envelope), Incoming::new());
                say("354 End data with <CRLF>.<CRLF>")
            }
            State::Idle | State::Addressing(_) | State::Receiving(..) => {
                say("503 Need MAIL and RCPT commands")
            }
        }
    }
}

fn say(text: &'static str) -> Action {
    Action::Reply(text.into())
}

fn extensions() -> Action {
    let extensions = "250-mail-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8";
    Action::Reply(format!("{extensions}\r\n250 SIZE {MAX_MAIL_BYTES}").into())
}

fn too_large() -> Action {
    Action::Reply(format!("552 Larger than {MAX_MAIL_BYTES} bytes").into())
}

fn reject(error: &Error) -> Action {
    match error {
        Error::NeedsMoreData { .. } => Action::Read,
        Error::UnknownCommand | Error::InvalidResponse { .. } => say("500 Unknown command"),
        Error::InvalidSenderAddress => say("553 Invalid sender address"),
        Error::InvalidRecipientAddress => say("553 Invalid recipient address"),
        Error::SyntaxError { syntax } => Action::Reply(format!("501 Expected {syntax}").into()),
        Error::InvalidParameter { param } => Action::Reply(format!("501 Invalid {param}").into()),
        Error::UnsupportedParameter { .. } => say("555 Unsupported parameter"),
        Error::ResponseTooLong => Action::Close("500 Line too long, closing connection"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::faults::{FaultKind, FaultPlan};

    /// The codes of the replies to `input`, and the mails it contains.
    fn talk(session: &mut Session, input: &str) -> (Vec<u16>, Vec<(Envelope, String)>) {
        let (mut codes, mut mails) = (Vec::new(), Vec::new());
        let mut bytes = input.as_bytes().iter();
        loop {
            let reply = match session.take(&mut bytes) {
                Action::Read => return (codes, mails),
                Action::Reply(text) => text,
                Action::Close(text) => text.into(),
                Action::Store(envelope, raw) => {
                    mails.push((envelope, String::from_utf8(raw).unwrap()));
                    ACCEPTED.into()
                }
            };
            codes.push(reply[..3].parse().unwrap());
        }
    }

    fn codes(input: &str) -> Vec<u16> {
        talk(&mut Session::new(Sink::default()), input).0
    }

    #[test]
    fn pipelined_commands_are_answered_in_order() {
        let input = "EHLO me\r\nMAIL FROM:<a@x.org> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<b@x.org>\r\n\
                     DATA\r\nSubject: s\r\n\r\nHello\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<c@x.org>\r\n\
                     RCPT TO:<jörg@x.org>\r\nDATA\r\n.\r\nQUIT\r\n";
        let (codes, mails) = talk(&mut Session::new(Sink::default()), input);
        assert_eq!(codes, [250, 250, 250, 354, 250, 250, 250, 250, 354, 250, 221]);
        let envelope = |from: &str, to: &[&str]| Envelope {
            from: from.to_owned(),
            to: to.iter().map(ToString::to_string).collect(),
        };
        let first = (envelope("a@x.org", &["b@x.org"]), "Subject: s\r\n\r\nHello\r\n".to_owned());
        let second = (envelope("", &["c@x.org", "jörg@x.org"]), String::new());
        assert_eq!(mails, [first, second]);
    }

    #[test]
    fn commands_may_arrive_byte_by_byte() {
        let mut session = Session::new(Sink::default());
        let input = "HELO me\r\nmail from: <a@x.org>\r\nrcpt to:<b@x.org>\r\ndata\r\nHi\r\n.\r\n";
        let mut mails = Vec::new();
        for at in 0..input.len() {
            mails.extend(talk(&mut session, &input[at..=at]).1);
        }
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].1, "Hi\r\n");
    }

    #[test]
    fn commands_out_of_order_are_rejected() {
        assert_eq!(codes("RCPT TO:<b@x.org>\r\nDATA\r\n"), [503, 503]);
        assert_eq!(
            codes("MAIL FROM:<a@x.org>\r\nDATA\r\nMAIL FROM:<b@x.org>\r\n"),
            [250, 503, 503]
        );
        let reset = "MAIL FROM:<a@x.org>\r\nRSET\r\nRCPT TO:<b@x.org>\r\n";
        assert_eq!(codes(reset), [250, 250, 503]);
        assert_eq!(codes(&reset.replace("RSET", "EHLO me")), [250, 250, 503]);
    }

    #[test]
    fn an_invalid_command_is_rejected_and_the_session_continues() {
        for (input, code) in [
            ("BREW coffee", 500),
            ("", 500),
            ("\u{0}\u{ff}", 500),
            ("STARTTLS", 502),
            ("AUTH PLAIN AGEAYg==", 502),
            ("EHLO", 501),
            ("MAIL FROM: a@x.org", 501),
            ("MAIL FROM:<a>", 553),
            ("MAIL FROM:<a@x.org> NONSENSE=1", 555),
            ("MAIL FROM:<a@x.org> SIZE=1048577", 552),
            ("VRFY a@x.org", 252),
        ] {
            assert_eq!(codes(&format!("{input}\r\nNOOP\r\n")), [code, 250], "{input}");
        }
    }

    #[test]
    fn an_address_cannot_inject_a_command() {
        for address in ["<b@x.org\r\nRCPT TO:<eve@x.org>", "<b@x.org\nRCPT TO:<eve@x.org>", "<>"] {
            let mut session = Session::new(Sink::default());
            let input = format!("MAIL FROM:<a@x.org>\r\nRCPT TO:{address}\r\nNOOP\r\n");
            let (codes, _) = talk(&mut session, &input);
            assert_eq!(codes.last(), Some(&250), "{address:?}");
            assert!(codes[1] >= 500, "{address:?}: {codes:?}");
        }
    }

    #[test]
    fn a_mail_has_a_hundred_recipients_at_most() {
        let recipients = "RCPT TO:<b@x.org>\r\n".repeat(MAX_RECIPIENTS + 1);
        let codes = codes(&format!("MAIL FROM:<a@x.org>\r\n{recipients}DATA\r\n"));
        let (accepted, rest) = codes.split_at(MAX_RECIPIENTS + 1);
        assert!(accepted.iter().all(|code| *code == 250));
        assert_eq!(rest, [452, 354]);
    }

    #[test]
    fn a_line_without_end_closes_the_session() {
        let mut session = Session::new(Sink::default());
        let line = "x".repeat(8192);
        assert!(matches!(session.take(&mut line.as_bytes().iter()), Action::Close(_)));
    }

    #[test]
    fn only_a_valid_mail_uses_up_a_fault() {
        let sink = Sink::default();
        sink.faults().set(FaultPlan::next(1, FaultKind::Refuse)).unwrap();
        let input = "MAIL FROM:<a>\r\nMAIL FROM:<a@x.org>\r\nMAIL FROM:<a@x.org>\r\n";
        assert_eq!(talk(&mut Session::new(sink), input).0, [553, 451, 250]);
    }
}
