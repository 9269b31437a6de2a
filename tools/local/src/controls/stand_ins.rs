//! The faults of the payment provider and of the mail server, by the stand-ins' control paths.

use crate::probe;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long a charge takes while the provider is slow, in milliseconds: less than the shop waits for it.
const SLOW_MS: u64 = 3_000;

/// What the payment provider does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderState {
    /// It answers at once.
    #[default]
    Normal,
    /// It takes seconds for each charge.
    Slow,
    /// It closes every connection without an answer.
    Down,
}

/// What the mail server does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailState {
    /// It accepts mail.
    #[default]
    Normal,
    /// It accepts none for now (451).
    Down,
}

/// The faults in force, as far as they were set here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// The payment provider's.
    pub provider: ProviderState,
    /// The mail server's.
    pub mail: MailState,
}

/// The stand-ins of a cluster, by the URLs of their control paths.
#[derive(Debug, Clone)]
pub(super) struct StandIns {
    provider: String,
    mail: String,
    faults: Arc<Mutex<Faults>>,
}

impl ProviderState {
    /// The simulator's plan of faults.
    fn plan(self) -> Option<Value> {
        match self {
            Self::Normal => None,
            Self::Slow => Some(json!({"fault": "stall", "stall_ms": SLOW_MS, "path": "confirm"})),
            Self::Down => Some(json!({"fault": "drop-before"})),
        }
    }
}

impl MailState {
    /// The mail sink's plan of faults.
    fn plan(self) -> Option<Value> {
        (self == Self::Down).then(|| json!({"fault": "refuse"}))
    }
}

impl StandIns {
    /// None of them has a fault yet.
    pub(super) fn new(provider: String, mail: String) -> Self {
        Self { provider, mail, faults: Arc::default() }
    }

    pub(super) fn faults(&self) -> Faults {
        *self.in_force()
    }

    pub(super) async fn set_provider(&self, state: ProviderState) -> Result<(), String> {
        probe::set_faults(&self.provider, state.plan()).await?;
        self.in_force().provider = state;
        Ok(())
    }

    pub(super) async fn set_mail(&self, state: MailState) -> Result<(), String> {
        probe::set_faults(&self.mail, state.plan()).await?;
        self.in_force().mail = state;
        Ok(())
    }

    fn in_force(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::{Json, State};
    use axum::http::StatusCode;
    use axum::routing::put;
    use std::net::Ipv4Addr;
    use tokio::net::TcpListener;

    type Plans = Arc<Mutex<Vec<Option<Value>>>>;

    /// Records the plans that it is given; None for one that is deleted.
    async fn fake_stand_in(plans: &Plans) -> String {
        let set = async |State(plans): State<Plans>, Json(plan): Json<Value>| {
            plans.lock().unwrap().push(Some(plan));
            StatusCode::NO_CONTENT
        };
        let clear = async |State(plans): State<Plans>| {
            plans.lock().unwrap().push(None);
            StatusCode::NO_CONTENT
        };
        let router = Router::new().route("/control/faults", put(set).delete(clear));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router.with_state(plans.clone())).into_future());
        url
    }

    #[tokio::test]
    async fn a_state_is_set_by_the_controls_of_the_stand_in_and_shown() {
        let (provider, mail) = (Plans::default(), Plans::default());
        let stand_ins = StandIns::new(fake_stand_in(&provider).await, fake_stand_in(&mail).await);
        assert_eq!(json!(stand_ins.faults()), json!({"provider": "normal", "mail": "normal"}));
        for state in [ProviderState::Slow, ProviderState::Down, ProviderState::Normal] {
            stand_ins.set_provider(state).await.unwrap();
            assert_eq!(stand_ins.faults().provider, state);
        }
        let slow = json!({"fault": "stall", "stall_ms": 3_000, "path": "confirm"});
        let down = json!({"fault": "drop-before"});
        assert_eq!(*provider.lock().unwrap(), [Some(slow), Some(down), None]);
        for state in [MailState::Down, MailState::Normal] {
            stand_ins.set_mail(state).await.unwrap();
            assert_eq!(stand_ins.faults().mail, state);
        }
        assert_eq!(*mail.lock().unwrap(), [Some(json!({"fault": "refuse"})), None]);
    }

    #[tokio::test]
    async fn a_state_that_cannot_be_set_is_not_shown() {
        let nobody = "http://127.0.0.1:9".to_owned();
        let stand_ins = StandIns::new(nobody.clone(), nobody);
        let why = stand_ins.set_provider(ProviderState::Down).await.unwrap_err();
        assert_eq!(why, "http://127.0.0.1:9/control/faults does not respond");
        assert_eq!(stand_ins.faults(), Faults::default());
    }
}
