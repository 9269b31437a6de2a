//! The deployment to a Kubernetes cluster without Azure: what it changes, and what it leaves alone.

use generate::workspace::functions;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use tests::checks::program::{not_checked, on_path};
use tests::deploy::Sandbox;

const TASK: &str = "deploy-kubernetes";

const TO_KUBERNETES: [&str; 3] = ["--yes", "--tag", "t1"];

/// The commands that change something.
const CHANGES: [&str; 9] = [
    "docker build",
    "docker push",
    "helm",
    "kind load",
    "kubectl apply",
    "kubectl create",
    "kubectl delete",
    "kubectl label",
    "curl",
];

/// No issuer of tokens: everyone may do everything.
const OPEN: [(&str, &str); 2] = [("OIDC_ISSUERS", ""), ("OIDC_AUDIENCES", "")];

#[test]
fn dapr_is_installed_first_then_images_are_loaded_then_the_manifests_applied() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(TASK, &TO_KUBERNETES, &OPEN);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    let expected = [
        "kubectl create namespace dapr-system",
        "helm upgrade --install dapr",
        "docker build",
        "docker save",
        "kind load image-archive --name test",
        "kubectl apply",
        "kubectl rollout status",
        "curl",
    ];
    assert_eq!(ended.order(&expected), expected);
    let rollouts = ended.calls.iter().filter(|call| call.starts_with("kubectl rollout status"));
    assert_eq!(rollouts.count(), functions().len() + 3, "with Redis and the stand-ins");
    assert!(ended.text.contains("everyone who reaches the gateway may do everything"));
    for service in ["port-forward service/gateway 8000:80", "port-forward service/mails 8025"] {
        assert!(ended.text.contains(service), "{}", ended.text);
    }
    for text in sandbox.manifests().values() {
        assert!(!text.contains("${") && !text.contains("localhost:6379"), "{text}");
    }
    assert_eq!(sandbox.left_behind(), 0);
}

#[test]
fn the_dapr_of_the_cluster_is_used_and_stays() {
    let sandbox = Sandbox::new();
    let found = [&OPEN[..], &[("DAPR_FOUND", "ghcr.io/dapr/injector:1.18.0")]].concat();
    let ended = sandbox.run(TASK, &TO_KUBERNETES, &found);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    assert!(!ended.called("helm"), "{:?}", ended.calls);
    // Its sidecars keep capabilities, which a restricted namespace does not admit.
    let patches = &sandbox.manifests()[&sandbox.path("applied/shop.yaml")];
    assert!(patches.contains("pod-security.kubernetes.io/enforce: restricted"), "{patches}");
    let overlay =
        fs::read_to_string(sandbox.path("applied/kubernetes/kustomization.yaml")).unwrap();
    assert!(overlay.contains("value: 'baseline'"), "{overlay}");

    let removed = sandbox.run(TASK, &["--remove", "--yes"], &[]);
    assert_eq!(removed.code, Some(0), "{}", removed.text);
    assert_eq!(removed.order(&CHANGES), ["kubectl delete"]);
    assert!(removed.called("kubectl delete namespace saga-shop"));
}

#[test]
fn exactly_what_was_deployed_is_removed() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(TASK, &TO_KUBERNETES, &OPEN).code, Some(0));
    let used = sandbox.run(TASK, &["--remove", "--yes"], &[("COMPONENTS_IN", "another")]);
    assert_eq!(used.code, Some(0), "{}", used.text);
    assert!(used.text.contains("Dapr stays: it is also used in another"), "{}", used.text);
    assert!(!used.called("helm"), "{:?}", used.calls);

    let removed = sandbox.run(TASK, &["--remove", "--yes"], &[]);
    assert_eq!(removed.code, Some(0), "{}", removed.text);
    let expected = [
        "helm uninstall dapr",
        "kubectl delete namespace dapr-system",
        "kubectl delete customresource",
    ];
    assert_eq!(removed.order(&expected), expected);
    let again = sandbox.run(TASK, &["--remove", "--yes"], &[]);
    assert_eq!(again.code, Some(0), "{}", again.text);
    assert!(again.order(&CHANGES).is_empty(), "{:?}", again.calls);
}

