//! How long each function takes to start, and how large it is.
#![expect(clippy::float_arithmetic, reason = "times and sizes are fractions")]

use crate::BenchError;
use crate::counters::resident;
use crate::report::{Setting, Table, heading, interval, number};
use crate::stats::{Estimate, float, median};
use local::Cluster;
use local::manifest::{Function, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval as ticks, timeout};

/// How often it is asked whether a function is ready.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The longest that a start may take, and a stop.
const LIMIT: Duration = Duration::from_secs(30);

/// How long the functions rest before their memory is read.
const REST: Duration = Duration::from_secs(2);

/// What an image has beside the program: the Dockerfile copies it from the same Debian package.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A function, started again and again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Started {
    /// Its name.
    pub name: String,
    /// The milliseconds of each start, until it was ready.
    pub millis: Vec<f64>,
    /// Its resident memory after each start, in MiB.
    pub resident: Vec<f64>,
    /// The size of its program, in MiB.
    pub program: f64,
    /// The size of an image `FROM scratch` of program and certificates, uncompressed, in MiB.
    pub image: f64,
}

/// The starts of all functions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StartUp {
    /// Where and how.
    pub setting: Setting,
    /// Each function.
    pub functions: Vec<Started>,
}

/// Stops and starts each function of `cluster` in turn, `starts` times; its sidecar runs all the time. `say` gets a
/// line about each round.
///
/// # Errors
/// When one does not become ready, or a file cannot be read.
pub async fn start_up(
    cluster: &Cluster,
    setting: Setting,
    starts: u8,
    say: impl Fn(&str),
) -> Result<StartUp, BenchError> {
    let mut functions =
        cluster.functions().iter().map(|it| sizes(cluster, it)).collect::<Result<Vec<_>, _>>()?;
    let http = local::http_client("");
    for round in 1..=starts {
        say(&format!("round {round} of {starts}"));
        for (function, started) in cluster.functions().iter().zip(&mut functions) {
            started.millis.push(start(cluster, function, &http).await?);
        }
        rest().await;
        for started in &mut functions {
            let pid = cluster.function(&started.name).pid();
            started.resident.push(pid.and_then(resident).unwrap_or_default());
        }
        cluster.wait_ready().await?;
    }
    Ok(StartUp { setting, functions })
}

/// A function that was not started yet.
fn sizes(cluster: &Cluster, function: &Function) -> Result<Started, BenchError> {
    let size = |path: &Path| {
        let file = fs::metadata(path).map_err(BenchError::file(path))?;
        Ok::<_, BenchError>(float(file.len()) / 1_048_576.0)
    };
    let program = size(&cluster.binary(&function.name))?;
    let image = program + size(Path::new(CERTIFICATES))?;
    let (name, millis, resident) = (function.name.clone(), Vec::new(), Vec::new());
    Ok(Started { name, millis, resident, program, image })
}

/// Stops a function and starts it again. Returns the milliseconds until it was ready.
async fn start(
    cluster: &Cluster,
    function: &Function,
    http: &reqwest::Client,
) -> Result<f64, BenchError> {
    let process = cluster.function(&function.name);
    process.stop(LIMIT).await;
    if function.manifest.kind == Kind::Workflow {
        let metadata = format!("{}/v1.0/metadata", cluster.sidecar_url(&function.name));
        // Otherwise the function would be ready by the worker that has just ended.
        until(&function.name, async || without_worker(http, &metadata).await).await?;
    }
    let ready = format!("{}/readyz", cluster.url(&function.name));
    let began = Instant::now();
    process.start().await?;
    until(&function.name, async || succeeds(http, &ready).await).await?;
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}

/// Waits until `holds`.
async fn until(name: &str, holds: impl AsyncFn() -> bool) -> Result<(), BenchError> {
    let mut polls = ticks(POLL_INTERVAL);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let held = async {
        polls.tick().await;
        while !holds().await {
            polls.tick().await;
        }
    };
    let late =
        |_| BenchError::Late { what: format!("the start of {name}"), seconds: LIMIT.as_secs() };
    timeout(LIMIT, held).await.map_err(late)
}

async fn succeeds(http: &reqwest::Client, url: &str) -> bool {
    // A connection would not outlive the process.
    let get = http.get(url).header("connection", "close");
    get.send().await.is_ok_and(|answer| answer.status().is_success())
}

async fn without_worker(http: &reqwest::Client, metadata: &str) -> bool {
    let Ok(answer) = http.get(metadata).send().await else { return false };
    let metadata: Value = answer.json().await.unwrap_or_default();
    metadata["workflows"]["connectedWorkers"].as_u64().unwrap_or_default() == 0
}

async fn rest() {
    let mut ticks = ticks(REST);
    ticks.tick().await;
    ticks.tick().await;
}

/// The starts as they are read.
#[must_use]
pub fn start_up_table(start_up: &StartUp) -> String {
    let table = Table {
        title: "Each function, started beside its running sidecar:".to_owned(),
        head: vec![
            "function",
            "ms to ready, p50",
            "max",
            "MiB resident",
            "MiB of program",
            "MiB of image",
        ],
        rows: start_up.functions.iter().map(row).collect(),
    };
    format!("{}\n{table}", heading(&start_up.setting))
}

fn row(it: &Started) -> Vec<String> {
    let slowest = it.millis.iter().copied().fold(0.0, f64::max);
    vec![
        it.name.clone(),
        Estimate::of(&it.millis).map_or("–".to_owned(), |it| interval(&it)),
        number(slowest),
        number(median(&it.resident).unwrap_or_default()),
        number(it.program),
        number(it.image),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use serde_json::json;
    use tokio::net::TcpListener;

    #[test]
    fn a_row_has_the_median_of_all_starts_and_the_slowest() {
        let started = Started {
            name: "stock".to_owned(),
            millis: vec![9.0, 7.0, 30.0],
            resident: vec![8.0, 10.0, 9.0],
            program: 5.0,
            image: 5.25,
        };
        let row = row(&started);
        assert!(row[1].starts_with("9.00 ["), "{row:?}");
        assert_eq!(row[2..], ["30.0", "9.00", "5.00", "5.25"]);
    }

    #[tokio::test]
    async fn only_a_success_is_ready_and_a_sidecar_says_whether_it_has_a_worker() {
        let metadata = |workers: u8| async move {
            axum::Json(json!({"workflows": {"connectedWorkers": workers}}))
        };
        let router = Router::new()
            .route("/ready", get(async || StatusCode::OK))
            .route("/unready", get(async || StatusCode::SERVICE_UNAVAILABLE))
            .route("/one", get(move || metadata(1)))
            .route("/none", get(move || metadata(0)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        let http = local::http_client("");
        for (path, ready) in [("ready", true), ("unready", false)] {
            assert_eq!(succeeds(&http, &format!("{url}/{path}")).await, ready, "{path}");
        }
        for (path, without) in [("one", false), ("none", true)] {
            assert_eq!(without_worker(&http, &format!("{url}/{path}")).await, without, "{path}");
        }
    }
}
