//! The products on sale: an index of their ids, and the stock of each as its document says.
//!
//! A product is listed before it is put on sale, so none on sale is missing; one that is listed and was never put on
//! sale is skipped.

use super::shards::{Shard, Shards};
use crate::domain::ProductId;
use crate::domain::stock::{Command, Level, Reply, Stock, turn};
use crate::ports::{Clock, Documents, ProductList, ProductPage, Result, document};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::ops::Bound;

/// The prefix of the keys of the index's documents. No product id has an underscore, so they differ from
/// those of products.
pub const INDEX: &str = "_products";

/// Documents of stock read concurrently.
const AT_ONCE: usize = 8;

/// Some ids of products.
pub type ProductShard = Shard<ProductId, ()>;

/// The products on sale, by `clock`.
#[derive(Debug, Clone)]
pub struct Products<I, S, C> {
    /// Their ids.
    pub index: Shards<ProductId, (), I>,
    /// The document of each.
    pub stocks: S,
    /// The clock by which reservations expire.
    pub clock: C,
}

impl<I, S, C> ProductList for Products<I, S, C>
where
    I: Documents<String, ProductShard>,
    S: Documents<ProductId, Stock>,
    C: Clock,
{
    async fn add(&self, product: &ProductId) -> Result<bool> {
        self.index.put(product, &()).await
    }

    async fn relist(&self, product: &ProductId) -> Result<Option<bool>> {
        match document(&self.stocks, product).await? {
            Some(_) => self.add(product).await.map(Some),
            None => Ok(None),
        }
    }

    async fn page(&self, after: Option<&ProductId>, limit: usize) -> Result<ProductPage> {
        let all = self.index.all().await?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut ids: Vec<_> = all.range((from, Bound::Unbounded)).map(|(id, ())| id).collect();
        let more = ids.len() > limit;
        ids.truncate(limit);
        let next = ids.last().filter(|_| more).map(|id| (*id).clone());
        let levels: Vec<_> = ids.into_iter().map(|id| self.level(id)).collect();
        let levels: Vec<_> = stream::iter(levels).buffered(AT_ONCE).try_collect().await?;
        Ok(ProductPage { products: levels.into_iter().flatten().collect(), next })
    }
}

impl<I, S: Documents<ProductId, Stock>, C: Clock> Products<I, S, C> {
    /// The stock level of a product, if it is on sale. Its document is read directly: a product with many orders
    /// delays no list, and no list delays its orders.
    async fn level(&self, product: &ProductId) -> Result<Option<Level>> {
        let mut stock = document(&self.stocks, product).await?;
        let checked = turn(&mut stock, product, &Command::Check, self.clock.now());
        Ok(checked
            .ok()
            .and_then(|reply| if let Reply::Level(it) = reply { Some(it) } else { None }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::{FakeClock, FakeDocuments};
    use crate::testing::orders::{at, euro, offer, product, reserve};

    type Stocks = FakeDocuments<ProductId, Stock>;

    fn list(
        now: i64,
    ) -> (Products<FakeDocuments<String, ProductShard>, Stocks, FakeClock>, Stocks) {
        let stocks = Stocks::default();
        let index = Shards::new(INDEX, FakeDocuments::default());
        (Products { index, stocks: stocks.clone(), clock: FakeClock(at(now)) }, stocks)
    }

    async fn sell(stocks: &Stocks, name: &str) -> Stock {
        let stock = Stock::new(product(name), offer(euro(500), 3));
        stocks.save(&product(name), &stock, None).await.unwrap();
        stock
    }

    fn names(page: &ProductPage) -> Vec<&str> {
        page.products.iter().map(|level| level.product_id.as_str()).collect()
    }

    #[tokio::test]
    async fn products_are_listed_page_by_page_in_the_order_of_their_ids() {
        let (list, stocks) = list(0);
        for name in ["d", "b", "a", "c", "e"] {
            assert!(list.add(&product(name)).await.unwrap());
            sell(&stocks, name).await;
        }
        let first = list.page(None, 2).await.unwrap();
        assert_eq!((names(&first), &first.next), (vec!["a", "b"], &Some(product("b"))));
        let rest = list.page(Some(&product("b")), 3).await.unwrap();
        assert_eq!((names(&rest), &rest.next), (vec!["c", "d", "e"], &None));
        let between = list.page(Some(&product("bb")), 1).await.unwrap();
        assert_eq!(names(&between), ["c"]);
        assert!(names(&list.page(Some(&product("e")), 1).await.unwrap()).is_empty());
    }

    #[tokio::test]
    async fn a_product_that_was_listed_and_never_put_on_sale_is_skipped() {
        let (list, stocks) = list(0);
        for name in ["a", "b"] {
            list.add(&product(name)).await.unwrap();
        }
        sell(&stocks, "b").await;
        let page = list.page(None, 1).await.unwrap();
        assert_eq!((names(&page), &page.next), (vec![], &Some(product("a"))));
        assert_eq!(names(&list.page(None, 2).await.unwrap()), ["b"]);
    }

    #[tokio::test]
    async fn what_has_expired_is_available_although_its_document_still_holds_it() {
        let (list, stocks) = list(901);
        list.add(&product("lamp")).await.unwrap();
        let mut lamp = sell(&stocks, "lamp").await;
        lamp.reserve(&reserve("a", 2), at(0)).unwrap();
        stocks.update(&product("lamp"), |_| (lamp.clone(), ())).await.unwrap();
        let page = list.page(None, 1).await.unwrap();
        assert_eq!((page.products[0].reserved, page.products[0].available), (0, 3));
    }

    #[tokio::test]
    async fn what_is_on_sale_is_listed_again_and_nothing_else() {
        let (list, stocks) = list(0);
        sell(&stocks, "lamp").await;
        assert_eq!(list.relist(&product("lamp")).await.unwrap(), Some(true));
        assert_eq!(list.relist(&product("gone")).await.unwrap(), None);
        assert_eq!(names(&list.page(None, 9).await.unwrap()), ["lamp"]);
    }
}
