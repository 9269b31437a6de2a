//! A closed loop of a given length.

use crate::BenchError;
use crate::client::{Client, Outcome};
use crate::load::Subject;
use futures::future::ready;
use futures::stream::{StreamExt, TryStreamExt, iter};

/// Does `subject` `count` times, `at_once` times concurrently. What is rejected is done again.
///
/// # Errors
/// When one fails.
pub async fn times(
    client: &Client,
    subject: Subject,
    at_once: u16,
    count: u64,
) -> Result<(), BenchError> {
    let all = iter(0..count).map(|_| done(client, subject));
    all.buffer_unordered(usize::from(at_once)).try_for_each(|()| ready(Ok(()))).await
}

async fn done(client: &Client, subject: Subject) -> Result<(), BenchError> {
    while client.once(subject).await? == Outcome::Rejected {}
    Ok(())
}
