//! `local start`: runs everything until a signal stops it.

use super::{Build, backlog};
use clap::Args;
use local::cluster::{Callers, STAFF};
use local::controls::Controls;
use local::dapr::Choice;
use local::progress::Progress;
use local::signals::Signals;
use local::{Cluster, Credentials, LocalError, Options, Place, http_client, products};
use std::io::Write;
use std::sync::Arc;

/// The commands of a first order in a shop at SHOP, with tokens of ISSUER.
const FIRST_ORDER: &str = r#"
Open SHOP in a browser and buy something; sign in as anyone, without a password.
By requests, which show a token: put a product on sale as staff, then order it as ann.

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
    /// Uses the Dapr that the project pins even if another is installed.
    #[arg(long)]
    pinned_dapr: bool,
    /// Uses free ports, its own Redis and a temporary folder, so that it can run beside other shops. All is
    /// removed when it stops.
    #[arg(long)]
    private: bool,
    /// Checks no tokens: everyone who reaches the gateway may do everything.
    #[arg(long)]
    open: bool,
    /// Does not collect or show traces.
    #[arg(long)]
    no_traces: bool,
    /// Stores credentials in a simulator of Azure Key Vault instead of a file, to try their rotation; on Linux
    /// only.
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
        callers: if start.open { Callers::Everyone } else { Callers::Known },
        traces: !start.no_traces,
        credentials: if start.key_vault { Credentials::KeyVault } else { Credentials::File },
        controls: true,
        build: !start.build.no_build,
        progress: Progress::Shown,
        ..Options::default()
    };
    let Some(cluster) = signals.until_signal(Cluster::prepare(options)).await? else {
        print("stopped before anything was started");
        return Ok(());
    };
    let cluster = Arc::new(cluster);
    let controls = Controls::listen(&cluster).await?;
    let started = async {
        cluster.rise().await?;
        let staff = cluster.token("staff", STAFF).await?;
        products::put_on_sale(&http_client(&staff), &cluster.gateway_url()).await
    };
    if signals.until_signal(started).await?.is_some() {
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
            () = controls.run(print) => {}
            () = backlog::watch(&cluster, print) => {}
        }
    }
    print("stopping; Ctrl-C again stops immediately");
    tokio::select! {
        _ = cluster.stop() => {}
        () = signals.next() => {}
    }
    print("stopped");
    Ok(())
}

/// How to place a first order, as commands to copy.
fn greeting(shop: &str, issuer: Option<&str>) -> String {
    let Some(issuer) = issuer else {
        return format!(
            "Open {shop} in a browser and buy something.\n\
             OPEN: no tokens are checked; everyone who reaches it may do everything"
        );
    };
    FIRST_ORDER.replace("SHOP", shop).replace("ISSUER", issuer)
}

/// Ignores a closed terminal.
fn print(text: &str) {
    let _ = writeln!(std::io::stderr(), "local: {text}");
}