#[test]
fn nothing_is_changed_where_it_cannot_be_deployed_or_is_not_agreed_to() {
    let plain = Sandbox::new();
    let foreign = Sandbox::new();
    fs::write(foreign.path("made/namespace-saga-shop"), "").unwrap();
    for (sandbox, arguments, variables, fault, code) in [
        (&plain, &TO_KUBERNETES[1..], &[][..], "--yes", 64),
        (&foreign, &TO_KUBERNETES, &[], "was not created by this", 65),
        (&plain, &TO_KUBERNETES, &[("CONTEXT", "aks")], "pass --prefix REGISTRY", 64),
        (&plain, &TO_KUBERNETES, &[("OIDC_AUDIENCES", "")], "must be set together", 64),
        (&plain, &["--fast"], &[], "unknown option --fast", 64),
    ] {
        let ended = sandbox.run(TASK, arguments, variables);
        assert_eq!(ended.code, Some(code), "{}", ended.text);
        assert!(ended.text.contains(fault), "{}", ended.text);
        assert!(ended.order(&CHANGES).is_empty(), "{:?}", ended.calls);
    }
}

#[test]
fn with_a_prefix_the_images_are_pushed_and_deployed_by_digest() {
    let sandbox = Sandbox::new();
    let arguments = [&TO_KUBERNETES[..], &["--prefix", "registry.example.com/shop"]].concat();
    let ended = sandbox.run(TASK, &arguments, &[("CONTEXT", "aks")]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    assert!(ended.called("docker push registry.example.com/shop/stand-in:t1"), "{:?}", ended.calls);
    let gateway = &sandbox.manifests()[&sandbox.path("applied/functions/gateway.yaml")];
    assert!(gateway.contains("image: 'registry.example.com/shop/gateway@sha256:7431'\n"));
}

#[test]
fn the_manifests_of_aks_lose_what_only_azure_has() {
    let Some(kubectl) = on_path("kubectl") else {
        return not_checked("the manifests of a cluster without Azure: kubectl is not on PATH");
    };
    let sandbox = Sandbox::new();
    let ended = sandbox.run(TASK, &TO_KUBERNETES, &OPEN);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    let rendered =
        Command::new(kubectl).arg("kustomize").arg(sandbox.path("applied")).output().unwrap();
    let text = String::from_utf8(rendered.stdout).unwrap();
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    assert!(!text.contains("azure") && !text.contains("saga-shop-edge"), "{text}");
    let resources = serde_norway::Deserializer::from_str(&text);
    let resources: Vec<_> = resources.map(|it| Value::deserialize(it).unwrap()).collect();
    let kinds: BTreeSet<_> = resources.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    for kind in
        ["Gateway", "HTTPRoute", "HorizontalPodAutoscaler", "ScaledObject", "TriggerAuthentication"]
    {
        assert!(!kinds.contains(kind), "{kind}");
    }
    let components = resources.iter().filter(|it| it["kind"] == "Component");
    let stores = components.filter(|it| {
        text_of(it, "/spec/type").split_once('.').is_some_and(|(_, kind)| kind == "redis")
    });
    let mut hosts = stores.map(|it| text_of(it, "/spec/metadata/0/value"));
    assert!(hosts.clone().count() > 5 && hosts.all(|host| host == "redis:6379"));
    for function in functions() {
        let is = |it: &&Value| {
            it["kind"] == "Deployment" && it["metadata"]["name"] == function.name.as_str()
        };
        let pod = &resources.iter().find(is).expect("it is deployed")["spec"]["template"];
        assert_eq!(pod["metadata"]["annotations"]["dapr.io/sidecar-cpu-request"], "10m");
        let reads_key = !pod["metadata"]["annotations"]["dapr.io/volume-mounts"].is_null();
        let uses_key = function.manifest.uses.iter().any(|component| component == "secrets");
        assert_eq!(reads_key, uses_key, "{}", function.name);
    }
}

fn text_of<'a>(resource: &'a Value, path: &str) -> &'a str {
    resource
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {path}: {resource}"))
}
