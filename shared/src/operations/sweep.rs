//! Looks at everything that has become due, one process at a time.

use super::due::{self, Id, Page, Slot, Sweep};
use crate::ports::{Chain, Clock, Documents, PortFuture, Result};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};

/// The delay before what could not be finished is looked at again.
pub const AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// How long a sweep has the index to itself; longer than one slot takes it.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// The most slots that one sweep goes through: four hours'.
const MAX_SLOTS: usize = 960;

/// Looked at concurrently.
const AT_ONCE: usize = 8;

/// The key of the sweep's own document.
const SWEEP: &str = "_sweep";

/// What is done about what is due.
pub trait Look<K>: Sync {
    /// Advances it as far as possible; returns the delay until the next look, if there is one.
    fn look_at(&self, id: &K) -> impl PortFuture<Option<SignedDuration>>;
}

/// Looks at everything that has become due. One process does so at a time; the others find nothing to
/// do.
///
/// # Errors
/// When the store fails. What was not looked at is looked at by the next sweep.
pub async fn sweep<K: Id>(
    index: &impl Documents<String, Page<K>>,
    clock: &impl Clock,
    by: &impl Look<K>,
) -> Result<()> {
    let now = clock.now();
    let Some(mut slot) = lease(index, now).await? else { return Ok(()) };
    for _ in 0..MAX_SLOTS {
        if slot.next() >= Slot::of(now) {
            break;
        }
        sweep_slot(index, clock, by, slot).await?;
        slot = slot.next();
        proceed(index, slot, clock.after(LEASE)).await?;
    }
    proceed(index, slot, now).await
}

/// Takes the lease at `now` and answers with the slot to begin with, unless another process has it.
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
    by: &impl Look<K>,
    slot: Slot,
) -> Result<()> {
    let due = due::due(index, slot).await?;
    let looked: Vec<_> = due.iter().map(|id| look_at(index, clock, by, id)).collect();
    let looked: Vec<_> = stream::iter(looked).buffer_unordered(AT_ONCE).collect().await;
    looked.into_iter().collect()
}

/// Looks at `id`, and notes when to look again.
async fn look_at<K: Id>(
    index: &impl Documents<String, Page<K>>,
    clock: &impl Clock,
    by: &impl Look<K>,
    id: &K,
) -> Result<()> {
    let again = by.look_at(id).await.unwrap_or_else(|error| {
        tracing::warn!(%id, error = %Chain(&error), "{id} is overdue, and could not be brought to its end");
        Some(AGAIN)
    });
    match again {
        Some(again) => due::note(index, id, clock.after(again)).await,
        None => Ok(()),
    }
}
