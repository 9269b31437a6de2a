//! What the command line measures: one shop, its growth, its starts, or two shops.

use super::{Bench, say};
use bench::block::Site;
use bench::compare::{compare, table};
use bench::growth::{grow, growth_tables};
use bench::report::{Setting, tables};
use bench::revision::Revision;
use bench::setting::Plan;
use bench::start_up::{start_up, start_up_table};
use bench::{BenchError, measure};
use local::Cluster;
use local::signals::Signals;
use std::time::Duration;

/// The place of a measurement, and of a comparison, in a document.
const BENCH: &str = "bench";

/// The places of the others.
const GROWTH: &str = "bench growth";
const START_UP: &str = "bench start-up";

impl Bench {
    /// Measures the workspace. False if a signal came first.
    pub(super) async fn measure(&self) -> Result<bool, BenchError> {
        let (plan, head) = (self.plan(), Revision::head(self.profile));
        let setting = plan.setting(&head.root, &head.binaries)?;
        let measured = async |cluster: &Cluster| {
            let site = Site::open(cluster).await?;
            measure::measure(&site, &plan, setting, say).await
        };
        let Some(report) = self.with_shop(&head, &plan, measured).await? else { return Ok(false) };
        self.write(BENCH, &report.setting.date, &report, &tables(&report))?;
        Ok(true)
    }

    /// Measures the workspace before and after `orders` orders. False if a signal came first.
    pub(super) async fn grow(&self, orders: u64) -> Result<bool, BenchError> {
        let (plan, head) = (self.plan(), Revision::head(self.profile).alone());
        let setting = plan.setting(&head.root, &head.binaries)?;
        let grown = async |cluster: &Cluster| {
            let site = Site::open(cluster).await?;
            grow(&site, &plan, setting, orders, say).await
        };
        let Some(growth) = self.with_shop(&head, &plan, grown).await? else { return Ok(false) };
        self.write(GROWTH, &growth.setting.date, &growth, &growth_tables(&growth))?;
        Ok(true)
    }

    /// Starts each function of the workspace `starts` times. False if a signal came first.
    pub(super) async fn start_up(&self, starts: u8) -> Result<bool, BenchError> {
        let head = Revision::head(self.profile).alone();
        let pairs = usize::from(starts);
        let plan = Plan { pairs, measured: Duration::ZERO, ..self.plan() };
        let setting = plan.setting(&head.root, &head.binaries)?;
        let started = async |cluster: &Cluster| start_up(cluster, setting, starts, say).await;
        let Some(started) = self.with_shop(&head, &plan, started).await? else { return Ok(false) };
        self.write(START_UP, &started.setting.date, &started, &start_up_table(&started))?;
        Ok(true)
    }

    /// What `measured` returns for a shop of `head`, which is stopped then. None if a signal came first.
    async fn with_shop<T>(
        &self,
        head: &Revision,
        plan: &Plan,
        measured: impl AsyncFnOnce(&Cluster) -> Result<T, BenchError>,
    ) -> Result<Option<T>, BenchError> {
        let mut signals = Signals::listen()?;
        let started = Cluster::start(head.options(plan, !self.no_build));
        let Some(cluster) = signals.until_signal(started).await? else { return Ok(None) };
        let result = signals.until_signal(measured(&cluster)).await;
        stop(&[&cluster], result.is_err(), &mut signals).await;
        result
    }

    /// Compares the workspace with `base`. False if a signal came first.
    pub(super) async fn compare(&self, base: &str) -> Result<bool, BenchError> {
        let (plan, head) = (self.plan(), Revision::head(self.profile).alone());
        let setting = plan.setting(&head.root, &head.binaries)?;
        let base = Revision::base(&head, base)?;
        let compared = self.compare_with(&base, &head, plan, setting).await;
        base.remove()?;
        compared
    }

    async fn compare_with(
        &self,
        base: &Revision,
        head: &Revision,
        plan: Plan,
        setting: Setting,
    ) -> Result<bool, BenchError> {
        let (commit, build) = (base.commit()?, !self.no_build);
        let mut signals = Signals::listen()?;
        let started = async {
            let base = Cluster::start(base.options(&plan, build)).await?;
            Ok::<_, BenchError>([base, Cluster::start(head.options(&plan, build)).await?])
        };
        let Some(clusters) = signals.until_signal(started).await? else { return Ok(false) };
        let compared = async {
            let [base, head] = &clusters;
            let sites = [&Site::open(base).await?, &Site::open(head).await?];
            compare(sites, &plan, setting, commit, say).await
        };
        let moves = signals.until_signal(compared).await;
        stop(&clusters.each_ref(), moves.is_err(), &mut signals).await;
        let Some(moves) = moves? else { return Ok(false) };
        self.write(BENCH, &moves.setting.date, &moves, &table(&moves))?;
        Ok(true)
    }
}

/// Stops what runs, in order, and keeps the logs if something failed. A signal stops it immediately.
async fn stop(clusters: &[&Cluster], failed: bool, signals: &mut Signals) {
    say("stopping; Ctrl-C stops immediately");
    for cluster in clusters {
        if failed {
            cluster.keep();
        }
        tokio::select! {
            _ = cluster.stop() => {}
            () = signals.next() => {}
        }
    }
}
