//! The start of a cluster, in phases.

use super::callers::ISSUER;
use super::commands::Commands;
use super::folder::Folder;
use super::plan::Plan;
use super::{
    BROKER, Broker, Callers, Cluster, KEY_VAULT, MAIL_SINK, Options, PLACEMENT, REDIS, SCHEDULER,
    SIMULATOR, START_LIMIT, TRACE_SINK, local_url, sidecar_name,
};
use crate::dapr::Dapr;
use crate::guard::Guard;
use crate::manifest::{self, Function, Kind};
use crate::probe::{Needs, Probe};
use crate::process::Process;
use crate::resources::{self, Overrides};
use crate::{LocalError, ports, redis, workspace};
use futures::future::{try_join, try_join_all};
use futures::stream::{FuturesUnordered, TryStreamExt};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Claims ports and folder first, so that a second start changes nothing.
pub(super) async fn prepare(options: Options) -> Result<Cluster, LocalError> {
    let mut functions = manifest::functions(&options.workspace)?;
    functions.extend(options.guests.iter().cloned());
    let mut plan = Plan::new(options.place, functions, options.traces, options.credentials).await?;
    plan.issuer = plan.issuer.filter(|_| options.callers == Callers::Known);
    plan.controls = plan.controls.filter(|_| options.controls);
    plan.add_seconds(&options.seconds);
    if options.broker == Broker::Own {
        plan.add_broker();
    }
    let folder = Folder::claim(options.place, &options.workspace, options.keep)?;
    let guard = Guard::start()?;
    let progress = options.progress;
    let dapr = Dapr::find(options.dapr, &options.workspace, &guard, progress).await?;
    let redis = if plan.owns_redis() {
        redis::find(&guard, progress).await?
    } else {
        progress.phase("redis").done(&format!("the running one at port {}", plan.redis));
        Path::new("unused").to_owned()
    };
    if options.build {
        workspace::build(&options.workspace, &options.binaries, progress).await?;
    }
    workspace::check_built(&options.binaries, &plan.functions)?;
    write_files(&folder, &plan, &options)?;
    let commands = Commands {
        plan: &plan,
        folder: &folder,
        dapr: &dapr,
        redis: &redis,
        binaries: &options.binaries,
        env: &options.env,
    };
    let processes = processes(&guard, &commands)?;
    let seconds = seconds(&guard, &commands)?;
    let binaries = options.binaries;
    Ok(Cluster { _guard: guard, processes, seconds, plan, binaries, progress, folder })
}

/// Writes the files that the processes read.
fn write_files(folder: &Folder, plan: &Plan, options: &Options) -> Result<(), LocalError> {
    folder.prepare()?;
    resources::make_secrets(folder.secrets())?;
    let overrides = Overrides {
        redis: plan.redis,
        broker: plan.broker.unwrap_or(plan.redis),
        smtp: plan.mail.smtp,
        secrets: folder.secrets(),
        guests: &options.guests,
    };
    let components = options.workspace.join("components/local");
    resources::render(&components, &folder.resources(), &overrides)?;
    if plan.key_vault.is_some() {
        let vault = options.workspace.join("components/azure/secrets.yaml");
        resources::use_vault(&vault, &folder.resources())?;
    }
    let otlp = plan.traces.map(|traces| traces.otlp);
    resources::configure(&folder.configuration(), &folder.run().join("names.db"), otlp)
}

