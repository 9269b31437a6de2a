//! What orders need is away for longer than anybody waits, under the rules as shipped. The outages
//! overlap; each meets 20 orders of its own that have come as far as the step that needs it.

use super::deliveries::all_arrive;
use super::harness::{System, Turn};
use futures::future::join_all;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::future::pending;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;
use tokio::time::timeout;

pub(crate) fn trials(system: &System) -> Vec<Trial> {
    let name =
        "orders_outlast_the_provider_their_functions_their_broker_and_their_store_being_away";
    let test = orders_outlast_what_is_away;
    let long =
        "nothing_is_charged_for_orders_that_are_cancelled_as_the_provider_is_away_for_15_minutes";
    let hold = async |shop: &Shop, _: &Turn| outlast_the_hold(shop, SHIPPED_HOLD).await;
    // Asked for with `--ignored`: the same goes on in each run, where the hold is shorter.
    let long = system.waiting_trial(module_path!(), long, hold).with_ignored_flag(true);
    vec![system.waiting_trial(module_path!(), name, test), long]
}

/// How long most things are away: many times what the first tries of a step take.
const AWHILE: Duration = Duration::from_secs(90);

/// How long the provider is away.
const LONG: Duration = Duration::from_mins(5);

/// How long stock is held for an order, as shipped.
const SHIPPED_HOLD: Duration = Duration::from_mins(15);

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

/// The provider is away amid 20 orders until they are given up, which is after `hold` at the latest: all
/// are cancelled, and none was charged, not for a moment.
pub(crate) async fn outlast_the_hold(shop: &Shop, hold: Duration) {
    let lamp = shop.sell("lamp", 2_000, 20).await;
    let body = shop.order(&[(&lamp, 1)]);
    let mut orders = Vec::new();
    // Half of them have an intent when the provider goes away, for longer than the hold.
    for away in
        [json!({"fault": "drop-before", "path": "confirm"}), json!({"fault": "drop-before"})]
    {
        shop.payment_faults(&away).await;
        orders.extend(join_all((0..10).map(|_| shop.place(&body))).await);
        until("the orders wait for their payment", Duration::from_secs(20), async || {
            let statuses = join_all(orders.iter().map(|order| shop.status(order))).await;
            statuses.iter().all(|answer| answer.body["status"] == "reserved").then_some(())
        })
        .await;
    }
    until("the orders are given up", hold, async || {
        let given_up = async |order| {
            let steps = shop.status(order).await.body["steps"].clone();
            steps.as_array().is_some_and(|steps| steps.iter().any(|it| it["state"] == "failed"))
        };
        join_all(orders.iter().map(|order| given_up(order)))
            .await
            .iter()
            .all(|it| *it)
            .then_some(())
    })
    .await;
    shop.no_payment_faults().await;
    for order in &orders {
        assert_eq!(shop.ended(order).await.body["status"], "cancelled");
    }
    let ledger = shop.ledger().await;
    let moved = ledger["movements"].as_array().expect("a ledger has movements");
    let of_orders = |it: &&Value| orders.iter().any(|order| it["order_id"] == **order);
    assert_eq!(moved.iter().filter(of_orders).count(), 0);
    let payments = ledger["payments"].as_array().expect("a ledger has payments").iter();
    let intents: Vec<_> = payments.filter(of_orders).map(|it| &it["outcome"]).collect();
    assert!(!intents.is_empty() && intents.iter().all(|outcome| **outcome == "canceled"));
}
