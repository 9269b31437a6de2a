//! Views of the shop for other callers.

use super::shop::Shop;

impl Shop {
    /// The shop for the caller that `token` identifies.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        let mut shop = self.clone();
        token.clone_into(&mut shop.client.token);
        shop
    }

    /// The shop for the customer `name`.
    ///
    /// # Panics
    /// When the issuer issues no token.
    pub async fn as_customer(&self, name: &str) -> Self {
        let token = self.cluster.token(&self.id(name), "orders inventory").await;
        self.with_token(&token.expect("the issuer issues a token"))
    }
}
