//! Dependencies of orders are unavailable for longer than any request waits, with the shipped settings. The
//! outages overlap; each affects 20 orders of its own that have reached the step that needs the dependency.

use super::deliveries::all_arrive;
use super::harness::{MachineLock, System};
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
        "orders_survive_outages_of_the_provider_their_functions_their_broker_and_their_store";
    let test = orders_survive_outages;
    let long =
        "nothing_is_charged_for_orders_that_are_cancelled_during_a_provider_outage_of_15_minutes";
    let expire =
        async |shop: &Shop, _: &MachineLock| outlast_reservations(shop, RESERVATION_TTL).await;
    // Runs with `--ignored` only: `payments` covers the same in each run, with shorter reservations.
    let long = system.waiting_trial(module_path!(), long, expire).with_ignored_flag(true);
    vec![system.waiting_trial(module_path!(), name, test), long]
}

/// The duration of most outages: many times that of a step's first attempts.
const OUTAGE: Duration = Duration::from_secs(90);

/// The duration of the provider's outage.
const PROVIDER_OUTAGE: Duration = Duration::from_mins(5);

/// How long stock is reserved for an order, as shipped.
const RESERVATION_TTL: Duration = Duration::from_mins(15);

/// The time after the outages within which every order completes.
const ENDS_WITHIN: Duration = Duration::from_mins(2);

/// What is unavailable.
#[derive(Debug, Clone, Copy)]
enum Dependency {
    Function(&'static str),
    Provider,
    Broker,
}

impl Dependency {
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
            Self::Provider => return shop.clear_payment_faults().await,
            Self::Broker => shop.cluster.broker(),
        };
        process.start().await.expect("it starts again");
    }
}

/// The outage of a dependency, and 20 orders that need it.
struct Outage<'a> {
    shop: &'a Shop,
    dependency: Dependency,
    /// The status that the orders reach during the outage.
    reached: &'static str,
    orders: Vec<String>,
}

impl<'a> Outage<'a> {
    async fn begin(
        shop: &'a Shop,
        lamp: &str,
        dependency: Dependency,
        reached: &'static str,
    ) -> Self {
        dependency.begin(shop).await;
        let outage = Self { shop, dependency, reached, orders: twenty_orders(shop, lamp).await };
        until(&format!("orders are {reached} without {dependency:?}"), OUTAGE, async || {
            outage.statuses().await.iter().all(|status| status == reached).then_some(())
        })
        .await;
        outage
    }

    /// The statuses of its orders.
    async fn statuses(&self) -> Vec<String> {
        let status = async |order: &String| self.shop.status(order).await.text("status");
        join_all(self.orders.iter().map(status)).await
    }

    /// Ends it after `duration`, during which no order progressed or was cancelled, and returns its orders.
    async fn ends_after(self, duration: Duration) -> Vec<String> {
        wait(duration).await;
        let statuses = self.statuses().await;
        let waited = statuses.iter().all(|status| status == self.reached);
        assert!(waited, "without {:?}: {statuses:?}", self.dependency);
        self.dependency.end(self.shop).await;
        self.orders
    }
}

/// Waits for the duration of an outage.
async fn wait(duration: Duration) {
    let _over = timeout(duration, pending::<()>()).await;
}

async fn twenty_orders(shop: &Shop, lamp: &str) -> Vec<String> {
    let body = shop.order(&[(lamp, 1)]);
    join_all((0..20).map(|_| shop.place(&body))).await
}

/// Pauses the store while 20 orders are running.
async fn without_store(shop: &Shop, lamp: &str) -> Vec<String> {
    let orders = twenty_orders(shop, lamp).await;
    shop.cluster.redis().pause();
    wait(OUTAGE).await;
    shop.cluster.redis().resume();
    orders
}

async fn orders_survive_outages(shop: &Shop, lock: &MachineLock) {
    let guard = lock.lock().await;
    let lamp = shop.sell("lamp", 2_000, 1_000).await;
    let begin = |dependency, reached| Outage::begin(shop, &lamp, dependency, reached);
    // In reverse order of the steps, so that each outage affects orders of its own.
    let carrier = begin(Dependency::Function("ship-order"), "paid").await;
    let provider = begin(Dependency::Provider, "reserved").await;
    let payments = begin(Dependency::Function("process-payment"), "reserved").await;
    let broker = begin(Dependency::Broker, "reserved").await;
    let stock = begin(Dependency::Function("stock"), "pending").await;
    drop(guard);
    let shorter = async {
        let ends = [carrier, payments, broker, stock].map(|outage| outage.ends_after(OUTAGE));
        let mut orders = join_all(ends).await;
        // They are paid: everything that they need is available again.
        shop.all_complete(&orders[0], ENDS_WITHIN).await;
        orders.push(without_store(shop, &lamp).await);
        orders
    };
    let (mut orders, longer) = tokio::join!(shorter, provider.ends_after(PROVIDER_OUTAGE));
    orders.push(longer);
    let orders = orders.concat();
    shop.all_complete(&orders, ENDS_WITHIN).await;
    all_arrive(shop, &shop.email("ann"), 4 * orders.len(), 0).await;
}

/// The provider is unavailable until 20 orders are cancelled, which is after `reservation_ttl` at the latest:
/// none is charged, even temporarily.
pub(crate) async fn outlast_reservations(shop: &Shop, reservation_ttl: Duration) {
    let lamp = shop.sell("lamp", 2_000, 20).await;
    let body = shop.order(&[(&lamp, 1)]);
    let mut orders = Vec::new();
    // Half of them have a payment intent when the outage begins, which outlasts the reservations.
    for fault in
        [json!({"fault": "drop-before", "path": "confirm"}), json!({"fault": "drop-before"})]
    {
        shop.payment_faults(&fault).await;
        orders.extend(join_all((0..10).map(|_| shop.place(&body))).await);
        until("the orders wait for their payment", Duration::from_secs(20), async || {
            let statuses = join_all(orders.iter().map(|order| shop.status(order))).await;
            statuses.iter().all(|answer| answer.body["status"] == "reserved").then_some(())
        })
        .await;
    }
    until("the payments of the orders have failed", reservation_ttl, async || {
        let has_failed = async |order| {
            let steps = shop.status(order).await.body["steps"].clone();
            steps.as_array().is_some_and(|steps| steps.iter().any(|it| it["state"] == "failed"))
        };
        join_all(orders.iter().map(|order| has_failed(order)))
            .await
            .iter()
            .all(|it| *it)
            .then_some(())
    })
    .await;
    shop.clear_payment_faults().await;
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
