//! The control paths: a fault.

use crate::mail::support::Program;
use stand_in::mail::{FaultKind, FaultPlan};
use std::time::{Duration, Instant};

const RAW: &str = "Subject: s\r\n\r\nHello";

#[tokio::test]
async fn a_stalled_mail_delays_no_other() {
    let program = Program::start().await;
    let stall_ms = 1_000;
    program.fault(FaultPlan::next(1, FaultKind::Stall).for_ms(stall_ms)).await;
    let start = Instant::now();
    let mut stalled = program.connect().await;
    stalled.begin_mail("a@x.org", "stalled@x.org").await;
    stalled.command("DATA").await;
    stalled.send(&format!("{RAW}\r\n.")).await;
    let mut health = program.connect().await;
    assert!(health.command("NOOP").await.starts_with("250 "));
    assert!(stalled.reply().await.starts_with("250 "));
    assert!(start.elapsed() >= Duration::from_millis(stall_ms));
    assert_eq!(program.mails().await[0].envelope.to, ["stalled@x.org"]);
}
