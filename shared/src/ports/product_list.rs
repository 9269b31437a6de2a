//! The list of products.

use super::PortFuture;
use crate::domain::ProductId;
use crate::domain::stock::Level;

/// Some of the products on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductPage {
    /// The stock level of each, in the order of their ids.
    pub products: Vec<Level>,
    /// The last product that was read, if there are others after it.
    pub next: Option<ProductId>,
}

/// The products on sale, in the order of their ids.
pub trait ProductList: Clone + Send + Sync + 'static {
    /// Lists `product`, once it is on sale. Repeated, it changes nothing. Returns whether there is room
    /// for it.
    fn add(&self, product: &ProductId) -> impl PortFuture<bool>;

    /// Lists `product` if it is on sale. Returns whether there is room for it; none if it is not on
    /// sale.
    fn relist(&self, product: &ProductId) -> impl PortFuture<Option<bool>>;

    /// The `limit` products after `after`, or the first ones; fewer if some are not on sale yet.
    fn page(&self, after: Option<&ProductId>, limit: usize) -> impl PortFuture<ProductPage>;
}
