//! The shop's page in a browser: each file of scenes in `tests/browser` is a test, run by Playwright in the
//! Chromium of this machine.

use super::harness::System;
use generate::workspace::root;
use libtest_mimic::Trial;
use local::controls::Controls;
use local::guard::Guard;
use local::progress::Progress;
use local::{LocalError, chromium};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs};
use tests::checks::program::{UNAVAILABLE, not_checked};
use tests::system::shop::Shop;
use tokio::process::Command;
use tokio::time::timeout;

/// The folder of the scenes.
const FOLDER: &str = "tests/browser";

/// The time within which the scenes of a file are played.
const PLAYED_WITHIN: Duration = Duration::from_mins(10);

pub(crate) fn trials(system: &System) -> Vec<Trial> {
    let files = fs::read_dir(root().join(FOLDER)).expect("there are scenes");
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let mut specs: Vec<_> = names.filter(|name| name.ends_with(".spec.js")).collect();
    specs.sort();
    let trial = |spec: String| {
        let name = spec.trim_end_matches(".spec.js").replace('-', "_");
        system.trial(module_path!(), &name, async move |shop: &Shop| play(shop, &spec).await)
    };
    specs.into_iter().map(trial).collect()
}

async fn play(shop: &Shop, spec: &str) {
    let Some(chromium) = browser().await else { return };
    let began = newest_order(shop).await;
    let controls = Controls::listen(&shop.cluster).await.expect("the port is the cluster's own");
    let report = tokio::select! {
        report = report(shop, spec, &chromium) => report,
        () = controls.run(|_| ()) => unreachable!("controls are served until they are dropped"),
    };
    shop.cluster.wait_ready().await.expect("what was killed is started again");
    record_orders_since(shop, began.as_deref()).await;
    let Some(report) = report else { return };
    let played = report["stats"]["expected"].as_u64().unwrap_or_default();
    let found = failures(&report);
    assert!(found.is_empty() && played > 0, "{spec}: {played} scenes passed\n{}", found.join("\n"));
}

/// The browser, or a word that there is none; CI must have one.
async fn browser() -> Option<PathBuf> {
    let guard = Guard::start().expect("there is a shell");
    match chromium::find(&guard, Progress::Quiet).await {
        Ok(chromium) => Some(chromium),
        Err(error @ LocalError::Missing { .. }) => unavailable(&error.to_string()),
        Err(error) => panic!("{error}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is no setting of a function")]
fn unavailable<T>(why: &str) -> Option<T> {
    assert!(env::var_os("CI").is_none(), "the page must be tested in CI: {why}");
    not_checked(&format!("the page in a browser: {why}"));
    None
}

/// Playwright's report.
async fn report(shop: &Shop, spec: &str, chromium: &PathBuf) -> Option<Value> {
    let cluster = &shop.cluster;
    let controls = cluster.controls_port().expect("this cluster has controls");
    let mut command = Command::new(root().join("makew"));
    command.args(["--node-tool", FOLDER, "run.js"]).current_dir(root()).kill_on_drop(true);
    command.env("SPEC", spec).env("CHROMIUM", chromium).env("SHOP", cluster.gateway_url());
    command.env("ISSUER", cluster.issuer_url().expect("callers show tokens"));
    command.env("LOGS", cluster.folder().join("logs"));
    command.env("MAILS", cluster.mail_url()).env("SIMULATOR", cluster.simulator_url());
    command.env("CONTROLS", format!("http://127.0.0.1:{controls}"));
    let played = command.stdin(Stdio::null()).output();
    let output = timeout(PLAYED_WITHIN, played).await.expect("it ends in time").expect("it runs");
    if output.status.code() == Some(UNAVAILABLE) {
        return unavailable("node or npm is missing");
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_slice(&output.stdout);
    Some(report.unwrap_or_else(|_| panic!("no report: {errors}")))
}

/// The scenes that failed, each with its error.
fn failures(report: &Value) -> Vec<String> {
    let mut found: Vec<_> = list(&report["errors"]).map(|error| text(&error["message"])).collect();
    let mut suites: Vec<_> = list(&report["suites"]).collect();
    while let Some(suite) = suites.pop() {
        suites.extend(list(&suite["suites"]));
        for scene in list(&suite["specs"]).filter(|scene| scene["ok"] != true) {
            let results = list(&scene["tests"]).flat_map(|test| list(&test["results"]));
            let errors = results.flat_map(|result| list(&result["errors"]));
            let errors: Vec<_> = errors.map(|error| text(&error["message"])).collect();
            found.push(format!("{}: {}", text(&scene["title"]), errors.join("\n")));
        }
    }
    found
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

async fn newest_order(shop: &Shop) -> Option<String> {
    let page = shop.get("/api/orders?limit=1").await;
    page.body["orders"][0]["order_id"].as_str().map(str::to_owned)
}

/// Records the orders that were placed on the page, newer than `known`, whose money is checked at the end.
async fn record_orders_since(shop: &Shop, known: Option<&str>) {
    let page = shop.get("/api/orders?limit=100").await;
    let orders = list(&page.body["orders"]).map(|order| text(&order["order_id"]));
    for id in orders.take_while(|id| Some(id.as_str()) != known) {
        shop.record(&id);
    }
}
