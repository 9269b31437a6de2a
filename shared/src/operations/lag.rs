//! How long accepted orders wait for their sagas to begin.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The longest wait with which more orders are accepted. Every later step waits about as long, and with
/// this wait orders still end well within the time for which their products are held. A single slow start,
/// such as one that is repeated while a sidecar is replaced, is not longer.
const LIMIT: Duration = Duration::from_secs(5);

/// How long an observation counts at most. While orders wait and others begin, newer ones follow at once, so an
/// old one says that none waits any more, that it was an order which was interrupted, or that none can begin: then
/// orders are accepted for a moment, and the first that begins says how long it waited.
const COUNTS_FOR: Duration = Duration::from_secs(5);

/// How long accepted orders wait for their sagas to begin, as this process observes it. The sagas of all
/// replicas begin everywhere, so that one process sees the lag of all.
#[derive(Debug, Clone, Default)]
pub struct Lag(Arc<Mutex<Option<Observed>>>);

#[derive(Debug, Clone, Copy)]
struct Observed {
    lag: Duration,
    at: Instant,
}

impl Lag {
    /// Observes that the saga of an order began `lag` after the order was placed.
    pub(super) fn observe(&self, lag: Duration) {
        let was_excessive = self.is_excessive();
        *self.last() = Some(Observed { lag, at: Instant::now() });
        if lag > LIMIT && !was_excessive {
            tracing::warn!(
                ?lag,
                "orders wait too long for their sagas to begin: new ones are rejected"
            );
        }
    }

    /// Whether the sagas lag so far behind that no more orders are to be accepted.
    pub(super) fn is_excessive(&self) -> bool {
        self.last().is_some_and(|last| last.lag > LIMIT && last.at.elapsed() < COUNTS_FOR)
    }

    fn last(&self) -> MutexGuard<'_, Option<Observed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn the_lag_is_excessive_until_a_saga_begins_soon_or_none_waits() {
        let lag = Lag::default();
        assert!(!lag.is_excessive());
        lag.observe(LIMIT);
        assert!(!lag.is_excessive());
        lag.observe(LIMIT + Duration::from_millis(1));
        assert!(lag.clone().is_excessive(), "all see the same");
        lag.observe(Duration::ZERO);
        assert!(!lag.is_excessive());

        lag.observe(Duration::from_hours(1));
        advance(COUNTS_FOR / 2).await;
        assert!(lag.is_excessive());
        advance(COUNTS_FOR / 2).await;
        assert!(!lag.is_excessive(), "no other has begun since, so none waits");
    }
}
