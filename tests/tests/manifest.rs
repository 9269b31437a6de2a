//! The files generated from the functions' manifests are current, and the manifests are consistent.

use generate::components::{Component, FOLDER, components};
use generate::run_file::run_file;
use generate::workspace::{files, functions, read, root};
use local::manifest::{Function, Ingress, Kind, Service, Subscription, subscriptions};
use local::ports::SIMULATOR;
use serde_norway::Value;
use std::collections::BTreeSet;
use std::fs;
use tests::checks::current::assert_current;

#[test]
fn what_is_generated_is_current() {
    let files = generate::all();
    files.iter().for_each(assert_current);
    let paths: BTreeSet<_> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths.len(), files.len(), "each file is generated once");
}

#[test]
fn a_function_is_named_like_its_folder_in_lower_case() {
    let entries = fs::read_dir(root().join("functions")).unwrap();
    let folders: BTreeSet<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let functions: BTreeSet<_> = functions().into_iter().map(|function| function.name).collect();
    assert_eq!(folders, functions);
    let allowed = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '-');
    let invalid: Vec<_> = functions.iter().filter(|name| !name.chars().all(allowed)).collect();
    assert!(invalid.is_empty(), "{invalid:?}");
}

#[test]
fn every_function_has_a_unique_port_from_8000_to_8999() {
    let ports = functions().into_iter().map(|function| function.manifest.port);
    let ports: Vec<_> = ports.chain([SIMULATOR]).collect();
    assert!(repeated(&ports).is_empty(), "{ports:?}");
    // The ports of sidecars and of the control plane are allocated around these.
    assert!(ports.iter().all(|port| (8000..9000).contains(port)), "{ports:?}");
}

#[test]
fn only_the_gateway_is_reachable_from_outside() {
    for function in functions() {
        let outside = function.manifest.ingress == Ingress::External;
        assert_eq!(outside, function.manifest.service == Service::Gateway, "{}", function.name);
    }
}

#[test]
fn event_functions_and_only_they_name_a_topic_or_handle_dead_letters() {
    for Function { name, manifest, .. } in functions() {
        let takes_events = manifest.kind == Kind::Event;
        assert_eq!(manifest.topic.is_some() != manifest.dead_letters, takes_events, "{name}");
    }
}

/// The calls that publish, in the code of a function, and their topic.
const PUBLISHERS: [(&str, &str); 9] = [
    ("Worker::new(", "orders"),
    ("order_refunds(", "orders"),
    ("wiring::payments(", "payments"),
    ("notify(Topic::", "notifications"),
    // Publishes mails that failed again.
    ("later::host(", "notifications"),
    // Publishes the messages of dead letters again, to where they came from.
    ("dead_letters::routes(", "key-vault"),
    ("dead_letters::routes(", "notifications"),
    ("dead_letters::routes(", "orders"),
    ("dead_letters::routes(", "payments"),
];

#[test]
fn manifests_list_what_the_code_publishes() {
    for Function { name, manifest, .. } in functions() {
        let code = read(&format!("functions/{name}/src/main.rs"));
        let publishes = PUBLISHERS.iter().filter(|(call, _)| code.contains(call));
        let publishes: BTreeSet<_> = publishes.map(|(_, topic)| *topic).collect();
        let listed: BTreeSet<_> = manifest.publishes.iter().map(String::as_str).collect();
        assert_eq!(listed, publishes, "{name}");
        let has_broker = manifest.uses.iter().any(|component| component == "pubsub");
        assert!(has_broker || listed.is_empty(), "{name} publishes and does not use pubsub");
    }
}

#[test]
fn dead_letters_of_every_topic_are_recorded_and_can_be_resent() {
    let functions = functions();
    let recorders = functions.iter().filter(|function| function.manifest.dead_letters).count();
    assert_eq!(recorders, 1);
    let resends = functions.iter().find(|function| function.name == "dead-letters").unwrap();
    for Subscription { topic, function } in subscriptions(&functions) {
        assert!(resends.manifest.publishes.contains(&topic), "{topic}, which {function} handles");
    }
}

#[test]
fn nothing_else_publishes() {
    let publishes = |path: &String| read(path).contains(".publisher()");
    let files: Vec<_> = files("shared/src").into_iter().filter(publishes).collect();
    let known = ["sidecar/later.rs", "sidecar/mod.rs", "sidecar/worker.rs", "wiring/mod.rs"];
    assert_eq!(files, known.map(|path| format!("shared/src/{path}")));
}

