//! The manifests for Kubernetes are current, whole, and closed where they must be.

use generate::Generated;
use generate::aks::{FOLDER, manifests};
use generate::workspace::{files, functions};
use local::manifest::{Function, Ingress, Kind};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::{env, fs};
use tests::checks::current::assert_current;
use tests::checks::program::check_with;

/// The kinds that Kubernetes itself has; the others are Dapr's and KEDA's.
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
fn every_resource_is_named_once_and_in_the_namespace_of_the_shop() {
    let mut seen = BTreeSet::new();
    for resource in resources() {
        let (kind, metadata) = (text_of(&resource, "/kind"), &resource["metadata"]);
        assert!(resource["apiVersion"].is_string(), "{resource}");
        assert!(seen.insert((kind.clone(), text_of(metadata, "/name"))), "{kind} {metadata}");
        if kind != "Namespace" {
            assert_eq!(metadata["namespace"], "saga-shop", "{kind} {metadata}");
        }
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
            ("dapr.io/config", &text_of(&of_kind("Configuration")[0], "/metadata/name")),
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
fn every_pod_is_chosen_by_its_deployment_and_nobody_elses() {
    for deployment in of_kind("Deployment") {
        let chosen = &deployment["spec"]["selector"]["matchLabels"];
        assert_eq!(*chosen, json!({"app.kubernetes.io/name": deployment["metadata"]["name"]}));
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        assert_eq!(labels["app.kubernetes.io/name"], deployment["metadata"]["name"]);
    }
}

#[test]
fn no_container_may_do_more_than_it_needs() {
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
fn a_function_is_scaled_by_what_drives_it() {
    let (by_load, by_backlog) = (of_kind("HorizontalPodAutoscaler"), of_kind("ScaledObject"));
    for Function { name, manifest, .. } in functions() {
        let is = |resource: &&Value| resource["metadata"]["name"] == name.as_str();
        let rules = (by_load.iter().filter(is).count(), by_backlog.iter().filter(is).count());
        let expected = match manifest.kind {
            Kind::Http => (1, 0),
            Kind::Event => (0, 1),
            Kind::Workflow | Kind::Actor => (0, 0),
        };
        assert_eq!(rules, expected, "{name}");
        if let Some(rule) = by_backlog.iter().find(is) {
            let trigger = &rule["spec"]["triggers"][0]["metadata"];
            assert_eq!(trigger["topicName"].as_str(), manifest.topic.as_deref());
            assert_eq!(trigger["subscriptionName"], name.as_str());
        }
    }
}

#[test]
fn hosts_stay_up_while_nodes_are_drained() {
    let budgets = of_kind("PodDisruptionBudget");
    let deployments = of_kind("Deployment");
    for Function { name, manifest, .. } in functions() {
        if matches!(manifest.kind, Kind::Workflow | Kind::Actor) {
            assert_eq!(named(&budgets, &name)["spec"]["maxUnavailable"], 1);
            assert_eq!(named(&deployments, &name)["spec"]["replicas"], 2);
        }
    }
}

#[test]
fn the_gateway_alone_has_a_door() {
    let public: Vec<_> = functions()
        .into_iter()
        .filter(|function| function.manifest.ingress == Ingress::External)
        .map(|function| Value::from(function.name))
        .collect();
    for kind in ["Service", "Ingress"] {
        assert_eq!(names(kind), public, "{kind}");
    }
    let closed = named(&of_kind("NetworkPolicy"), "closed")["spec"].clone();
    let expected = json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []});
    assert_eq!(closed, expected);
    let open = of_kind("NetworkPolicy").into_iter().filter(|policy| {
        policy["spec"]["ingress"].as_array().unwrap().iter().any(|rule| rule.get("from").is_none())
    });
    let open: Vec<_> = open.map(|policy| policy["metadata"]["name"].clone()).collect();
    assert_eq!(open, public);
}

#[test]
fn functions_take_calls_from_their_own_sidecars_alone() {
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
        assert!(!users.is_empty(), "{name}: a component without scopes is everybody's");
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
    let components = of_kind("Component").into_iter().flat_map(|it| {
        let name = text_of(&it, "/metadata/name");
        let identified = it["spec"].to_string().contains("azureClientId");
        let users =
            it["scopes"].as_array().unwrap().clone().into_iter().filter(move |_| identified);
        users.map(move |user| {
            format!("saga-shop-component-{name}\t{}", account(user.as_str().unwrap()))
        })
    });
    let expected: BTreeSet<_> = own.chain(scalers).chain(components).collect();
    assert_eq!(lines, expected.iter().map(String::as_str).collect());
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
        let setting = format!("- name: {name}\n          value: {value}\n");
        assert!(text.contains(&setting) && !plain.contains(&setting), "{text}");
    }
    assert!(text.contains(&format!("azure.workload.identity/client-id: {client}\n")), "{text}");
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

/// What the files hold once they are current.
fn resources() -> Vec<Value> {
    let parse = |file: Generated| {
        let documents = serde_norway::Deserializer::from_str(&file.text);
        documents.map(|it| Value::deserialize(it).expect("it is YAML")).collect::<Vec<_>>()
    };
    let is_manifest = |file: &Generated| !file.path.ends_with("/identities.tsv");
    manifests(&functions()).into_iter().filter(is_manifest).flat_map(parse).collect()
}

fn of_kind(kind: &str) -> Vec<Value> {
    resources().into_iter().filter(|resource| resource["kind"] == kind).collect()
}

fn names(kind: &str) -> Vec<Value> {
    of_kind(kind).into_iter().map(|resource| resource["metadata"]["name"].clone()).collect()
}

fn named<'a>(resources: &'a [Value], name: &str) -> &'a Value {
    let found = resources.iter().find(|resource| resource["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("there is no {name}"))
}

fn text_of(value: &Value, pointer: &str) -> String {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{pointer} is missing: {value}")).to_owned()
}
