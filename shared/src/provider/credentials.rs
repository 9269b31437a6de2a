//! The API key that requests are sent with.

use crate::ports::{API_KEY, Chain, PREVIOUS_API_KEY, Result, Secret, Secrets};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// How long a key that was read is used. One that the provider rejects meanwhile is read again immediately, so
/// this delays no rotation.
const KEPT: Duration = Duration::from_secs(30);

/// The API keys in a secret store, of which the current one is remembered for a while.
#[derive(Debug, Clone)]
pub(super) struct Credentials<S> {
    secrets: S,
    kept: Arc<Mutex<Option<(Instant, Secret)>>>,
}

impl<S: Secrets> Credentials<S> {
    pub(super) fn new(secrets: S) -> Self {
        Self { secrets, kept: Arc::default() }
    }

    /// The current key, as it was at most half a minute ago.
    ///
    /// # Errors
    /// When it has to be read and the secret store fails.
    pub(super) async fn current(&self) -> Result<Secret> {
        let kept = self.kept().clone();
        match kept {
            Some((since, key)) if since.elapsed() < KEPT => Ok(key),
            _ => self.read().await,
        }
    }

    /// The other keys to try when the provider rejects `key`, in turn: the current one, if it has changed since it
    /// was read, and the one before it, because during a rotation the provider may take a while to accept a new one.
    pub(super) async fn others(&self, key: &Secret) -> Vec<Secret> {
        let current = self.read().await.unwrap_or_else(|error| {
            tracing::warn!(error = %Chain(&error), "the API key that the payment provider rejects could not be read again");
            key.clone()
        });
        let mut others = vec![current, self.previous().await.unwrap_or_else(|| key.clone())];
        others.retain(|other| other.expose() != key.expose());
        others.dedup_by(|one, other| one.expose() == other.expose());
        others
    }

    async fn read(&self) -> Result<Secret> {
        let key = self.secrets.secret(API_KEY).await?;
        *self.kept() = Some((Instant::now(), key.clone()));
        Ok(key)
    }

    async fn previous(&self) -> Option<Secret> {
        let previous = self.secrets.secret(PREVIOUS_API_KEY).await;
        previous
            .inspect_err(
                |error| tracing::debug!(error = %Chain(error), "no previous API key is stored"),
            )
            .ok()
    }

    fn kept(&self) -> MutexGuard<'_, Option<(Instant, Secret)>> {
        self.kept.lock().expect("no panic happens while a key is remembered")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Failure;
    use std::collections::HashMap;

    /// Secrets that change, and how often one was read.
    #[derive(Clone, Default)]
    struct FakeSecrets {
        values: Arc<Mutex<HashMap<&'static str, &'static str>>>,
        reads: Arc<Mutex<u32>>,
    }

    impl FakeSecrets {
        fn set(&self, name: &'static str, value: &'static str) {
            self.values.lock().unwrap().insert(name, value);
        }
    }

    impl Secrets for FakeSecrets {
        async fn secret(&self, name: &str) -> Result<Secret> {
            *self.reads.lock().unwrap() += 1;
            let found = self.values.lock().unwrap().get(name).copied();
            let found = found.ok_or_else(|| Failure::new("fake secrets", "read", "none"))?;
            Ok(Secret::new(found.to_owned()))
        }
    }

    fn credentials() -> (FakeSecrets, Credentials<FakeSecrets>) {
        let secrets = FakeSecrets::default();
        secrets.set(API_KEY, "first");
        (secrets.clone(), Credentials::new(secrets))
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_read_again_after_half_a_minute() {
        let (secrets, credentials) = credentials();
        for (seconds, reads) in [(0, 1), (29, 1), (30, 2)] {
            tokio::time::sleep_until(Instant::now() + Duration::from_secs(seconds)).await;
            assert_eq!(credentials.current().await.unwrap().expose(), "first");
            assert_eq!(*secrets.reads.lock().unwrap(), reads, "{seconds}");
        }
    }

    #[tokio::test]
    async fn a_rejected_key_is_replaced_by_the_current_one_and_then_the_previous_one() {
        let (secrets, credentials) = credentials();
        let first = credentials.current().await.unwrap();
        assert!(credentials.others(&first).await.is_empty());
        secrets.set(API_KEY, "second");
        secrets.set(PREVIOUS_API_KEY, "zeroth");
        let others = credentials.others(&first).await;
        let others: Vec<_> = others.iter().map(Secret::expose).collect();
        assert_eq!(others, ["second", "zeroth"]);
        assert_eq!(credentials.current().await.unwrap().expose(), "second");
    }
}
