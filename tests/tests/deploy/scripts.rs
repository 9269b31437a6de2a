//! The deployment scripts, run against fakes: what they do, in which order, and what they never
//! do.

use generate::workspace::{files, functions};
use std::fs;
use tests::deploy::{
    BOTH, ISSUER, PAYMENT_KEY, REGISTRY_TOKEN, SHOP_TOKEN, Sandbox, ScriptResult, TO_ACA, TO_AKS,
};

/// The commands that change something.
const CHANGES: [&str; 13] = [
    "az provider register",
    "az tag update",
    "az group create",
    "az group delete",
    "az deployment group create",
    "az aks create",
    "az identity federated-credential create",
    "docker build",
    "docker login",
    "docker push",
    "helm upgrade",
    "kubectl apply",
    "curl",
];

#[test]
fn dependencies_are_deployed_first_then_images_then_functions() {
    let ended = Sandbox::new().run("deploy-aca", &TO_ACA, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    let expected = [
        "az account show",
        "az bicep build",
        "az bicep lint",
        "az group create",
        "az deployment group what-if",
        "az deployment group create",
        "az tag update",
        "az acr login",
        "docker login",
        "docker build",
        "docker push",
        "az containerapp list",
        "az deployment group what-if",
        "az deployment group create",
        "az containerapp list",
        "az deployment group what-if",
        "az deployment group create",
        "az tag update",
        "az containerapp list",
        "curl",
    ];
    assert_eq!(ended.order(&expected), expected);
    let parameters = "az deployment group create --resource-group saga-shop-dev --name saga-shop \
                      --parameters infra/dev.bicepparam --output none";
    assert_eq!(ended.calls.iter().filter(|call| *call == parameters).count(), 3);
    assert!(ended.text.contains("https://gateway.example.com"), "{}", ended.text);
    assert!(ended.text.contains("./makew destroy-aca --group saga-shop-dev"), "{}", ended.text);
}

#[test]
fn every_function_but_the_one_that_mails_gets_an_image() {
    let sandbox = Sandbox::new();
    let pushed = |ended: &ScriptResult| {
        let push = "docker push registry.azurecr.io/saga-shop/";
        let images = ended.calls.iter().filter_map(|call| call.strip_prefix(push));
        images.map(|image| image.trim_end_matches(":t1").to_owned()).collect::<Vec<_>>()
    };
    let (mailing, others): (Vec<_>, Vec<_>) = functions()
        .into_iter()
        .partition(|function| function.manifest.uses.contains(&"email".to_owned()));
    let others: Vec<_> = others.into_iter().map(|function| function.name).collect();
    assert_eq!(pushed(&sandbox.run("deploy-aca", &TO_ACA, &[])), others);

    // Later, with a mail server, only the missing image is built.
    let mail = [("MAIL_HOST", "h"), ("MAIL_FROM", "f"), ("MAIL_USER", "u"), ("MAIL_PASSWORD", "p")];
    let mailing: Vec<_> = mailing.into_iter().map(|function| function.name).collect();
    assert_eq!(pushed(&sandbox.run("deploy-aca", &TO_ACA, &mail)), mailing);
}

#[test]
fn deploying_the_same_again_changes_nothing() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run("deploy-aca", &TO_ACA, &[]).code, Some(0));
    let again = sandbox.run("deploy-aca", &TO_ACA, &[]);
    assert_eq!(again.code, Some(0), "{}", again.text);
    assert_eq!(again.order(&CHANGES), ["curl"], "{}", again.text);

    let forced = sandbox.run("deploy-aca", &[&TO_ACA[..], &["--force"]].concat(), &[]);
    assert_eq!(forced.code, Some(0), "{}", forced.text);
    assert!(forced.called("az deployment group create"), "{:?}", forced.calls);
}

#[test]
fn deploying_the_same_to_kubernetes_again_says_the_same_again() {
    /// The declarative commands, which change nothing if the state is reached.
    const DECLARATIVE: [&str; 4] =
        ["az identity federated-credential create", "helm upgrade", "kubectl apply", "curl"];
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run("deploy-aks", &TO_AKS, &[]).code, Some(0));
    let (there, manifests) = (sandbox.there(), sandbox.manifests());
    let again = sandbox.run("deploy-aks", &TO_AKS, &[]);
    assert_eq!(again.code, Some(0), "{}", again.text);
    let done = again.order(&CHANGES);
    assert!(done.iter().all(|call| DECLARATIVE.contains(call)), "{done:?}");
    assert_eq!(sandbox.there(), there);
    assert_eq!(sandbox.manifests(), manifests);
    // The token by which sidecars call functions is created once: running functions would reject another.
    assert!(!again.called("kubectl apply --filename -"), "{:?}", again.calls);
}

#[test]
fn secrets_are_neither_on_command_lines_nor_printed() {
    for (script, arguments) in BOTH {
        let sandbox = Sandbox::new();
        let ended = sandbox.run(script, arguments, &[]);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        let shown = ended.calls.join("\n") + &ended.text;
        for secret in [PAYMENT_KEY, REGISTRY_TOKEN, SHOP_TOKEN] {
            assert!(!shown.contains(secret), "{script}: {shown}");
        }
        assert_eq!(fs::read_to_string(sandbox.path("token")).unwrap(), REGISTRY_TOKEN);
        assert_eq!(sandbox.left_behind(), 0);
    }
}

