//! Delivery: what is sent over SMTP is what is shown, and nothing else.

use crate::mail::support::Program;
use lettre::Message;
use lettre::message::MultiPart;
use stand_in::mail::{MAX_MAIL_BYTES, Mail};

fn mail(to: &str, subject: &str) -> Message {
    let address = |address: &str| address.parse().expect("the address is one");
    let builder = Message::builder().from(address("shop@x.org")).to(address(to)).subject(subject);
    builder.body(format!("For {to}")).expect("the mail is well formed")
}

fn header<'a>(mail: &'a Mail, name: &str) -> Vec<&'a str> {
    let headers = mail.headers.iter().filter(|header| header.0 == name);
    headers.map(|header| header.1.as_str()).collect()
}

#[tokio::test]
async fn a_mail_in_utf_8_and_html_arrives_whole() {
    let program = Program::start().await;
    let subject = "Ihre Bestellung über 12,50 € ist unterwegs, vielen Dank für Ihren Einkauf ✓";
    let html = format!("<p>{}</p>", "Schöne Grüße! ".repeat(100));
    let bodies = MultiPart::alternative_plain_html("Schöne Grüße!".to_owned(), html.clone());
    let builder = Message::builder()
        .from("Lädchen am Eck <shop@x.org>".parse().unwrap())
        .to("Jörg Müller <joerg@x.org>".parse().unwrap());
    program.send(builder.subject(subject).multipart(bodies).unwrap()).await.unwrap();
    let mails = program.mails().await;
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.subject.as_deref(), Some(subject));
    assert_eq!(header(mail, "Subject"), [subject]);
    assert_eq!(mail.from.as_deref(), Some("Lädchen am Eck <shop@x.org>"));
    assert_eq!(mail.to, ["Jörg Müller <joerg@x.org>"]);
    assert_eq!(mail.text.as_deref().map(str::trim_end), Some("Schöne Grüße!"));
    assert_eq!(mail.html.as_deref().map(str::trim_end), Some(html.as_str()));
    assert_eq!(
        (mail.envelope.from.as_str(), mail.envelope.to.as_slice()),
        ("shop@x.org", &["joerg@x.org".to_owned()][..])
    );
}

#[tokio::test]
async fn dots_that_begin_lines_arrive_as_they_were_meant() {
    let program = Program::start().await;
    program.deliver("b@x.org", "Subject: s\r\n\r\n..\r\n..a\r\n...\r\nb.\r\n.c").await;
    assert_eq!(program.mails().await[0].text.as_deref(), Some(".\r\n.a\r\n..\r\nb.\r\nc\r\n"));
}

#[tokio::test]
async fn every_recipient_is_in_the_envelope_and_a_blind_copy_only_there() {
    let program = Program::start().await;
    let builder = Message::builder()
        .from("shop@x.org".parse().unwrap())
        .to("a@x.org".parse().unwrap())
        .to("b@x.org".parse().unwrap())
        .cc("c@x.org".parse().unwrap())
        .bcc("d@x.org".parse().unwrap());
    program.send(builder.subject("s").body("Hello".to_owned()).unwrap()).await.unwrap();
    let mail = program.mails().await.remove(0);
    assert_eq!(mail.envelope.to, ["a@x.org", "b@x.org", "c@x.org", "d@x.org"]);
    assert_eq!((mail.to.len(), mail.cc.len(), mail.bcc.len()), (2, 1, 0));
    assert_eq!(header(&mail, "Bcc"), Vec::<&str>::new());
}

#[tokio::test]
async fn concurrent_sessions_do_not_mix() {
    let program = Program::start().await;
    let mut talks = [program.talk().await, program.talk().await];
    for (talk, name) in talks.iter_mut().zip(["ann", "bob"]) {
        talk.address(&format!("from-{name}@x.org"), &format!("{name}@x.org")).await;
    }
    for talk in &mut talks {
        assert!(talk.say("DATA").await.starts_with("354 "));
    }
    for line in ["Subject: for NAME", "", "Hello NAME", ".."] {
        for (talk, name) in talks.iter_mut().zip(["ann", "bob"]) {
            talk.send(&line.replace("NAME", name)).await;
        }
    }
    for talk in talks.iter_mut().rev() {
        assert!(talk.say(".").await.starts_with("250 "));
    }
    let mails = program.mails().await;
    assert_eq!(mails.len(), 2);
    for (mail, name) in mails.iter().zip(["bob", "ann"]) {
        assert_eq!(mail.envelope.from, format!("from-{name}@x.org"));
        assert_eq!(mail.envelope.to, [format!("{name}@x.org")]);
        assert_eq!(mail.subject.as_ref().unwrap(), &format!("for {name}"));
        assert_eq!(mail.text.as_ref().unwrap(), &format!("Hello {name}\r\n.\r\n"));
    }
}

#[tokio::test]
async fn forty_mails_sent_at_once_all_arrive_once() {
    let program = Program::start().await;
    let names: Vec<String> = (0..40).map(|number| format!("to-{number:02}@x.org")).collect();
    let sends = names.iter().map(|to| program.send(mail(to, &format!("for {to}"))));
    for sent in futures::future::join_all(sends).await {
        sent.unwrap();
    }
    let mut mails = program.mails().await;
    assert!(mails.is_sorted_by(|a, b| a.id < b.id));
    mails.sort_by(|a, b| a.envelope.to.cmp(&b.envelope.to));
    assert_eq!(mails.len(), names.len());
    for (mail, to) in mails.iter().zip(&names) {
        assert_eq!(mail.subject.as_ref().unwrap(), &format!("for {to}"));
        assert_eq!(mail.text.as_deref().unwrap().trim_end(), format!("For {to}"));
    }
}

#[tokio::test]
async fn an_injected_header_is_shown_and_changes_no_recipient() {
    let program = Program::start().await;
    program.deliver("b@x.org", "Subject: a\r\nBcc: eve@x.org\r\nTo: b@x.org\r\n\r\nHello").await;
    let mail = program.mails().await.remove(0);
    assert_eq!(
        (mail.subject.as_deref(), mail.bcc.as_slice()),
        (Some("a"), &["eve@x.org".to_owned()][..])
    );
    assert_eq!(mail.envelope.to, ["b@x.org"]);
}

#[tokio::test]
async fn an_encoded_line_break_stays_in_its_header() {
    let program = Program::start().await;
    let raw = "Subject: =?utf-8?q?a=0D=0ABcc:_eve@x.org=0D=0A=0D=0A<p>?=\r\n\r\nHello";
    program.deliver("b@x.org", raw).await;
    let mail = program.mails().await.remove(0);
    assert_eq!(mail.subject.as_deref(), Some("a\r\nBcc: eve@x.org\r\n\r\n<p>"));
    assert!(mail.bcc.is_empty() && mail.headers.len() == 1);
    assert_eq!(mail.text.as_deref(), Some("Hello\r\n"));
}

#[tokio::test]
async fn an_oversized_mail_is_552_and_the_next_one_is_kept() {
    let program = Program::start().await;
    let mut talk = program.talk().await;
    talk.address("a@x.org", "b@x.org").await;
    talk.say("DATA").await;
    let line = "x".repeat(998);
    for _ in 0..=MAX_MAIL_BYTES / 1000 {
        talk.send(&line).await;
    }
    assert!(talk.say(".").await.starts_with("552 "));
    talk.address("a@x.org", "b@x.org").await;
    talk.say("DATA").await;
    assert!(talk.say("Subject: small\r\n\r\n.").await.starts_with("250 "));
    let mails = program.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject.as_deref(), Some("small"));
}