#[test]
fn functions_use_existing_components() {
    let components = components(FOLDER);
    for component in &components {
        assert_eq!(component.yaml["metadata"]["name"], component.name.as_str());
    }
    let there: BTreeSet<_> = components.into_iter().map(|component| component.name).collect();
    let used: BTreeSet<_> =
        functions().into_iter().flat_map(|function| function.manifest.uses).collect();
    assert_eq!(there, used);
}

#[test]
fn only_hosts_of_actors_and_workflows_use_a_store_for_them_and_each_uses_one() {
    let stores: Vec<_> = components(FOLDER).into_iter().filter(Component::keeps_actors).collect();
    for Function { name, manifest, .. } in functions() {
        let used = stores.iter().filter(|store| manifest.uses.contains(&store.name)).count();
        assert_eq!(used, usize::from(manifest.hosts_actors()), "{name}");
    }
}

#[test]
fn only_functions_of_the_payment_service_can_read_secrets() {
    for Function { name, manifest, .. } in functions() {
        if manifest.uses.iter().any(|component| component == "secrets") {
            assert_eq!(manifest.service, Service::Payment, "{name}");
        }
    }
}

#[test]
fn the_run_file_contains_only_keys_that_the_dapr_cli_knows() {
    let file = parsed_run_file();
    assert_known(&file, &["version", "name", "common", "apps"]);
    assert_known(&file["common"], &KEYS_OF_COMMON);
    for app in file["apps"].as_sequence().unwrap() {
        assert_known(app, &[KEYS_OF_COMMON.as_slice(), &KEYS_OF_APPS].concat());
    }
}

#[test]
fn the_run_file_names_existing_folders() {
    let file = parsed_run_file();
    let folders = file["apps"].as_sequence().unwrap().iter().map(|app| &app["appDirPath"]);
    for folder in folders.chain(file["common"]["resourcesPaths"].as_sequence().unwrap()) {
        assert!(root().join(folder.as_str().unwrap()).is_dir(), "{folder:?}");
    }
}

#[test]
fn the_run_file_assigns_each_id_and_port_once() {
    let file = parsed_run_file();
    let apps = file["apps"].as_sequence().unwrap();
    let ids: Vec<_> = apps.iter().map(|app| app["appID"].as_str().unwrap()).collect();
    assert!(repeated(&ids).is_empty(), "{ids:?}");
    let settings = apps.iter().flat_map(|app| app.as_mapping().unwrap());
    let ports: Vec<_> = settings.filter_map(|(_, value)| value.as_u64()).collect();
    assert_eq!(ports.len(), 5 * apps.len());
    assert!(repeated(&ports).is_empty(), "{ports:?}");
    // Above this are the ephemeral ports of Linux.
    assert!(ports.iter().all(|port| *port < 32_768), "{ports:?}");
}

/// Of both the file's `common` and its `apps`; `pkg/runfileconfig` of the Dapr CLI.
const KEYS_OF_COMMON: [&str; 22] = [
    "apiListenAddresses",
    "appHealthCheckPath",
    "appHealthProbeInterval",
    "appHealthProbeTimeout",
    "appHealthThreshold",
    "appLogDestination",
    "appMaxConcurrency",
    "appProtocol",
    "appSSL",
    "configFilePath",
    "daprdLogDestination",
    "enableApiLogging",
    "enableAppHealthCheck",
    "enableProfiling",
    "env",
    "logLevel",
    "maxBodySize",
    "placementHostAddress",
    "readBufferSize",
    "resourcesPaths",
    "runtimePath",
    "schedulerHostAddress",
];

const KEYS_OF_APPS: [&str; 11] = [
    "appChannelAddress",
    "appDirPath",
    "appID",
    "appPort",
    "command",
    "daprGRPCPort",
    "daprHTTPPort",
    "daprInternalGRPCPort",
    "metricsPort",
    "profilePort",
    "unixDomainSocket",
];

fn parsed_run_file() -> Value {
    serde_norway::from_str(&run_file(&functions())).expect("the run file is YAML")
}

fn assert_known(mapping: &Value, known: &[&str]) {
    let keys = mapping.as_mapping().expect("it has keys").keys();
    let unknown: Vec<_> =
        keys.filter(|key| key.as_str().is_none_or(|key| !known.contains(&key))).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

fn repeated<T: Copy + Ord>(values: &[T]) -> Vec<T> {
    let mut seen = BTreeSet::new();
    values.iter().copied().filter(|value| !seen.insert(*value)).collect()
}
