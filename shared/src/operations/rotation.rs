//! Rotation: the payment provider's key is replaced before it expires, while payments go on.

use crate::domain::event::SecretNearExpiry;
use crate::ports::{API_KEY, Clock, KeyIssuer, PREVIOUS_API_KEY, Result, Vault};
use jiff::SignedDuration;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Replaces the payment provider's key.
///
/// For the length of the overlap both keys are good, and both are kept: whoever still holds the old
/// one, or finds that the provider does not take the new one yet, goes on with the other.
#[derive(Debug, Clone)]
pub struct Rotation<V, I, C> {
    /// Where keys are kept.
    pub vault: V,
    /// Who gives out keys.
    pub issuer: I,
    /// The time.
    pub clock: C,
    /// How long a fresh key lasts.
    pub lifetime: SignedDuration,
    /// How long the old one is good beside it.
    pub overlap: SignedDuration,
    /// Whose turn it is in this process: of two at once, the second finds the first one's key.
    pub turn: Arc<Mutex<()>>,
}

impl<V: Vault, I: KeyIssuer, C: Clock> Rotation<V, I, C> {
    /// Replaces the key that `expiring` tells of, unless that was done before or it is another
    /// secret. When it ends halfway, the next try ends with the same key.
    ///
    /// # Errors
    /// When the vault or the provider fails.
    pub async fn rotate(&self, expiring: &SecretNearExpiry) -> Result<()> {
        if expiring.name != API_KEY {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        let old = self.vault.kept(API_KEY).await?;
        if old.version != expiring.version.trim() {
            return Ok(());
        }
        let fresh = self.issuer.replace(&old.key, self.overlap).await?;
        // First, for then there is no moment at which only the fresh one is kept.
        self.vault.keep(PREVIOUS_API_KEY, &old.key, self.clock.after(self.overlap)).await?;
        self.vault.keep(API_KEY, &fresh, self.clock.after(self.lifetime)).await?;
        tracing::info!(key.id = fresh.id, "the payment provider's key is replaced");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::{FakeClock, FakeIssuer, FakeVault};
    use crate::testing::orders::at;

    fn rotation(
        vault: &FakeVault,
        issuer: &FakeIssuer,
    ) -> Rotation<FakeVault, FakeIssuer, FakeClock> {
        Rotation {
            vault: vault.clone(),
            issuer: issuer.clone(),
            clock: FakeClock(at(0)),
            lifetime: SignedDuration::from_hours(24 * 90),
            overlap: SignedDuration::from_hours(24),
            turn: Arc::default(),
        }
    }

    fn expiring(name: &str, version: &str) -> SecretNearExpiry {
        SecretNearExpiry { name: name.to_owned(), version: version.to_owned() }
    }

    #[tokio::test]
    async fn a_key_that_expires_is_replaced_and_kept_as_the_previous_one() {
        let (vault, issuer) = (FakeVault::with("mk_0"), FakeIssuer::default());
        rotation(&vault, &issuer).rotate(&expiring(API_KEY, "1")).await.unwrap();
        let day = 24 * 60 * 60;
        assert_eq!(
            vault.writes(),
            [
                (PREVIOUS_API_KEY.to_owned(), "mk_0".to_owned(), at(day)),
                (API_KEY.to_owned(), "mk_1".to_owned(), at(90 * day)),
            ]
        );
    }

    #[tokio::test]
    async fn an_event_that_is_delivered_again_changes_nothing() {
        let (vault, issuer) = (FakeVault::with("mk_0"), FakeIssuer::default());
        let (rotation, event) = (rotation(&vault, &issuer), expiring(API_KEY, "1"));
        let (one, other) = tokio::join!(rotation.rotate(&event), rotation.rotate(&event));
        assert!(one.is_ok() && other.is_ok());
        rotation.rotate(&event).await.unwrap();
        assert_eq!((vault.writes().len(), issuer.given()), (2, 1));
    }

    #[tokio::test]
    async fn another_secret_is_left_alone() {
        let (vault, issuer) = (FakeVault::with("mk_0"), FakeIssuer::default());
        rotation(&vault, &issuer).rotate(&expiring(PREVIOUS_API_KEY, "1")).await.unwrap();
        assert_eq!((vault.writes().len(), issuer.given()), (0, 0));
    }

    #[tokio::test]
    async fn a_rotation_that_ended_halfway_ends_with_the_same_key() {
        for writes in 0..2 {
            let (vault, issuer) = (FakeVault::with("mk_0"), FakeIssuer::default());
            vault.fail_after(writes);
            let rotation = rotation(&vault, &issuer);
            assert!(rotation.rotate(&expiring(API_KEY, "1")).await.is_err());
            rotation.rotate(&expiring(API_KEY, "1")).await.unwrap();
            assert_eq!(vault.kept(API_KEY).await.unwrap().key.id, "mk_1");
            assert_eq!(vault.kept(PREVIOUS_API_KEY).await.unwrap().key.id, "mk_0");
            assert_eq!(issuer.given(), 1);
        }
    }
}
