//! The clusters that tests run on, and the turns that they take.

use libtest_mimic::{Failed, Trial};
use local::cluster::{Cluster, Options, STAFF};
use std::sync::Arc;
use tests::system::invariants;
use tests::system::shop::Shop;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell};

/// Lists the tests of a module, by their names.
macro_rules! trials {
    ($($test:ident),+ $(,)?) => {
        pub(crate) fn trials(system: &$crate::harness::System) -> Vec<libtest_mimic::Trial> {
            vec![$(system.trial(module_path!(), stringify!($test), $test)),+]
        }
    };
}
pub(crate) use trials;

/// Held by a test that loads the machine, on any cluster: the load of one test would be late
/// answers in another, and its faults would be faults there.
pub(crate) type Turn = Mutex<()>;

/// A cluster that comes up with the first test that needs it.
#[derive(Clone)]
pub(crate) struct System {
    runtime: Arc<Runtime>,
    turn: Arc<Turn>,
    options: Options,
    cluster: Arc<OnceCell<Arc<Cluster>>>,
    http: reqwest::Client,
}

impl System {
    /// One cluster for each of `options`. Those that are busy take turns.
    pub(crate) fn all<const N: usize>(options: [Options; N]) -> [Self; N] {
        let runtime = Arc::new(Runtime::new().expect("a runtime starts"));
        let (turn, http) = (Arc::default(), reqwest::Client::new());
        options.map(|mut options| {
            let log = "info,dapr_durabletask=warn,tower_http=debug";
            options.env.insert("RUST_LOG".to_owned(), log.to_owned());
            let (runtime, turn, http) = (runtime.clone(), Arc::clone(&turn), http.clone());
            Self { runtime, turn, options, cluster: Arc::default(), http }
        })
    }

    /// A test that has the machine to itself from its beginning to its end.
    pub(crate) fn trial(
        &self,
        module: &str,
        name: &str,
        test: impl AsyncFnOnce(&Shop) + Send + 'static,
    ) -> Trial {
        let system = self.clone();
        let turn = async move || {
            let _turn = system.turn.lock().await;
            let shop = system.shop().await?;
            shop.no_payment_faults().await;
            test(&shop).await;
            shop.no_payment_faults().await;
            check(&shop).await
        };
        self.named(module, name, turn)
    }

    /// A test that waits nearly all the time, beside others: it takes its turn where it is busy.
    pub(crate) fn waiting_trial(
        &self,
        module: &str,
        name: &str,
        test: impl AsyncFnOnce(&Shop, &Turn) + Send + 'static,
    ) -> Trial {
        let system = self.clone();
        let beside = async move || {
            let shop = {
                let _turn = system.turn.lock().await;
                system.shop().await?
            };
            test(&shop, &system.turn).await;
            check(&shop).await
        };
        self.named(module, name, beside)
    }

    fn named(
        &self,
        module: &str,
        name: &str,
        test: impl AsyncFnOnce() -> Result<(), Failed> + Send + 'static,
    ) -> Trial {
        let runtime = self.runtime.clone();
        let module = module.rsplit("::").next().unwrap_or(module);
        Trial::test(format!("{module}::{name}"), move || runtime.block_on(test()))
    }

    /// A view of the shop with products and orders of its own.
    async fn shop(&self) -> Result<Shop, Failed> {
        let start = async || Cluster::start(self.options.clone()).await.map(Arc::new);
        let cluster = self.cluster.get_or_try_init(start).await;
        let cluster = cluster.map_err(|error| Failed::from(error.to_string()))?;
        Ok(Shop::new(cluster.clone(), self.http.clone(), token(cluster).await?))
    }

    /// Stops the cluster, and keeps its logs after a failure.
    pub(crate) fn stop(self, failed: bool) {
        if let Some(cluster) = self.cluster.get() {
            if failed {
                cluster.keep();
                eprintln!("the logs are in {}", cluster.folder().join("logs").display());
            }
            self.runtime.block_on(cluster.stop());
        }
    }
}

/// A token of staff.
async fn token(cluster: &Cluster) -> Result<String, Failed> {
    cluster.token("staff", STAFF).await.map_err(|error| Failed::from(error.to_string()))
}

/// Checks the invariants with a fresh token: the test may have replaced the keys of the others.
async fn check(shop: &Shop) -> Result<(), Failed> {
    invariants::check(&shop.shown(&token(&shop.cluster).await?)).await;
    Ok(())
}
