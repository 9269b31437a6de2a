//! A mail as it is shown: its SMTP envelope, headers and text.

use jiff::Timestamp;
use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address, HeaderValue, Message, MessageParser, MessagePart, PartType};
use serde::{Deserialize, Serialize};

/// A mail: an element of the response to `GET /api/mails`.
///
/// An address reads `ann@example.com`, or `Ann <ann@example.com>` when the mail gives it a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Counts from 1, and is never reused.
    pub id: u64,
    /// When the mail was complete.
    pub received_at: Timestamp,
    /// The sender and recipients that SMTP named, which may differ from the headers.
    pub envelope: Envelope,
    /// The first address of the header `From`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The addresses of the headers `To`.
    pub to: Vec<String>,
    /// The addresses of the headers `Cc`.
    pub cc: Vec<String>,
    /// The addresses of the headers `Bcc`, which a sender should have removed.
    pub bcc: Vec<String>,
    /// The header `Subject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Every header in the mail's order: name and value, unfolded and decoded; well-known names in
    /// their usual spelling.
    pub headers: Vec<(String, String)>,
    /// The first part that is HTML and no attachment, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The first part that is plain text and no attachment, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The sender and the recipients that SMTP named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The address of `MAIL FROM`; empty for a bounce.
    pub from: String,
    /// The addresses of `RCPT TO`, in the order they were given.
    pub to: Vec<String>,
}

impl Envelope {
    /// Whether the mail was sent to `address`, ignoring case.
    #[must_use]
    pub fn is_to(&self, address: &str) -> bool {
        self.to.iter().any(|to| to.eq_ignore_ascii_case(address))
    }
}

impl Mail {
    /// Reads the mail `raw`, however malformed. Its id is 0 until it is stored.
    pub(crate) fn read(received_at: Timestamp, envelope: Envelope, raw: &[u8]) -> Self {
        let blank = Self::blank(received_at, envelope);
        let Some(message) = MessageParser::default().parse(raw) else {
            return Self { text: Some(String::from_utf8_lossy(raw).into_owned()), ..blank };
        };
        Self {
            from: message.from().and_then(Address::first).map(written),
            to: addresses(message.all_to()),
            cc: addresses(message.all_cc()),
            bcc: addresses(message.all_bcc()),
            subject: message.subject().map(str::to_owned),
            headers: headers(&message, raw),
            html: message.html_bodies().find_map(html_of),
            text: message.text_bodies().find_map(text_of),
            ..blank
        }
    }

    fn blank(received_at: Timestamp, envelope: Envelope) -> Self {
        Self {
            id: 0,
            received_at,
            envelope,
            from: None,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: None,
            headers: Vec::new(),
            html: None,
            text: None,
        }
    }
}

fn html_of(part: &MessagePart<'_>) -> Option<String> {
    if let PartType::Html(html) = &part.body { Some(html.clone().into_owned()) } else { None }
}

fn text_of(part: &MessagePart<'_>) -> Option<String> {
    if let PartType::Text(text) = &part.body { Some(text.clone().into_owned()) } else { None }
}

fn addresses<'a>(headers: impl Iterator<Item = &'a Address<'a>>) -> Vec<String> {
    headers.flat_map(Address::iter).map(written).collect()
}

fn written(address: &Addr<'_>) -> String {
    match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => address.or(name).unwrap_or_default().to_owned(),
    }
}

fn headers(message: &Message<'_>, raw: &[u8]) -> Vec<(String, String)> {
    let fields = message.headers().iter().map(|header| {
        let span = header.offset_start as usize..header.offset_end as usize;
        let value = decoded(raw.get(span).unwrap_or_default());
        (header.name().to_owned(), value)
    });
    fields.collect()
}

