//! Delivery: the mails that are shown are those that were sent.

use crate::mail::support::Program;
use lettre::Message;
use lettre::message::MultiPart;
use stand_in::mail::{MAX_MAIL_BYTES, Mail};

fn header<'a>(mail: &'a Mail, name: &str) -> Vec<&'a str> {
    let headers = mail.headers.iter().filter(|header| header.0 == name);
    headers.map(|header| header.1.as_str()).collect()
}

#[tokio::test]
async fn a_mail_in_utf_8_and_html_arrives_complete() {
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
async fn every_recipient_is_in_the_envelope_and_a_bcc_only_there() {
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
    let mut clients = [program.connect().await, program.connect().await];
    for (client, name) in clients.iter_mut().zip(["ann", "bob"]) {
        client.begin_mail(&format!("from-{name}@x.org"), &format!("{name}@x.org")).await;
    }
    for client in &mut clients {
        assert!(client.command("DATA").await.starts_with("354 "));
    }
    for line in ["Subject: for NAME", "", "Hello NAME", ".."] {
        for (client, name) in clients.iter_mut().zip(["ann", "bob"]) {
            client.send(&line.replace("NAME", name)).await;
        }
    }
    for client in clients.iter_mut().rev() {
        assert!(client.command(".").await.starts_with("250 "));
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
async fn an_oversized_mail_gets_a_552_and_the_next_one_is_stored() {
    let program = Program::start().await;
    let mut client = program.connect().await;
    client.begin_mail("a@x.org", "b@x.org").await;
    client.command("DATA").await;
    let line = "x".repeat(998);
    for _ in 0..=MAX_MAIL_BYTES / 1000 {
        client.send(&line).await;
    }
    assert!(client.command(".").await.starts_with("552 "));
    client.begin_mail("a@x.org", "b@x.org").await;
    client.command("DATA").await;
    assert!(client.command("Subject: small\r\n\r\n.").await.starts_with("250 "));
    let mails = program.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject.as_deref(), Some("small"));
}
