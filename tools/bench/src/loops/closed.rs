//! A closed loop: each of some clients begins the next once it has done the last. It shows the capacity.

use super::Tally;
use crate::BenchError;
use crate::client::Client;
use crate::load::Subject;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// When a load is measured.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// How long it runs before.
    pub warm_up: Duration,
    /// How long it is measured. It stops then; what is under way ends.
    pub measured: Duration,
}

/// Repeats `subject` with `at_once` clients.
///
/// # Errors
/// When one fails.
pub async fn closed(
    client: &Arc<Client>,
    subject: Subject,
    at_once: u16,
    window: Window,
) -> Result<Tally, BenchError> {
    let from = Instant::now() + window.warm_up;
    let until = from + window.measured;
    let mut clients = JoinSet::new();
    for _ in 0..at_once {
        clients.spawn(repeat(Arc::clone(client), subject, at_once, from..until));
    }
    let mut all = Tally::default();
    while let Some(tally) = clients.join_next().await {
        all.merge(&tally.map_err(BenchError::request("load"))??);
    }
    Ok(all)
}

async fn repeat(
    client: Arc<Client>,
    subject: Subject,
    at_once: u16,
    window: Range<Instant>,
) -> Result<Tally, BenchError> {
    let mut tally = Tally::default();
    loop {
        let begun = Instant::now();
        if begun >= window.end {
            return Ok(tally);
        }
        let outcome = client.once(subject).await?;
        let ended = Instant::now();
        let inside = window.contains(&ended);
        tally.add(outcome, inside.then(|| ended - begun));
        if at_once == 1 {
            // The next is not to compete with what the last one left.
            client.settle().await?;
        }
    }
}
