//! Handles everything that has become due, in one process at a time.

use super::due::{self, Id, Page, Slot, Sweep};
use crate::ports::{Chain, Clock, Documents, PortFuture, Result};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};

/// The delay before what could not be completed is handled again.
pub const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// How long a sweep holds the lease on the index: longer than one slot takes.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// The most slots of one sweep: four hours.
const MAX_SLOTS: usize = 960;

/// Items handled concurrently.
const AT_ONCE: usize = 8;

/// The key of the sweep's own document.
const SWEEP: &str = "_sweep";

/// Handles what is due.
pub trait Handler<K>: Sync {
    /// Advances `id` as far as possible; returns the delay until it is due again, if it is.
    fn handle(&self, id: &K) -> impl PortFuture<Option<SignedDuration>>;
}

/// Handles everything that has become due. One process does so at a time; the others find nothing to
/// do.
///
/// # Errors
/// When the store fails. The next sweep handles the rest.
pub async fn sweep<K: Id>(
    index: &impl Documents<String, Page<K>>,
    clock: &impl Clock,
    handler: &impl Handler<K>,
) -> Result<()> {
    let now = clock.now();
    let Some(mut slot) = lease(index, now).await? else { return Ok(()) };
    for _ in 0..MAX_SLOTS {
        if slot.next() >= Slot::of(now) {
            break;
        }
        sweep_slot(index, clock, handler, slot).await?;
        slot = slot.next();
        proceed(index, slot, clock.after(LEASE)).await?;
    }
    proceed(index, slot, now).await
}

/// Takes the lease at `now` and returns the slot to begin with, unless another process has it.
pub(super) async fn lease<K: Id>(
    index: &impl Documents<String, Page<K>>,
    now: Timestamp,
) -> Result<Option<Slot>> {
    let leased_until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
    let take = |found: Option<Page<K>>| match found {
        Some(Page::Swept(sweep)) if sweep.leased_until > now => (Page::Swept(sweep), None),
        Some(Page::Swept(Sweep { next, .. })) => {
            (Page::Swept(Sweep { next, leased_until }), Some(next))
        }
        Some(Page::Due(_)) | None => {
            let next = Slot::of(now);
            (Page::Swept(Sweep { next, leased_until }), Some(next))
        }
    };
    Ok(index.update(&SWEEP.to_owned(), take).await?.1)
}

async fn proceed<K: Id>(
    index: &impl Documents<String, Page<K>>,
    next: Slot,
    leased_until: Timestamp,
) -> Result<()> {
    let proceed = |_| (Page::Swept(Sweep { next, leased_until }), ());
    index.update(&SWEEP.to_owned(), proceed).await.map(|_| ())
}

async fn sweep_slot<K: Id>(
    index: &impl Documents<String, Page<K>>,
    clock: &impl Clock,
    handler: &impl Handler<K>,
    slot: Slot,
) -> Result<()> {
    let due = due::due(index, slot).await?;
    let results: Vec<_> = due.iter().map(|id| handle(index, clock, handler, id)).collect();
    let results: Vec<_> = stream::iter(results).buffer_unordered(AT_ONCE).collect().await;
    results.into_iter().collect()
}

/// Handles `id`, and records when it is due again.
async fn handle<K: Id>(
    index: &impl Documents<String, Page<K>>,
    clock: &impl Clock,
    handler: &impl Handler<K>,
    id: &K,
) -> Result<()> {
    let again = handler.handle(id).await.unwrap_or_else(|error| {
        tracing::warn!(%id, error = %Chain(&error), "{id} is overdue, and could not be handled; it is retried");
        Some(RETRY_AFTER)
    });
    match again {
        Some(again) => due::note(index, id, clock.after(again)).await,
        None => Ok(()),
    }
}
