//! On `key-vault`: replaces the payment provider's key before it expires.

use axum::Router;
use shared::domain::event::{CloudEvent, SecretNearExpiry, Topic};
use shared::operations::rotation::{Rotation, RotationError};
use shared::ports::{Clock, KeyIssuer, Publisher, Vault};
use shared::sidecar::delivery::{DeliveryError, on};
use shared::{host, wiring};
use std::process::ExitCode;

const NAME: &str = env!("CARGO_PKG_NAME");

#[tokio::main]
async fn main() -> ExitCode {
    host::run(NAME, |setup| Ok(app(wiring::rotation(setup)?, setup.sidecar().publisher()))).await
}

fn app<V, I, C, P>(rotation: Rotation<V, I, C>, publisher: P) -> Router
where
    V: Vault,
    I: KeyIssuer,
    C: Clock,
    P: Publisher,
{
    on(Topic::KeyVault, NAME, publisher, move |event: CloudEvent| {
        let rotation = rotation.clone();
        async move {
            let expiring = SecretNearExpiry::read(&event)?.ok_or_else(|| event.unknown())?;
            rotation.rotate(&expiring).await.map_err(|error| match error {
                RotationError::Failed(failure) => failure.into(),
                by_hand @ RotationError::ByHand(_) => DeliveryError::Hopeless(by_hand.to_string()),
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use serde_json::json;
    use shared::testing::fakes::{FakeBroker, FakeClock, FakeIssuer, FakeVault};
    use shared::testing::orders::at;
    use shared::testing::{conforms, send};
    use std::sync::Arc;

    const ROUTE: &str = "POST /events/key-vault";

    fn function(vault: &FakeVault, broker: &FakeBroker) -> Router {
        let rotation = Rotation {
            vault: vault.clone(),
            issuer: FakeIssuer::default(),
            clock: FakeClock(at(0)),
            lifetime: SignedDuration::from_hours(24 * 90),
            overlap: SignedDuration::from_hours(24),
            turn: Arc::default(),
        };
        app(rotation, broker.clone())
    }

    fn event(kind: &str) -> serde_json::Value {
        json!({
            "specversion": "1.0", "id": "1", "source": "/vaults/shop", "type": kind,
            "subject": "payment-api-key", "time": "2026-11-25T00:00:00Z",
            "data": {"ObjectName": "payment-api-key", "Version": "1"},
        })
    }

    #[tokio::test]
    async fn it_conforms() {
        let app = function(&FakeVault::with("mk_0"), &FakeBroker::default());
        conforms(app, &[], &[ROUTE]).await;
    }

    #[tokio::test]
    async fn a_key_that_is_near_its_expiry_is_replaced_once() {
        let (vault, broker) = (FakeVault::with("mk_0"), FakeBroker::default());
        let app = function(&vault, &broker);
        for _ in 0..2 {
            let (_, verdict) = send(app.clone(), ROUTE, &event(SecretNearExpiry::TYPE)).await;
            assert_eq!(verdict["status"], "SUCCESS");
        }
        assert_eq!((vault.writes().len(), broker.published().len()), (2, 0));
    }

    #[tokio::test]
    async fn a_live_key_becomes_a_dead_letter_that_states_the_fix() {
        let vault = FakeVault::with_secret("mk_0", "sk_live_0");
        let broker = FakeBroker::default();
        send(function(&vault, &broker), ROUTE, &event(SecretNearExpiry::TYPE)).await;
        let (topic, letter) = broker.published().remove(0);
        assert_eq!(topic, "key-vault-rotate-payment-key-dead");
        assert!(letter.to_string().contains("manually"), "{letter}");
        assert!(!letter.to_string().contains("sk_live"), "{letter}");
    }

    #[tokio::test]
    async fn an_event_of_another_type_becomes_a_dead_letter() {
        let (vault, broker) = (FakeVault::with("mk_0"), FakeBroker::default());
        send(function(&vault, &broker), ROUTE, &event("Microsoft.KeyVault.SecretExpired")).await;
        assert_eq!(broker.published()[0].0, "key-vault-rotate-payment-key-dead");
        assert!(vault.writes().is_empty());
    }
}
