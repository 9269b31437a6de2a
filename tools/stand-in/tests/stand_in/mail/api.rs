//! The API: its format, its filter, its errors.

use crate::mail::support::Program;
use serde_json::json;
use stand_in::mail::Mail;

#[tokio::test]
async fn a_mail_has_the_documented_format() {
    let program = Program::start().await;
    program.deliver("b@x.org", "From: A <a@x.org>\r\nTo: b@x.org\r\nSubject: s\r\n\r\nHello").await;
    let mut mails = program.get("/api/mails").await.body;
    let received_at = mails[0].as_object_mut().unwrap().remove("received_at").unwrap();
    assert!(received_at.as_str().unwrap().ends_with('Z'), "{received_at}");
    let expected = json!([{
        "id": 1,
        "envelope": {"from": "a@x.org", "to": ["b@x.org"]},
        "from": "A <a@x.org>",
        "to": ["b@x.org"],
        "cc": [],
        "bcc": [],
        "subject": "s",
        "headers": [["From", "A <a@x.org>"], ["To", "b@x.org"], ["Subject", "s"]],
        "text": "Hello\r\n",
    }]);
    assert_eq!(mails, expected);
}

#[tokio::test]
async fn mails_are_found_by_recipient_oldest_first() {
    let program = Program::start().await;
    for to in ["ann@x.org", "bob+1@x.org", "Ann@X.org"] {
        program.deliver(to, "Subject: s\r\n\r\n").await;
    }
    for (filter, ids) in [
        ("", &[1, 2, 3][..]),
        ("?to=ann@x.org", &[1, 3]),
        ("?to=bob%2B1%40x.org", &[2]),
        ("?to=ann", &[]),
    ] {
        let answer = program.get(&format!("/api/mails{filter}")).await;
        let found: Vec<Mail> = serde_json::from_value(answer.body).unwrap();
        assert_eq!(found.iter().map(|mail| mail.id).collect::<Vec<_>>(), ids, "{filter}");
    }
    assert_eq!(program.get("/api/mails?too=ann@x.org").await.status, 400);
}

#[tokio::test]
async fn one_mail_is_read_by_its_id() {
    let program = Program::start().await;
    program.deliver("b@x.org", "Subject: s\r\n\r\n").await;
    let mail: Mail = serde_json::from_value(program.get("/api/mails/1").await.body).unwrap();
    assert_eq!(mail, program.mails().await[0]);
    for id in ["0", "2", "-1", "x"] {
        let answer = program.get(&format!("/api/mails/{id}")).await;
        assert_eq!(answer.status_and("/error"), (404, format!("no such mail: '{id}'").as_str()));
    }
}

#[tokio::test]
async fn deleting_all_mails_reuses_no_id() {
    let program = Program::start().await;
    program.deliver("b@x.org", "Subject: s\r\n\r\n").await;
    assert_eq!(program.call("DELETE", "/api/mails", "").await.status, 204);
    assert!(program.mails().await.is_empty());
    program.deliver("b@x.org", "Subject: s\r\n\r\n").await;
    assert_eq!(program.mails().await[0].id, 2);
}
