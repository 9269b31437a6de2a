//! A client of the shop on this machine, with its processes.

use super::client::Client;
pub use super::client::{ApiResponse, ORDER_ENDS_WITHIN};
use local::cluster::Cluster;
use std::ops::Deref;
use std::sync::Arc;

/// One test's view of a running shop, with its own products and orders.
#[derive(Clone)]
pub struct Shop {
    /// The processes.
    pub cluster: Arc<Cluster>,
    pub(super) client: Client,
}

impl Shop {
    /// A view with its own products and orders.
    #[must_use]
    pub fn new(cluster: Arc<Cluster>, http: reqwest::Client, token: String) -> Self {
        let urls = [cluster.gateway_url(), cluster.simulator_url(), cluster.mail_url()];
        Self { cluster, client: Client::new(http, token, urls) }
    }
}

impl Deref for Shop {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
