//! Events that tests publish.

use super::client::REQUEST_TIMEOUT;
use super::shop::Shop;
use serde_json::Value;

impl Shop {
    /// Publishes an event as the shop's functions do.
    ///
    /// # Panics
    /// When the broker does not accept it.
    pub async fn publish(&self, topic: &str, event: &Value) {
        let answer = self.try_publish(publisher(topic), topic, event).await;
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }

    /// Publishes an event as `function` does.
    ///
    /// # Panics
    /// When its sidecar does not respond.
    pub async fn try_publish(
        &self,
        function: &str,
        topic: &str,
        event: &Value,
    ) -> reqwest::Response {
        let url = format!("{}/v1.0/publish/pubsub/{topic}", self.cluster.sidecar_url(function));
        let request = self.http.post(url).header("content-type", "application/cloudevents+json");
        let answer = request.body(event.to_string()).timeout(REQUEST_TIMEOUT).send().await;
        answer.expect("the sidecar answers")
    }
}

/// A function that may publish to `topic`.
fn publisher(topic: &str) -> &'static str {
    if topic == "key-vault" { "rotate-payment-key" } else { "notify-order" }
}
