//! The shop's payment simulator: its ledger and its controls.

use super::client::{Client, REQUEST_TIMEOUT};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

impl Client {
    /// The charges and refunds of the payment simulator.
    ///
    /// # Panics
    /// When it does not respond.
    pub async fn ledger(&self) -> Value {
        let url = format!("{}/control/ledger", self.simulator);
        let answer = self
            .http
            .get(url)
            .timeout(REQUEST_TIMEOUT)
            .send()
            .await
            .expect("the simulator answers");
        answer.json().await.expect("a ledger is JSON")
    }

    /// Plans faults for the next calls of the payment simulator.
    ///
    /// # Panics
    /// When it rejects the plan.
    pub async fn payment_faults(&self, plan: &Value) {
        self.plan_payments("faults", plan).await;
    }

    /// Clears the planned faults and settlements of the payment simulator.
    ///
    /// # Panics
    /// When it does not clear them.
    pub async fn clear_payment_faults(&self) {
        for plan in ["faults", "settlement"] {
            let url = format!("{}/control/{plan}", self.simulator);
            let answer = self.http.delete(url).send().await.expect("the simulator answers");
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        }
    }

    /// Advances the payment simulator's clock.
    ///
    /// # Panics
    /// When it does not advance.
    pub async fn advance_payment_clock(&self, by: Duration) {
        let url = format!("{}/control/clock", self.simulator);
        let request = self.http.post(url).json(&json!({"advance_seconds": by.as_secs()}));
        assert!(request.send().await.is_ok_and(|answer| answer.status().is_success()));
    }

    /// Plans how the next payments and refunds settle at the payment simulator.
    ///
    /// # Panics
    /// When it rejects the plan.
    pub async fn payment_settlement(&self, plan: &Value) {
        self.plan_payments("settlement", plan).await;
    }

    async fn plan_payments(&self, kind: &str, plan: &Value) {
        let url = format!("{}/control/{kind}", self.simulator);
        let answer = self.http.put(url).json(plan).send().await.expect("the simulator answers");
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
}
