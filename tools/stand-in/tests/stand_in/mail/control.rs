//! The control paths: what faults do, plans that are rejected or cleared.

use crate::mail::support::Program;
use stand_in::mail::{FaultKind, FaultPlan};
use std::time::{Duration, Instant};

const RAW: &str = "Subject: s\r\n\r\nHello";

#[tokio::test]
async fn a_rejected_mail_is_451_and_not_kept() {
    let program = Program::start().await;
    program.fault(FaultPlan::next(2, FaultKind::Refuse)).await;
    let mut talk = program.talk().await;
    for _ in 0..2 {
        assert!(talk.say("MAIL FROM:<a@x.org>").await.starts_with("451 "));
        assert!(talk.say("RCPT TO:<b@x.org>").await.starts_with("503 "));
    }
    assert!(talk.say("MAIL FROM:<a@x.org>").await.starts_with("250 "));
    assert!(program.mails().await.is_empty());
    program.deliver("b@x.org", RAW).await;
    assert_eq!(program.mails().await.len(), 1);
}

#[tokio::test]
async fn a_dropped_mail_is_kept_and_its_connection_closes() {
    let program = Program::start().await;
    program.fault(FaultPlan::next(1, FaultKind::Drop)).await;
    let mut talk = program.talk().await;
    talk.address("a@x.org", "b@x.org").await;
    talk.say("DATA").await;
    assert_eq!(talk.say(&format!("{RAW}\r\n.")).await, "");
    assert_eq!(program.mails().await.len(), 1);
    program.deliver("b@x.org", RAW).await;
    assert_eq!(program.mails().await.len(), 2);
}

#[tokio::test]
async fn a_stalled_mail_delays_no_other() {
    let program = Program::start().await;
    let stall_ms = 1_000;
    program.fault(FaultPlan::next(1, FaultKind::Stall).for_ms(stall_ms)).await;
    let start = Instant::now();
    let mut stalled = program.talk().await;
    stalled.address("a@x.org", "stalled@x.org").await;
    stalled.say("DATA").await;
    stalled.send(&format!("{RAW}\r\n.")).await;
    let mut health = program.talk().await;
    assert!(health.say("NOOP").await.starts_with("250 "));
    assert!(stalled.hear().await.starts_with("250 "));
    assert!(start.elapsed() >= Duration::from_millis(stall_ms));
    assert_eq!(program.mails().await[0].envelope.to, ["stalled@x.org"]);
}