fn processes(
    guard: &Guard,
    commands: &Commands<'_>,
) -> Result<BTreeMap<String, Process>, LocalError> {
    let Commands { plan, folder, .. } = commands;
    let healthy = |port| Probe::Get(format!("{}/healthz", local_url(port)));
    let placement = healthy(plan.control_plane.placement_health);
    let scheduler = healthy(plan.control_plane.scheduler_health);
    let mut all = vec![
        (PLACEMENT.to_owned(), commands.placement(), placement),
        (SCHEDULER.to_owned(), commands.scheduler(), scheduler),
        (SIMULATOR.to_owned(), commands.simulator(), healthy(plan.simulator)),
        (MAIL_SINK.to_owned(), commands.mail_sink(), healthy(plan.mail.http)),
    ];
    if let Some(port) = plan.issuer {
        all.push((ISSUER.to_owned(), commands.issuer(port), healthy(port)));
    }
    if let Some(traces) = plan.traces {
        let sink = commands.trace_sink(traces);
        all.push((TRACE_SINK.to_owned(), sink, healthy(traces.http)));
    }
    if let Some(ports) = plan.key_vault {
        let vault = commands.key_vault(ports);
        all.push((KEY_VAULT.to_owned(), vault, healthy(ports.identity)));
    }
    let store = Some(plan.redis).filter(|_| plan.owns_redis());
    for (name, port) in [(REDIS, store), (BROKER, plan.broker)] {
        if let Some(port) = port {
            all.push((name.to_owned(), commands.redis(name, port), Probe::Redis(port)));
        }
    }
    for function in &plan.functions {
        let ports = plan.ports(&function.name);
        let commands = (commands.function(function, ports), commands.sidecar(function, ports));
        all.extend(with_sidecar(function, &function.name, ports, commands));
    }
    create(guard, folder, all)
}

/// The second processes of functions, by the names of the first.
fn seconds(
    guard: &Guard,
    commands: &Commands<'_>,
) -> Result<BTreeMap<String, Process>, LocalError> {
    let Commands { plan, folder, .. } = commands;
    let mut all = Vec::new();
    for function in &plan.functions {
        let Some(ports) = plan.seconds.get(&function.name) else { continue };
        let name = format!("{}.second", function.name);
        let commands = commands.second(function, ports);
        all.extend(with_sidecar(function, &name, ports, commands));
    }
    create(guard, folder, all)
}

/// The name, the command and the readiness probe of a process.
type Spec = (String, Command, Probe);

fn with_sidecar(
    function: &Function,
    name: &str,
    ports: &ports::Function,
    (app, sidecar): (Command, Command),
) -> [Spec; 2] {
    let ready = Probe::Get(format!("{}/readyz", local_url(ports.app)));
    let manifest = &function.manifest;
    let needs = Needs {
        placement: manifest.reaches_actors(),
        scheduler: manifest.hosts_actors(),
        worker: manifest.kind == Kind::Workflow,
    };
    let connected = Probe::Sidecar { url: local_url(ports.sidecar.http), needs };
    [(name.to_owned(), app, ready), (sidecar_name(name), sidecar, connected)]
}

fn create(
    guard: &Guard,
    folder: &Folder,
    all: Vec<Spec>,
) -> Result<BTreeMap<String, Process>, LocalError> {
    let make = |(name, command, probe): Spec| {
        let process = Process::new(guard, &name, command, folder.log(&name), probe)?;
        Ok((name, process))
    };
    all.into_iter().map(make).collect()
}

/// Starts what the functions need, then all functions and sidecars concurrently.
pub(super) async fn rise(cluster: &Cluster) -> Result<(), LocalError> {
    let mut phase = cluster.progress.phase("control plane");
    if cluster.folder.begin()? {
        phase.update("Dapr's scheduler waits up to 20 s for the lease of a killed one");
    }
    let base = cluster.processes().filter(|process| cluster.stage(process) == 2);
    try_join_all(base.map(start)).await?;
    phase.done("Dapr, Redis and the stand-ins are ready");
    let mut phase = cluster.progress.phase("functions");
    let (all, mut ready) = (cluster.plan.functions.len(), 0);
    let starting = cluster.plan.functions.iter().map(|function| start_function(cluster, function));
    let mut starting: FuturesUnordered<_> = starting.collect();
    phase.update(&format!("0 of {all} are ready"));
    while starting.try_next().await?.is_some() {
        ready += 1;
        phase.update(&format!("{ready} of {all} are ready"));
    }
    phase.done(&format!("all {all} are ready"));
    Ok(())
}

async fn start_function(cluster: &Cluster, function: &Function) -> Result<(), LocalError> {
    let (app, sidecar) = (cluster.function(&function.name), cluster.sidecar(&function.name));
    try_join(start(app), start(sidecar)).await.map(|_| ())
}

async fn start(process: &Process) -> Result<(), LocalError> {
    process.start().await?;
    process.ready(START_LIMIT).await
}
