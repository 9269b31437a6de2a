//! The manifests for Kubernetes are current, complete and restrictive.

mod access;
mod edge;
mod resources;

use self::resources::{EDGE, named, names, of_kind, resources, text_of};
use generate::aks::{FOLDER, manifests};
use generate::workspace::{files, functions};
use local::manifest::{Function, Kind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::{env, fs};
use tests::checks::current::assert_current;
use tests::checks::program::check_with;

/// The kinds of Kubernetes itself; the others are of Dapr and KEDA.
const OWN_GROUPS: [&str; 5] =
    ["v1", "apps/v1", "autoscaling/v2", "policy/v1", "networking.k8s.io/v1"];

#[test]
fn the_manifests_are_current_and_there_are_no_others() {
    let manifests = manifests(&functions());
    manifests.iter().for_each(assert_current);
    let expected: BTreeSet<_> = manifests.into_iter().map(|file| file.path).collect();
    assert_eq!(files(FOLDER).into_iter().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn every_resource_is_named_once_and_in_a_namespace_of_the_shop() {
    let mut seen = BTreeSet::new();
    for resource in resources() {
        let (kind, metadata) = (text_of(&resource, "/kind"), &resource["metadata"]);
        assert!(resource["apiVersion"].is_string(), "{resource}");
        let namespace = metadata["namespace"].to_string();
        let name = (kind.clone(), text_of(metadata, "/name"), namespace);
        assert!(seen.insert(name), "{kind} {metadata}");
        let namespace = match kind.as_str() {
            "Namespace" => Value::Null,
            "Gateway" => json!(EDGE),
            "NetworkPolicy" if metadata["namespace"] == EDGE => continue,
            _ => json!("saga-shop"),
        };
        assert_eq!(metadata["namespace"], namespace, "{kind} {metadata}");
    }
}

#[test]
fn every_function_is_deployed_with_a_sidecar_as_its_manifest_says() {
    let deployments = of_kind("Deployment");
    assert_eq!(deployments.len(), functions().len());
    for Function { name, manifest, .. } in functions() {
        let pod = &named(&deployments, &name)["spec"]["template"];
        let annotations = &pod["metadata"]["annotations"];
        let port = manifest.port;
        for (annotation, expected) in [
            ("dapr.io/enabled", "true"),
            ("dapr.io/app-id", &name),
            ("dapr.io/app-port", &port.to_string()),
            ("dapr.io/config", &name),
        ] {
            assert_eq!(annotations[annotation], expected, "{name}");
        }
        assert!(annotations.as_object().unwrap().values().all(Value::is_string), "{name}");
        let container = &pod["spec"]["containers"][0];
        assert_eq!(container["ports"], json!([{"name": "http", "containerPort": port}]));
        assert!(container["env"].as_array().unwrap().contains(&json!({
            "name": "APP_PORT", "value": port.to_string()
        })));
        assert_eq!(pod["spec"]["serviceAccountName"], name.as_str());
    }
}

#[test]
fn every_pod_is_selected_by_its_own_deployment_only() {
    for deployment in of_kind("Deployment") {
        let chosen = &deployment["spec"]["selector"]["matchLabels"];
        assert_eq!(*chosen, json!({"app.kubernetes.io/name": deployment["metadata"]["name"]}));
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        assert_eq!(labels["app.kubernetes.io/name"], deployment["metadata"]["name"]);
    }
}

#[test]
fn containers_have_no_privileges() {
    for deployment in of_kind("Deployment") {
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["securityContext"]["runAsUser"], 65_532);
        assert_eq!(pod["automountServiceAccountToken"], false);
        for container in pod["containers"].as_array().unwrap() {
            let expected = json!({
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": true
            });
            assert_eq!(container["securityContext"], expected);
            assert!(container["resources"]["limits"]["memory"].is_string());
            assert!(container["resources"]["requests"]["cpu"].is_string());
            for (probe, path) in
                [("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz")]
            {
                assert_eq!(container[format!("{probe}Probe")]["httpGet"]["path"], path);
            }
        }
    }
}

#[test]
fn a_pod_outlives_its_sidecar() {
    for deployment in of_kind("Deployment") {
        let pod = &deployment["spec"]["template"];
        let stays = text_of(pod, "/metadata/annotations/dapr.io~1block-shutdown-duration");
        let stays: u64 = stays.trim_end_matches('s').parse().expect("it is in seconds");
        let function = &pod["spec"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"];
        let function = function.as_u64().expect("it is a number");
        let grace = pod["spec"]["terminationGracePeriodSeconds"].as_u64().expect("it is a number");
        assert!(stays < function && function < grace, "{stays} {function} {grace}");
    }
}

#[test]
fn a_function_is_scaled_by_what_drives_it() {
    let (by_load, by_backlog) = (of_kind("HorizontalPodAutoscaler"), of_kind("ScaledObject"));
    let functions = functions();
    for function in &functions {
        let Function { name, manifest, .. } = function;
        let is = |resource: &&Value| resource["metadata"]["name"] == name.as_str();
        let rules = (by_load.iter().filter(is).count(), by_backlog.iter().filter(is).count());
        let expected = match manifest.kind {
            Kind::Http | Kind::Workflow | Kind::Actor => (1, 0),
            Kind::Event => (0, 1),
        };
        assert_eq!(rules, expected, "{name}");
        if let Some(rule) = by_backlog.iter().find(is) {
            let triggers = rule["spec"]["triggers"].as_array().unwrap().iter();
            let counted = triggers.map(|trigger| {
                assert_eq!(trigger["metadata"]["subscriptionName"], name.as_str());
                trigger["metadata"]["topicName"].as_str().unwrap().to_owned()
            });
            assert_eq!(counted.collect::<Vec<_>>(), function.topics(&functions));
        }
    }
}

#[test]
fn hosts_stay_up_while_nodes_are_drained() {
    let budgets = of_kind("PodDisruptionBudget");
    let rules = of_kind("HorizontalPodAutoscaler");
    for Function { name, manifest, .. } in functions() {
        if matches!(manifest.kind, Kind::Workflow | Kind::Actor) {
            assert_eq!(named(&budgets, &name)["spec"]["maxUnavailable"], 1);
            let rule = &named(&rules, &name)["spec"];
            assert_eq!(rule["minReplicas"], 2);
            assert_eq!(rule["behavior"]["scaleDown"]["policies"][0]["value"], 1);
        }
    }
}

#[test]
fn functions_accept_calls_only_from_their_own_sidecars() {
    for deployment in of_kind("Deployment") {
        let settings = &deployment["spec"]["template"]["spec"]["containers"][0]["env"];
        let asks = settings.as_array().unwrap().iter().any(|it| it["name"] == "APP_API_TOKEN");
        assert_eq!(asks, deployment["metadata"]["name"] != "gateway");
    }
}

#[test]
fn the_components_are_those_of_azure_with_the_scopes_of_the_manifests() {
    let components = of_kind("Component");
    let there = files("components/azure").into_iter().map(|path| {
        let name = path.trim_start_matches("components/azure/").trim_end_matches(".yaml");
        Value::from(name)
    });
    assert_eq!(names("Component"), there.collect::<Vec<_>>());
    for component in components {
        let name = text_of(&component, "/metadata/name");
        let users =
            functions().into_iter().filter(|function| function.manifest.uses.contains(&name));
        let users: Vec<_> = users.map(|function| Value::from(function.name)).collect();
        assert!(!users.is_empty(), "{name}: every function could use a component without scopes");
        assert_eq!(component["scopes"], Value::from(users), "{name}");
    }
}

#[test]
fn each_identity_trusts_the_pods_that_take_it_and_no_others() {
    let manifests = manifests(&functions());
    let file = manifests.iter().find(|file| file.path.ends_with("identities.tsv")).unwrap();
    let lines: BTreeSet<_> = file.text.lines().filter(|line| !line.starts_with('#')).collect();
    let account = |name: &str| format!("system:serviceaccount:saga-shop:{name}");
    let own =
        functions().into_iter().map(|it| format!("saga-shop-{0}\t{1}", it.name, account(&it.name)));
    let scalers = of_kind("ScaledObject").into_iter().map(|it| {
        let name = text_of(&it, "/metadata/name");
        format!("saga-shop-{name}\tsystem:serviceaccount:kube-system:keda-operator")
    });
    let expected: BTreeSet<_> = own.chain(scalers).collect();
    assert_eq!(lines, expected.iter().map(String::as_str).collect());
}

#[test]
fn components_reach_azure_by_the_identity_of_the_pod() {
    for component in of_kind("Component") {
        let settings = component["spec"]["metadata"].as_array().unwrap();
        assert!(settings.iter().all(|it| it["name"] != "azureClientId"), "{component}");
        for methods in settings.iter().filter(|it| it["name"] == "azureAuthMethods") {
            assert_eq!(methods["value"], "workloadidentity", "{component}");
        }
    }
    for account in of_kind("ServiceAccount") {
        let function = text_of(&account, "/metadata/name").to_uppercase().replace('-', "_");
        let client = &account["metadata"]["annotations"]["azure.workload.identity/client-id"];
        assert_eq!(*client, format!("${{FUNCTION_CLIENT_ID_{function}}}"));
    }
}

#[test]
fn a_function_that_manages_secrets_does_so_by_its_own_identity() {
    let mut manager = functions().into_iter().find(|it| it.manifest.kind == Kind::Event).unwrap();
    let plain = deployed_text(&manager);
    manager.manifest.manages = vec!["secrets".to_owned()];
    let text = deployed_text(&manager);
    let client =
        format!("${{FUNCTION_CLIENT_ID_{}}}", manager.name.to_uppercase().replace('-', "_"));
    for (name, value) in
        [("AZURE_CLIENT_ID", client.as_str()), ("KEY_VAULT_URL", "${KEY_VAULT_URL}")]
    {
        let setting = format!("- name: {name}\n          value: '{value}'\n");
        assert!(text.contains(&setting) && !plain.contains(&setting), "{text}");
    }
    assert!(text.contains(&format!("azure.workload.identity/client-id: '{client}'\n")), "{text}");
}

/// The manifest of one function.
fn deployed_text(function: &Function) -> String {
    let path = format!("{FOLDER}/functions/{}.yaml", function.name);
    let mut manifests = manifests(std::slice::from_ref(function)).into_iter();
    manifests.find(|file| file.path == path).expect("every function has one").text
}

#[test]
fn no_secret_is_written_down() {
    assert!(of_kind("Secret").is_empty());
    for component in of_kind("Component") {
        for setting in component["spec"]["metadata"].as_array().unwrap() {
            let name = text_of(setting, "/name").to_lowercase();
            let secret = ["key", "password", "secret", "token", "connectionstring"];
            let is_secret = secret.iter().any(|word| name.ends_with(word));
            assert!(!is_secret || setting.get("secretKeyRef").is_some(), "{component}");
        }
    }
}

#[test]
fn the_manifests_match_the_schemas_of_kubernetes() {
    let folder = env::temp_dir().join(format!("saga-shop-schemas-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("own.yaml");
    let is_own = |it: &Value| OWN_GROUPS.contains(&text_of(it, "/apiVersion").as_str());
    let own = resources().into_iter().filter(is_own);
    let own: Vec<_> = own.map(|resource| serde_norway::to_string(&resource).unwrap()).collect();
    assert!(own.len() > 2 * functions().len());
    fs::write(&file, own.join("---\n")).unwrap();
    check_with("kubernetes-validate", &["--strict"], &[&file]);
    fs::remove_dir_all(&folder).unwrap();
}

/// Three nodes of 4 cores and 16 GiB, minus the share of AKS and Dapr's control plane, and one failed node.
#[test]
fn the_shop_at_rest_fits_on_the_nodes_of_the_cluster() {
    let (mut cores, mut memory) = (0, 0);
    let rules = [of_kind("HorizontalPodAutoscaler"), of_kind("ScaledObject")].concat();
    for deployment in of_kind("Deployment") {
        let rule = &named(&rules, &text_of(&deployment, "/metadata/name"))["spec"];
        // An idle event function has no replica; the first event starts one.
        let least = ["minReplicas", "minReplicaCount"].iter().find_map(|key| rule[key].as_u64());
        let pods = least.expect("a rule has a least").max(1);
        let template = &deployment["spec"]["template"];
        let asked = &template["spec"]["containers"][0]["resources"]["requests"];
        let sidecar = &template["metadata"]["annotations"];
        let amount = |value: &Value, unit: &str| -> u64 {
            value.as_str().unwrap().strip_suffix(unit).unwrap().parse().unwrap()
        };
        cores += pods
            * (amount(&asked["cpu"], "m") + amount(&sidecar["dapr.io/sidecar-cpu-request"], "m"));
        memory += pods
            * (amount(&asked["memory"], "Mi")
                + amount(&sidecar["dapr.io/sidecar-memory-request"], "Mi"));
    }
    assert!((1..4_000).contains(&cores) && (1..8_192).contains(&memory), "{cores} m, {memory} Mi");
}
