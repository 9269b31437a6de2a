//! An open loop: requests begin at a fixed rate, whether or not earlier ones have ended. It shows latencies, each
//! from the moment at which its request was to begin, so that a stall is in all that it delays.
#![expect(clippy::float_arithmetic, reason = "rates are fractions")]

use super::Tally;
use crate::BenchError;
use crate::client::{Client, Outcome};
use crate::load::Subject;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The most that is under way; what would be more is dropped.
const UNDER_WAY: usize = 400;

/// A request that begins later than intended by less than this is on time: the precision of the timer.
const ON_TIME: Duration = Duration::from_millis(5);

/// The slowest rate, per second.
const SLOWEST: f64 = 0.1;

/// How requests arrive.
#[derive(Debug, Clone, Copy)]
pub struct Arrivals {
    /// How many per second.
    pub per_second: f64,
    /// For how long.
    pub lasting: Duration,
}

/// What became of a request, and when it was to begin and ended.
type Ended = Result<(Outcome, Duration), BenchError>;

/// Repeats `subject` as it arrives, and waits until all that was begun has ended.
///
/// # Errors
/// When one fails.
pub async fn open(
    client: &Arc<Client>,
    subject: Subject,
    arrivals: Arrivals,
) -> Result<Tally, BenchError> {
    let period = Duration::from_secs_f64(1.0 / arrivals.per_second.max(SLOWEST));
    let from = Instant::now() + period;
    let mut ticks = interval_at(from, period);
    // A tick returns the time at which it was due.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut tally, mut under_way) = (Tally::default(), JoinSet::new());
    loop {
        let intended = ticks.tick().await;
        if intended >= from + arrivals.lasting {
            break;
        }
        while let Some(ended) = under_way.try_join_next() {
            add(&mut tally, ended)?;
        }
        tally.late += u64::from(intended.elapsed() > ON_TIME);
        if under_way.len() < UNDER_WAY {
            under_way.spawn(once(Arc::clone(client), subject, intended));
        } else {
            tally.dropped += 1;
        }
    }
    while let Some(ended) = under_way.join_next().await {
        add(&mut tally, ended)?;
    }
    Ok(tally)
}

async fn once(client: Arc<Client>, subject: Subject, intended: Instant) -> Ended {
    let outcome = client.once(subject).await?;
    Ok((outcome, intended.elapsed()))
}

fn add(tally: &mut Tally, ended: Result<Ended, JoinError>) -> Result<(), BenchError> {
    let (outcome, latency) = ended.map_err(BenchError::request("load"))??;
    tally.add(outcome, Some(latency));
    Ok(())
}
