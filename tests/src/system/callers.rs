//! Callers of the shop.

use super::shop::Shop;

impl Shop {
    /// The shop for another caller, with `token`.
    #[must_use]
    pub fn shown(&self, token: &str) -> Self {
        let mut shop = self.clone();
        token.clone_into(&mut shop.token);
        shop
    }

    /// The shop for the customer `name`.
    ///
    /// # Panics
    /// When the issuer issues no token.
    pub async fn seen_by(&self, name: &str) -> Self {
        let token = self.cluster.token(&self.id(name), "orders inventory").await;
        self.shown(&token.expect("the issuer gives a token"))
    }
}
