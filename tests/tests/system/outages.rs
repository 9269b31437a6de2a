//! What orders need is away for longer than anybody waits, under the rules as shipped. The outages
//! overlap; each meets 20 orders of its own that have come as far as the step that needs it.

use super::deliveries::all_arrive;
use super::harness::{System, Turn};
use futures::future::join_all;
use libtest_mimic::Trial;
use serde_json::json;
use std::future::pending;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;
use tokio::time::timeout;

pub(crate) fn trials(system: &System) -> Vec<Trial> {
    let name =
        "orders_outlast_the_provider_their_functions_their_broker_and_their_store_being_away";
    let test = orders_outlast_what_is_away;
    vec![system.waiting_trial(module_path!(), name, test)]
}

/// How long most things are away: many times what the first tries of a step take.
const AWHILE: Duration = Duration::from_secs(90);

/// How long the provider is away.
const LONG: Duration = Duration::from_mins(5);

/// How soon after its outage every order has completed.
const ENDS_WITHIN: Duration = Duration::from_mins(2);

/// What is away.
#[derive(Debug, Clone, Copy)]
enum Away {
    Function(&'static str),
    Provider,
    Broker,
}

impl Away {
    async fn begin(self, shop: &Shop) {
        match self {
            Self::Function(name) => shop.cluster.function(name).kill().await,
            Self::Provider => shop.payment_faults(&json!({"fault": "drop-before"})).await,
            Self::Broker => drop(shop.cluster.broker().stop(Duration::from_secs(10)).await),
        }
    }

    async fn end(self, shop: &Shop) {
        let process = match self {
            Self::Function(name) => shop.cluster.function(name),
            Self::Provider => return shop.no_payment_faults().await,
            Self::Broker => shop.cluster.broker(),
        };
        process.start().await.expect("it starts again");
    }
}

/// Something that is away, and 20 orders that need it.
struct Outage<'a> {
    shop: &'a Shop,
    away: Away,
    /// How far the orders come meanwhile.
    come_to: &'static str,
    orders: Vec<String>,
}

impl<'a> Outage<'a> {
    async fn begin(shop: &'a Shop, lamp: &str, away: Away, come_to: &'static str) -> Self {
        away.begin(shop).await;
        let outage = Self { shop, away, come_to, orders: twenty_orders(shop, lamp).await };
        until(&format!("orders are {come_to} without {away:?}"), AWHILE, async || {
            outage.statuses().await.iter().all(|status| status == come_to).then_some(())
        })
        .await;
        outage
    }

    /// How far its orders have come.
    async fn statuses(&self) -> Vec<String> {
        let status = async |order: &String| self.shop.status(order).await.text("status");
        join_all(self.orders.iter().map(status)).await
    }

    /// Ends it after `duration`, in which no order went on or was given up, and returns them.
    async fn ends_after(self, duration: Duration) -> Vec<String> {
        passes(duration).await;
        let statuses = self.statuses().await;
        let waited = statuses.iter().all(|status| status == self.come_to);
        assert!(waited, "without {:?}: {statuses:?}", self.away);
        self.away.end(self.shop).await;
        self.orders
    }
}

/// Waits for as long as something is away.
async fn passes(duration: Duration) {
    let _over = timeout(duration, pending::<()>()).await;
}

async fn twenty_orders(shop: &Shop, lamp: &str) -> Vec<String> {
    let body = shop.order(&[(lamp, 1)]);
    join_all((0..20).map(|_| shop.place(&body))).await
}

/// The store stands still amid 20 orders.
async fn without_store(shop: &Shop, lamp: &str) -> Vec<String> {
    let orders = twenty_orders(shop, lamp).await;
    shop.cluster.redis().pause();
    passes(AWHILE).await;
    shop.cluster.redis().resume();
    orders
}

async fn orders_outlast_what_is_away(shop: &Shop, turn: &Turn) {
    let busy = turn.lock().await;
    let lamp = shop.sell("lamp", 2_000, 1_000).await;
    let begin = |away, come_to| Outage::begin(shop, &lamp, away, come_to);
    // What is needed last goes first, so that each outage meets orders of its own.
    let carrier = begin(Away::Function("ship-order"), "paid").await;
    let provider = begin(Away::Provider, "reserved").await;
    let payments = begin(Away::Function("process-payment"), "reserved").await;
    let broker = begin(Away::Broker, "reserved").await;
    let stock = begin(Away::Function("stock"), "pending").await;
    drop(busy);
    let shorter = async {
        let ends = [carrier, payments, broker, stock].map(|outage| outage.ends_after(AWHILE));
        let mut orders = join_all(ends).await;
        // They are paid: nothing that they need is away any more.
        shop.all_complete(&orders[0], ENDS_WITHIN).await;
        orders.push(without_store(shop, &lamp).await);
        orders
    };
    let (mut orders, longer) = tokio::join!(shorter, provider.ends_after(LONG));
    orders.push(longer);
    let orders = orders.concat();
    shop.all_complete(&orders, ENDS_WITHIN).await;
    all_arrive(shop, &shop.email("ann"), 4 * orders.len(), 0).await;
}
