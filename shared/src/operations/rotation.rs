//! Rotation: the payment provider's key is replaced before it expires, while payments continue.

use crate::domain::event::SecretNearExpiry;
use crate::ports::{API_KEY, Clock, Error, Failure, KeyIssuer, PREVIOUS_API_KEY, Vault};
use jiff::SignedDuration;
use std::sync::Arc;
use tokio::sync::Mutex;
use tracing::{Instrument, Span};

/// Replaces the payment provider's key.
///
/// During the overlap both keys are valid, and both are stored: a process that still has the old one, or
/// finds that the provider does not accept the new one yet, uses the other.
#[derive(Debug, Clone)]
pub struct Rotation<V, I, C> {
    /// The vault of keys.
    pub vault: V,
    /// The issuer of keys.
    pub issuer: I,
    /// The clock.
    pub clock: C,
    /// How long a new key is valid.
    pub lifetime: SignedDuration,
    /// How long the old one stays valid beside it.
    pub overlap: SignedDuration,
    /// Serializes rotations in this process: the second of two finds the first one's key.
    pub turn: Arc<Mutex<()>>,
}

/// Why a key was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// Retrying would not help: a person must replace it.
    #[error("replace the key manually, in the provider's dashboard: {0}")]
    ByHand(&'static str),
    /// The vault or the provider failed, and retrying may help.
    #[error("the key could not be replaced")]
    Failed(#[from] Failure),
}

impl From<Error> for RotationError {
    fn from(error: Error) -> Self {
        match error {
            Error::Failed(failure) => Self::Failed(failure),
            Error::Refused(refusal) => {
                Self::Failed(Failure::new("rotation", "replace a key", refusal))
            }
        }
    }
}

impl<V: Vault, I: KeyIssuer, C: Clock> Rotation<V, I, C> {
    /// Replaces the key that `expiring` names, unless that was done before or it is another secret.
    /// If it is interrupted, the next attempt ends with the same key; a caller that gives up does not
    /// interrupt it.
    ///
    /// # Errors
    /// [`RotationError`]. The provider was not called if the key is a live one or the vault cannot be
    /// written.
    pub async fn rotate(&self, expiring: &SecretNearExpiry) -> Result<(), RotationError> {
        if expiring.name != API_KEY {
            return Ok(());
        }
        let (rotation, version) = (self.clone(), expiring.version.trim().to_owned());
        let rotating = async move { rotation.rotate_in_turn(&version).await };
        let rotating = tokio::spawn(rotating.instrument(Span::current()));
        rotating.await.map_err(|panic| Failure::new("rotation", "replace a key", panic))?
    }

    async fn rotate_in_turn(&self, version: &str) -> Result<(), RotationError> {
        let _turn = self.turn.lock().await;
        let old = self.vault.kept(API_KEY).await?;
        if old.version != version {
            return Ok(());
        }
        if old.key.is_live() {
            let why = "the provider returns a new live key encrypted for its dashboard only, so the \
                       shop cannot read it; none was requested, and the old key stays valid";
            return Err(RotationError::ByHand(why));
        }
        self.vault.may_replace(API_KEY, &old).await?;
        // Before the new one, so that the new one is never the only one stored.
        self.vault.keep(PREVIOUS_API_KEY, &old.key, self.clock.after(self.overlap)).await?;
        let fresh = self.issuer.replace(&old.key, self.overlap).await?;
        let ends = self.clock.after(self.overlap);
        let kept = self.vault.keep(API_KEY, &fresh, self.clock.after(self.lifetime)).await;
        if kept.is_err() {
            tracing::error!(
                key.id = fresh.id,
                old.ends = %ends,
                "the provider issued a new key that the vault could not store: each attempt gets the \
                 same one, for about a day; roll the key manually if none succeeds before the old one \
                 ends"
            );
        } else {
            tracing::info!(key.id = fresh.id, old.ends = %ends, "the payment provider's key was replaced");
        }
        Ok(kept?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::{FakeClock, FakeIssuer, FakeVault};
    use crate::testing::orders::at;
    use futures::FutureExt;

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
    async fn the_provider_is_asked_only_for_a_key_that_can_be_written() {
        let (vault, issuer) = (FakeVault::with_secret("mk_0", "sk_live_0"), FakeIssuer::default());
        let rotated = rotation(&vault, &issuer).rotate(&expiring(API_KEY, "1")).await;
        assert!(matches!(rotated, Err(RotationError::ByHand(_))));
        assert!(vault.writes().is_empty());

        for closed in [API_KEY, PREVIOUS_API_KEY] {
            let vault = FakeVault::with("mk_0");
            vault.close(closed);
            let rotated = rotation(&vault, &issuer).rotate(&expiring(API_KEY, "1")).await;
            assert!(matches!(rotated, Err(RotationError::Failed(_))), "{closed}");
        }
        assert_eq!(issuer.given(), 0);
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_interrupts_nothing() {
        let (vault, issuer) = (FakeVault::with("mk_0"), FakeIssuer::default());
        let rotation = rotation(&vault, &issuer);
        let event = expiring(API_KEY, "1");
        assert!(rotation.rotate(&event).now_or_never().is_none(), "it is still running");
        // The next one waits for its turn, and finds the work done.
        rotation.rotate(&event).await.unwrap();
        assert_eq!(
            (vault.kept(API_KEY).await.unwrap().key.id.as_str(), issuer.given()),
            ("mk_1", 1)
        );
    }

    #[tokio::test]
    async fn an_interrupted_rotation_ends_with_the_same_key() {
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
