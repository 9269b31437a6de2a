//! Lists of orders, maintained from their events: an index by time, in small documents that any store
//! can hold.
//!
//! An order is on several lists (`List`): that of all orders, of its customer, and of its status if
//! orders in it are few and looked for. A list has two levels of directories, which name the periods
//! that have orders, and below them pages of orders. What is written is what the order's document
//! says, so events may arrive twice, late or in any order.

mod list;

use self::list::{List, Place};
use crate::domain::OrderId;
use crate::domain::event::CloudEvent;
use crate::domain::order::{ListedOrder, Order, OrderPage, OrderQuery, Position, Status};
use crate::ports::{Documents, Failure, OrderList, Orders, Result, document};
use futures::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most orders of one page.
const PAGE: usize = 100;

/// The most pages of one shard of a period.
const PARTS: u32 = 100;

/// The most periods that a directory names: those of 15 seconds of a day, or years of days.
const MAX_PERIODS: usize = 5_760;

/// The most documents, not counting further parts, that are read for one page of a list.
const READS: usize = 200;

/// Pages read concurrently.
const AT_ONCE: usize = 8;

/// Some orders of one period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPage(BTreeMap<OrderId, ListedOrder>);

/// The periods that have orders, by their numbers, and which shards of each (a bit for each).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory(BTreeMap<i64, u8>);

/// The index.
#[derive(Debug, Clone)]
pub struct OrderIndex<P, D> {
    /// The orders.
    pub pages: P,
    /// The periods that have orders.
    pub directories: D,
}

/// Lists the order that `event` is about as its document says. One without a document stays unchanged.
///
/// # Errors
/// As [`OrderList::put`].
pub async fn take(orders: &impl Orders, list: &impl OrderList, event: &CloudEvent) -> Result<()> {
    match event.subject.parse() {
        Ok(id) => list.relist(orders, &id).await.map(|_| ()),
        Err(_) => Ok(()),
    }
}

impl<P, D> OrderList for OrderIndex<P, D>
where
    P: Documents<String, IndexPage>,
    D: Documents<String, Directory>,
{
    async fn put(&self, order: &Order) -> Result<()> {
        let mut order = self.put_on(&List::All, &ListedOrder::from(order)).await?;
        self.put_on(&List::Customer(order.customer_id.clone()), &order).await?;
        if let Some(list) = List::of_status(order.status) {
            self.put_on(&list, &order).await?;
        }
        if order.status == Status::Stuck {
            // It may have ended meanwhile, before it was on the list of stuck orders.
            order = self.put_on(&List::All, &order).await?;
        }
        if order.status.is_final() { self.correct(&order).await } else { Ok(()) }
    }

    async fn page(&self, query: &OrderQuery) -> Result<OrderPage> {
        let list = List::asked(query);
        let (mut found, mut reads) = (Vec::new(), 0);
        let upto = |span: i64| query.after.as_ref().map(|after| list::period(after.at(), span));
        for (outer, _) in self.directory(&list.root()).await?.downward(upto(list.outer())) {
            if reads >= READS {
                return Ok(cut(found, query.limit, Some(list::end(outer, list.outer()))));
            }
            reads += 1;
            let periods = self.directory(&list.directory(outer)).await?;
            for (inner, shards) in periods.downward(upto(list.inner())) {
                if found.len() > query.limit || reads >= READS {
                    return Ok(cut(found, query.limit, Some(list::end(inner, list.inner()))));
                }
                reads += shards.count_ones() as usize;
                let orders = self.orders(&list, inner, shards).await?;
                let mut shown: Vec<_> = orders.into_iter().filter(|it| query.shows(it)).collect();
                shown.sort_by_key(|order| std::cmp::Reverse(order.position()));
                found.extend(shown);
            }
        }
        Ok(cut(found, query.limit, None))
    }
}