#[test]
fn a_dry_run_shows_the_commands_and_runs_none() {
    let sandbox = Sandbox::new();
    for program in ["az", "curl", "docker", "helm", "kubectl"] {
        sandbox.without(program);
    }
    let commands = [
        ("deploy-aca", &TO_ACA[1..], "/saga-shop/gateway@sha256:DIGEST"),
        ("deploy-aks", &TO_AKS[1..], "+ helm upgrade --install dapr"),
        ("destroy-aca", &[], "+ az group delete"),
    ];
    for (script, arguments, command) in commands {
        let arguments = [&["--dry-run"], arguments].concat();
        let ended = sandbox.run(script, &arguments, &[("PAYMENT_API_KEY", "")]);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert!(ended.text.contains(command), "{}", ended.text);
        assert!(ended.calls.is_empty(), "{:?}", ended.calls);
    }
}

#[test]
fn without_a_terminal_to_ask_on_nothing_is_changed() {
    for (script, arguments) in BOTH {
        let ended = Sandbox::new().run(script, &arguments[1..], &[]);
        assert_eq!(ended.code, Some(64), "{}", ended.text);
        assert!(ended.text.contains("--yes"), "{}", ended.text);
        assert!(ended.order(&CHANGES).is_empty(), "{:?}", ended.calls);
    }
}

#[test]
fn an_order_that_is_not_completed_fails_the_deployment() {
    for status in ["cancelled", "stuck"] {
        let ended = Sandbox::new().run("deploy-aca", &TO_ACA, &[("ORDER", status)]);
        assert_eq!(ended.code, Some(1), "{}", ended.text);
        assert!(ended.text.contains("the order o-1 failed"), "{}", ended.text);
    }
}

#[test]
fn strangers_must_be_refused_and_without_a_token_no_order_is_placed() {
    for (script, arguments) in BOTH {
        let ended = Sandbox::new().run(script, arguments, &[("SHOP_TOKEN", "")]);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert!(ended.text.contains("no order is placed: SHOP_TOKEN is not set"), "{}", ended.text);
        assert!(
            !ended.calls.iter().any(|call| call.contains("--request POST")),
            "{:?}",
            ended.calls
        );
        let ended = Sandbox::new().run(script, arguments, &[("STRANGER", "200")]);
        assert_eq!(ended.code, Some(1), "{}", ended.text);
        assert!(ended.last_line().contains("it must be 401"), "{}", ended.last_line());
    }
}

#[test]
fn a_group_is_deleted_only_where_a_shop_was_deployed() {
    let sandbox = Sandbox::new();
    let destroy = |arguments: &[&str]| sandbox.run("destroy-aca", arguments, &[]);
    assert_eq!(destroy(&["--yes"]).code, Some(0));
    fs::write(sandbox.path("made/group"), "").unwrap();
    let refused = destroy(&["--yes"]);
    assert_eq!(refused.code, Some(65), "{}", refused.text);
    assert!(!refused.called("az group delete"));

    fs::write(sandbox.path("made/registry"), "").unwrap();
    let without_consent = destroy(&[]);
    assert_eq!(without_consent.code, Some(64), "{}", without_consent.text);
    assert!(!without_consent.called("az group delete"));
    let deleted = destroy(&["--yes"]);
    assert_eq!(deleted.code, Some(0), "{}", deleted.text);
    assert!(deleted.called("az group delete --name saga-shop-dev --yes"));
}

#[test]
fn on_kubernetes_the_cluster_comes_first_then_dapr_then_the_manifests() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run("deploy-aks", &TO_AKS, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    let expected = [
        "az deployment group create",
        "docker push",
        "az aks create",
        "az identity federated-credential create",
        "helm upgrade",
        "kubectl apply",
        "kubectl rollout status",
        "curl",
    ];
    assert_eq!(ended.order(&expected), expected);
    let trusted = ended.calls.iter().filter(|call| call.contains("federated-credential"));
    assert!(trusted.count() > functions().len());

    let applied = sandbox.manifests();
    for (file, text) in &applied {
        assert!(!text.contains("${"), "{}", file.display());
    }
    let gateway = &applied[&sandbox.path("applied/functions/gateway.yaml")];
    assert!(gateway.contains("image: 'registry.azurecr.io/saga-shop/gateway@sha256:7431'\n"));
    assert!(gateway.contains("azure.workload.identity/client-id: 'client-of-gateway'\n"));
    for (name, value) in ISSUER {
        assert!(
            gateway.contains(&format!("- name: {name}\n          value: '{value}'\n")),
            "{gateway}"
        );
    }
    // Without a mail server neither the mail component nor its function is deployed.
    assert_eq!(applied.len(), 2 + functions().len() - 1 + files("components/azure").len() - 1);
}
