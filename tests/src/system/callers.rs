//! Who calls the shop.

use super::shop::Shop;

impl Shop {
    /// The shop as another caller sees it, who shows `token`.
    #[must_use]
    pub fn shown(&self, token: &str) -> Self {
        let mut shop = self.clone();
        token.clone_into(&mut shop.token);
        shop
    }

    /// The shop as a customer sees it, whom the issuer calls `name` here.
    ///
    /// # Panics
    /// When the issuer gives no token.
    pub async fn seen_by(&self, name: &str) -> Self {
        let token = self.cluster.token(&self.id(name), "orders inventory").await;
        self.shown(&token.expect("the issuer gives a token"))
    }
}