impl<P, D> OrderIndex<P, D>
where
    P: Documents<String, IndexPage>,
    D: Documents<String, Directory>,
{
    /// Puts an order on a list; returns what is listed then, this or a newer state.
    async fn put_on(&self, list: &List, order: &ListedOrder) -> Result<ListedOrder> {
        let place = list.place(order);
        for part in 0..PARTS {
            let key = list.page(place, part);
            let found = self.pages.load(&key).await?;
            // Directories come first: a page that none names would not be found.
            if part == 0 && found.is_none() {
                self.announce(list, place).await?;
            }
            let put = |found: Option<IndexPage>| {
                let mut page = found.unwrap_or_default();
                let stands = page.put(order);
                (page, stands)
            };
            if let Some(stands) = self.pages.update_from(found, &key, put).await?.1 {
                return Ok(stands);
            }
        }
        Err(Failure::new(
            "order index",
            "list an order",
            "too many orders were accepted at the same time",
        )
        .into())
    }

    /// Removes an order that has ended from the list of stuck orders, if it is there.
    async fn correct(&self, order: &ListedOrder) -> Result<()> {
        let list = List::Status(Status::Stuck);
        let place = list.place(order);
        for part in 0..PARTS {
            let page = document(&self.pages, &list.page(place, part)).await?.unwrap_or_default();
            if page.0.contains_key(&order.order_id) {
                return self.put_on(&list, order).await.map(|_| ());
            }
            if page.0.len() < PAGE {
                break;
            }
        }
        Ok(())
    }

    async fn announce(&self, list: &List, place: Place) -> Result<()> {
        self.add(&list.root(), place.outer, 1).await?;
        self.add(&list.directory(place.outer), place.inner, 1 << place.shard).await
    }

    async fn add(&self, key: &String, period: i64, shards: u8) -> Result<()> {
        let add = |found: Option<Directory>| {
            let mut directory = found.unwrap_or_default();
            directory.add(period, shards);
            (directory, ())
        };
        self.directories.update(key, add).await.map(|_| ())
    }

    async fn directory(&self, key: &String) -> Result<Directory> {
        Ok(document(&self.directories, key).await?.unwrap_or_default())
    }

    /// The orders of a period, unsorted.
    async fn orders(&self, list: &List, inner: i64, shards: u8) -> Result<Vec<ListedOrder>> {
        let shards = (0..u8::BITS).filter(|shard| shards & (1 << shard) != 0);
        let read: Vec<_> = shards.map(|shard| self.shard(list, inner, shard)).collect();
        let read: Vec<_> = stream::iter(read).buffer_unordered(AT_ONCE).collect().await;
        let read: Result<Vec<_>> = read.into_iter().collect();
        Ok(read?.into_iter().flatten().collect())
    }

    async fn shard(&self, list: &List, inner: i64, shard: u32) -> Result<Vec<ListedOrder>> {
        let place = Place { outer: 0, inner, shard };
        let mut orders = Vec::new();
        for part in 0..PARTS {
            let page = document(&self.pages, &list.page(place, part)).await?.unwrap_or_default();
            let full = page.0.len() >= PAGE;
            orders.extend(page.0.into_values());
            if !full {
                break;
            }
        }
        Ok(orders)
    }
}

impl IndexPage {
    /// Records an order, unless the same or a newer state is there; returns what is there then.
    /// None, if there is no room.
    fn put(&mut self, order: &ListedOrder) -> Option<ListedOrder> {
        let full = self.0.len() >= PAGE;
        let known = self.0.get(&order.order_id);
        if known.is_none() && full {
            return None;
        }
        let newest = known.filter(|known| !order.is_newer_than(known)).unwrap_or(order).clone();
        self.0.insert(order.order_id.clone(), newest.clone());
        Some(newest)
    }
}

impl Directory {
    fn add(&mut self, period: i64, shards: u8) {
        *self.0.entry(period).or_default() |= shards;
        while self.0.len() > MAX_PERIODS {
            self.0.pop_first();
        }
    }

    /// The periods from `upto`, or the latest, to the earliest.
    fn downward(self, upto: Option<i64>) -> impl Iterator<Item = (i64, u8)> {
        let upto = upto.unwrap_or(i64::MAX);
        self.0.into_iter().rev().skip_while(move |(period, _)| *period > upto)
    }
}

/// The first `limit` of `found`, and where to continue: after the last of them, or where the search ended.
fn cut(mut orders: Vec<ListedOrder>, limit: usize, ended: Option<Position>) -> OrderPage {
    let next = if orders.len() > limit {
        orders.truncate(limit);
        orders.last().map(ListedOrder::position)
    } else {
        ended
    };
    OrderPage { orders, next }
}

#[cfg(test)]
mod tests;
