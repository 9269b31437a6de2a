//! A test's view of the shop through a gateway of its own.

use super::gateway::Gateway;
use super::shop::Shop;
use std::process::ExitStatus;

impl Shop {
    /// The shop through a gateway of its own with these settings. It shares the sidecar of the cluster's.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn through_a_gateway_with(&self, settings: &[(&str, &str)]) -> Self {
        let mut shop = self.clone();
        shop.client.gateway = Gateway::start(&self.cluster, &self.http, settings).await;
        shop
    }

    /// The host and port of the gateway.
    #[must_use]
    pub fn gateway_address(&self) -> &str {
        self.gateway.url.trim_start_matches("http://")
    }

    /// Asks its own gateway to stop, and returns how that ended.
    ///
    /// # Panics
    /// When it has none, or that does not end in time.
    pub async fn stop_gateway(&self) -> ExitStatus {
        self.gateway.stop().await
    }
}
