//! The clusters that tests run on, and the lock that keeps tests from disturbing each other.

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

/// Held by a test while it loads the machine or injects faults, on any cluster: either would disturb other
/// tests.
pub(crate) type MachineLock = Mutex<()>;

/// A cluster that is started by the first test that needs it.
#[derive(Clone)]
pub(crate) struct System {
    runtime: Arc<Runtime>,
    lock: Arc<MachineLock>,
    options: Options,
    cluster: Arc<OnceCell<Arc<Cluster>>>,
    http: reqwest::Client,
}

impl System {
    /// One cluster for each of `options`; all share one lock.
    pub(crate) fn all<const N: usize>(options: [Options; N]) -> [Self; N] {
        let runtime = Arc::new(Runtime::new().expect("a runtime starts"));
        let (lock, http) = (Arc::default(), reqwest::Client::new());
        options.map(|mut options| {
            let log = "info,dapr_durabletask=warn,tower_http=debug";
            options.env.insert("RUST_LOG".to_owned(), log.to_owned());
            let (runtime, lock, http) = (runtime.clone(), Arc::clone(&lock), http.clone());
            Self { runtime, lock, options, cluster: Arc::default(), http }
        })
    }

    /// A test that holds the lock from beginning to end.
    pub(crate) fn trial(
        &self,
        module: &str,
        name: &str,
        test: impl AsyncFnOnce(&Shop) + Send + 'static,
    ) -> Trial {
        let system = self.clone();
        let exclusive = async move || {
            let _guard = system.lock.lock().await;
            let shop = system.shop().await?;
            shop.clear_payment_faults().await;
            test(&shop).await;
            shop.clear_payment_faults().await;
            check(&shop).await
        };
        self.named(module, name, exclusive)
    }

    /// A test that mostly waits, concurrently with others: it takes the lock only while it loads the machine.
    pub(crate) fn waiting_trial(
        &self,
        module: &str,
        name: &str,
        test: impl AsyncFnOnce(&Shop, &MachineLock) + Send + 'static,
    ) -> Trial {
        let system = self.clone();
        let concurrent = async move || {
            let shop = {
                let _guard = system.lock.lock().await;
                system.shop().await?
            };
            test(&shop, &system.lock).await;
            check(&shop).await
        };
        self.named(module, name, concurrent)
    }

    /// A test of processes of its own, which holds the lock from beginning to end.
    pub(crate) fn machine_trial(
        &self,
        module: &str,
        name: &str,
        test: impl AsyncFnOnce() + Send + 'static,
    ) -> Trial {
        let lock = Arc::clone(&self.lock);
        let exclusive = async move || {
            let _guard = lock.lock().await;
            test().await;
            Ok(())
        };
        self.named(module, name, exclusive)
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

/// Checks the invariants with a new token: the test may have revoked the keys of earlier ones.
async fn check(shop: &Shop) -> Result<(), Failed> {
    invariants::check(&shop.with_token(&token(&shop.cluster).await?)).await;
    Ok(())
}