/// Structured fields are read as unstructured text too, to preserve their wording.
fn decoded(value: &[u8]) -> String {
    if let HeaderValue::Text(text) = MessageStream::new(value).parse_unstructured() {
        text.into_owned()
    } else {
        String::from_utf8_lossy(value).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    /// Pieces that good and bad mails are made of.
    const PIECES: [&[u8]; 18] = [
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b" ",
        b":",
        b";",
        b"Subject: a",
        b"From: A <a@x.org>, ",
        b"To: <",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: text/html; charset=utf-7",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"--b",
        b"--b--",
        b"=?utf-8?q?=0D=0A",
        b"?=",
        b"\xff\x00",
    ];

    fn read(raw: &str) -> Mail {
        let raw = raw.replace('\n', "\r\n");
        Mail::read(Timestamp::UNIX_EPOCH, Envelope::default(), raw.as_bytes())
    }

    fn header<'a>(mail: &'a Mail, name: &str) -> Option<&'a str> {
        let mut headers = mail.headers.iter();
        headers.find(|header| header.0 == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn headers_are_unfolded_and_decoded() {
        let mail = read(
            "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= an\n =?utf-8?b?4pyT?=\n\
             From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>\nX-A-Long-Name-That-No-Standard-Knows-Of: order-1\n\nHello\n",
        );
        assert_eq!(mail.subject.as_deref(), Some("Grüße an ✓"));
        assert_eq!(header(&mail, "Subject"), Some("Grüße an ✓"));
        assert_eq!(mail.from.as_deref(), Some("Jörg <joerg@example.com>"));
        assert_eq!(header(&mail, "From"), Some("Jörg <joerg@example.com>"));
        assert_eq!(header(&mail, "X-A-Long-Name-That-No-Standard-Knows-Of"), Some("order-1"));
    }

    #[test]
    fn repeated_headers_are_all_shown() {
        let mail = read("To: a@x.org, \"B, C\" <b@x.org>\nTo: d@x.org\nCc: e@x.org\n\n");
        assert_eq!(mail.to, ["a@x.org", "B, C <b@x.org>", "d@x.org"]);
        assert_eq!(mail.cc, ["e@x.org"]);
        assert_eq!(mail.headers.iter().filter(|header| header.0 == "To").count(), 2);
    }

    #[test]
    fn an_encoded_line_break_does_not_begin_a_header() {
        let mail = read("Subject: =?utf-8?q?a=0D=0ABcc:_eve@x.org?=\n\nHello\n");
        assert_eq!(mail.subject.as_deref(), Some("a\r\nBcc: eve@x.org"));
        assert!(mail.bcc.is_empty());
        assert_eq!(mail.headers.len(), 1);
    }

    #[test]
    fn both_bodies_of_a_multipart_mail_are_decoded() {
        let mail = read(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n\
             Content-Type: text/plain; charset=iso-8859-1\n\
             Content-Transfer-Encoding: quoted-printable\n\nSch=F6n =\nhier\n--b\n\
             Content-Type: text/html; charset=utf-8\n\
             Content-Transfer-Encoding: base64\n\nPHA+U2Now7ZuPC9wPg==\n--b--\n",
        );
        assert_eq!(mail.text.as_deref(), Some("Schön hier"));
        assert_eq!(mail.html.as_deref(), Some("<p>Schön</p>"));
    }

    #[test]
    fn one_body_is_not_turned_into_the_other() {
        let html = read("Content-Type: text/html\n\n<p>Hello</p>\n");
        assert_eq!((html.html.as_deref(), html.text), (Some("<p>Hello</p>\r\n"), None));
        let text = read("Subject: s\n\nHello\n");
        assert_eq!((text.html, text.text.as_deref()), (None, Some("Hello\r\n")));
    }

    #[test]
    fn a_mail_without_headers_is_all_text() {
        let mail = read("Hello\nthere\n");
        assert_eq!((mail.headers, mail.text.as_deref()), (Vec::new(), Some("Hello\r\nthere\r\n")));
    }

    #[test]
    fn a_malformed_mail_is_shown_as_far_as_it_can_be_read() {
        for raw in ["", "\n", "\n\n", ":", ": \n:\n", "\u{0}\u{1}: \n", "Content-Type: multipart/x"]
        {
            assert_eq!(read(raw).subject, None, "{raw:?}");
        }
        let cut_short = read("X-Order: 1\nSubject: cut short");
        assert_eq!(header(&cut_short, "X-Order"), Some("1"));
        assert_eq!(header(&cut_short, "Subject"), Some("cut short"));
    }

    #[test]
    fn a_recipient_matches_in_any_case() {
        let envelope = Envelope { from: String::new(), to: vec!["Ann@Example.com".to_owned()] };
        assert!(envelope.is_to("ann@example.com"));
        assert!(!envelope.is_to("ann@example.co"));
    }

    proptest! {
        #[test]
        fn no_mail_is_too_malformed_to_be_read(pieces in vec(select(&PIECES[..]), 0..40)) {
            let raw = pieces.concat();
            let mail = Mail::read(Timestamp::UNIX_EPOCH, Envelope::default(), &raw);
            prop_assert!(serde_json::to_string(&mail).is_ok());
        }
    }
}
