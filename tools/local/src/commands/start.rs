//! `local start`: everything, until a signal asks it to stop.

use super::signals::Signals;
use super::{Build, backlog};
use clap::Args;
use local::cluster::Callers;
use local::dapr::Choice;
use local::process::Process;
use local::progress::Progress;
use local::{Cluster, Credentials, LocalError, Options, Place};
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;
use tokio::time::interval;

/// How often the processes are checked.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the first order of a shop at SHOP takes, with tokens of ISSUER.
const FIRST_ORDER: &str = r#"
Requests show a token. Put a product on sale as staff, then order it as ann:

STAFF=$(curl -s 'ISSUER/token?sub=staff&scope=inventory.admin')
curl -X PUT SHOP/api/inventory/lamp -H "Authorization: Bearer $STAFF" -H 'Content-Type: application/json' \
  -d '{"name": "Lamp", "unit_price": {"amount": 1999, "currency": "EUR"}, "on_hand": 10}'

ANN=$(curl -s 'ISSUER/token?sub=ann&scope=orders+inventory')
curl -i SHOP/api/orders -H "Authorization: Bearer $ANN" -H 'Content-Type: application/json' \
  -d '{"email": "ann@example.com", "payment_method": "pm_card_visa", "items": [{"product_id": "lamp", "quantity": 2}],
       "ship_to": {"name": "Ann Smith", "line1": "Main Street 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}}'
"#;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Start {
    /// Runs the Dapr that the project pins even when another is installed.
    #[arg(long)]
    pinned_dapr: bool,
    /// Runs beside any other shop, on free ports, with its own Redis and temporary folder, which are
    /// removed when it stops.
    #[arg(long)]
    private: bool,
    /// Checks no tokens: everybody who reaches the gateway may do everything.
    #[arg(long)]
    open: bool,
    /// Traces nothing, and has no page of traces.
    #[arg(long)]
    no_traces: bool,
    /// Keeps credentials in a simulator of Azure Key Vault, and not in a file: for trying out their
    /// rotation, on Linux.
    #[arg(long)]
    key_vault: bool,
    #[command(flatten)]
    build: Build,
}

pub(crate) async fn start(start: Start) -> Result<(), LocalError> {
    let mut signals = Signals::listen()?;
    let options = Options {
        place: if start.private { Place::Private } else { Place::Workspace },
        dapr: if start.pinned_dapr { Choice::Pinned } else { Choice::Installed },
        callers: if start.open { Callers::Everybody } else { Callers::Known },
        traces: !start.no_traces,
        credentials: if start.key_vault { Credentials::KeyVault } else { Credentials::File },
        build: !start.build.no_build,
        progress: Progress::Shown,
        ..Options::default()
    };
    let Some(cluster) = signals.or_stop(Cluster::prepare(options)).await? else {
        print("stopped before anything was started");
        return Ok(());
    };
    if signals.or_stop(cluster.rise()).await?.is_some() {
        let (shop, mail) = (cluster.gateway_url(), cluster.mail_url());
        let logs = cluster.folder().join("logs");
        let traces = cluster.traces_url().map(|url| format!("traces: {url}, ")).unwrap_or_default();
        println!(
            "saga-shop is ready: {shop} (mail: {mail}, {traces}logs: {}, Ctrl-C stops)",
            logs.display()
        );
        println!("{}", greeting(&shop, cluster.issuer_url().as_deref()));
        tokio::select! {
            () = signals.next() => {}
            () = report_deaths(&cluster) => {}
            () = backlog::report(&cluster, print) => {}
        }
    }
    print("stopping; Ctrl-C again stops immediately");
    tokio::select! {
        _ = cluster.stop() => {}
        () = signals.next() => {}
    }
    drop(cluster);
    print("stopped");
    Ok(())
}

/// How a first order is placed, by commands to be copied.
fn greeting(shop: &str, issuer: Option<&str>) -> String {
    let Some(issuer) = issuer else {
        return "OPEN: no tokens are checked, everybody who reaches it may do everything"
            .to_owned();
    };
    FIRST_ORDER.replace("SHOP", shop).replace("ISSUER", issuer)
}

/// Reports each process that dies, once; runs for ever. The others run on.
async fn report_deaths(cluster: &Cluster) {
    let mut reported = BTreeSet::new();
    let mut looks = interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        for process in cluster.processes() {
            if let Some(death) = death(process)
                && reported.insert(process.name())
            {
                print(&death);
            }
        }
    }
}

fn death(process: &Process) -> Option<String> {
    let (name, log) = (process.name(), process.log_file().display());
    process.ended().map(|status| format!("{name} died ({status}); the rest runs on; see {log}"))
}

/// A closed terminal is no reason to leave things unfinished.
fn print(text: &str) {
    let _ = writeln!(std::io::stderr(), "local: {text}");
}
