//! The scripts of deployment, run against stand-ins: what they do, in which order, and what they never
//! do.

use generate::workspace::{files, functions};
use std::fs;
use std::path::Path;
use tests::checks::program::check_with;
use tests::deploy::{Ended, PAYMENT_KEY, REGISTRY_TOKEN, Stage};

const TO_ACA: [&str; 3] = ["--yes", "--tag", "t1"];

const TO_AKS: [&str; 9] = [
    "--yes",
    "--tag",
    "t1",
    "--host",
    "shop.example.com",
    "--tls-cert",
    "cert.pem",
    "--tls-key",
    "key.pem",
];

/// What changes something.
const CHANGES: [&str; 11] = [
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
fn what_functions_need_comes_first_then_their_images_then_they() {
    let ended = Stage::new().run("deploy-aca", &TO_ACA, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    let expected = [
        "az account show",
        "az bicep build",
        "az bicep lint",
        "az group create",
        "az deployment group what-if",
        "az deployment group create",
        "az acr login",
        "docker login",
        "docker build",
        "docker push",
        "az deployment group what-if",
        "az deployment group create",
        "az containerapp list",
        "curl",
    ];
    assert_eq!(ended.order(&expected), expected);
    let parameters = "az deployment group create --resource-group saga-shop-dev --name saga-shop \
                      --parameters infra/dev.bicepparam --output none";
    assert_eq!(ended.calls.iter().filter(|call| *call == parameters).count(), 2);
    assert!(ended.text.contains("https://gateway.example.com"), "{}", ended.text);
    assert!(ended.text.contains("./makew destroy-aca --group saga-shop-dev"), "{}", ended.text);
}

#[test]
fn every_function_but_the_one_that_mails_gets_an_image() {
    let stage = Stage::new();
    let pushed = |ended: &Ended| {
        let push = "docker push registry.azurecr.io/saga-shop/";
        let images = ended.calls.iter().filter_map(|call| call.strip_prefix(push));
        images.map(|image| image.trim_end_matches(":t1").to_owned()).collect::<Vec<_>>()
    };
    let (mailing, others): (Vec<_>, Vec<_>) = functions()
        .into_iter()
        .partition(|function| function.manifest.uses.contains(&"email".to_owned()));
    let others: Vec<_> = others.into_iter().map(|function| function.name).collect();
    assert_eq!(pushed(&stage.run("deploy-aca", &TO_ACA, &[])), others);

    // Later, with a mail server, nothing but what is missing is built.
    let mail = [("MAIL_HOST", "h"), ("MAIL_FROM", "f"), ("MAIL_USER", "u"), ("MAIL_PASSWORD", "p")];
    let mailing: Vec<_> = mailing.into_iter().map(|function| function.name).collect();
    assert_eq!(pushed(&stage.run("deploy-aca", &TO_ACA, &mail)), mailing);
}

#[test]
fn deploying_the_same_again_changes_nothing() {
    let stage = Stage::new();
    assert_eq!(stage.run("deploy-aca", &TO_ACA, &[]).code, Some(0));
    let again = stage.run("deploy-aca", &TO_ACA, &[]);
    assert_eq!(again.code, Some(0), "{}", again.text);
    assert_eq!(again.order(&CHANGES), ["curl"], "{}", again.text);
    assert!(again.text.contains("nothing"), "{}", again.text);
}

#[test]
fn no_secret_is_on_a_command_line_or_said() {
    for (script, arguments) in [("deploy-aca", &TO_ACA[..]), ("deploy-aks", &TO_AKS)] {
        let stage = Stage::new();
        let token = ("SHOP_TOKEN", "shop-token-never-shown");
        let ended = stage.run(script, arguments, &[token]);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        let shown = ended.calls.join("\n") + &ended.text;
        for secret in [PAYMENT_KEY, REGISTRY_TOKEN, token.1] {
            assert!(!shown.contains(secret), "{script}: {shown}");
        }
        assert_eq!(fs::read_to_string(stage.path("token")).unwrap(), REGISTRY_TOKEN);
        assert_eq!(stage.left_behind(), 0);
    }
}

#[test]
fn a_dry_run_shows_the_commands_and_runs_none() {
    let stage = Stage::new();
    for program in ["az", "curl", "docker", "helm", "kubectl"] {
        stage.without(program);
    }
    let commands = [
        ("deploy-aca", &TO_ACA[1..], "/saga-shop/gateway@sha256:DIGEST"),
        ("deploy-aks", &TO_AKS[1..], "+ helm upgrade --install dapr"),
        ("destroy-aca", &[], "+ az group delete"),
    ];
    for (script, arguments, command) in commands {
        let arguments = [&["--dry-run"], arguments].concat();
        let ended = stage.run(script, &arguments, &[("PAYMENT_API_KEY", "")]);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert!(ended.text.contains(command), "{}", ended.text);
        assert!(ended.calls.is_empty(), "{:?}", ended.calls);
    }
}

#[test]
fn without_anybody_to_ask_nothing_is_changed() {
    for (script, arguments) in [("deploy-aca", &TO_ACA[1..]), ("deploy-aks", &TO_AKS[1..])] {
        let ended = Stage::new().run(script, arguments, &[]);
        assert_eq!(ended.code, Some(64), "{}", ended.text);
        assert!(ended.text.contains("--yes"), "{}", ended.text);
        assert!(ended.order(&CHANGES).is_empty(), "{:?}", ended.calls);
    }
}

#[test]
fn what_is_missing_is_told_with_its_fix() {
    let cases = [
        ("az", "https://aka.ms/installazurecli", 69),
        ("curl", "install curl", 69),
        ("docker", "install one, or start its daemon", 69),
    ];
    for (program, fix, code) in cases {
        let stage = Stage::new();
        stage.without(program);
        let ended = stage.run("deploy-aca", &TO_ACA, &[]);
        assert_eq!(ended.code, Some(code), "{}", ended.text);
        assert!(ended.text.contains(fix), "{}", ended.text);
        assert!(ended.order(&CHANGES).is_empty(), "{:?}", ended.calls);
    }
    let cases = [
        (("FAIL_ON", "az account show"), "run az login", 77),
        (("PAYMENT_API_KEY", ""), "PAYMENT_API_KEY is not set", 64),
        (("PAYMENT_API_KEY", "short"), "at least 8 characters", 64),
        (("MAIL_HOST", "mail.example.com"), "MAIL_FROM is not set", 64),
    ];
    for (variable, fix, code) in cases {
        let ended = Stage::new().run("deploy-aca", &TO_ACA, &[variable]);
        assert_eq!(ended.code, Some(code), "{}", ended.text);
        assert!(ended.text.contains(fix), "{}", ended.text);
        assert!(ended.order(&CHANGES).is_empty(), "{:?}", ended.calls);
    }
}

#[test]
fn what_fails_ends_the_deployment_there() {
    let cases = [
        ("az bicep lint", "az group create"),
        ("az group create", "az deployment group create"),
        ("az deployment group what-if", "az deployment group create"),
        ("az deployment group create", "docker build"),
        ("az acr login", "docker build"),
        ("docker login", "docker build"),
        ("docker build", "docker push"),
        ("docker push", "az containerapp list"),
        ("az containerapp list", "curl"),
        ("--request PUT", "curl --silent --show-error --request POST"),
    ];
    for (fails, next) in cases {
        let stage = Stage::new();
        let ended = stage.run("deploy-aca", &TO_ACA, &[("FAIL_ON", fails)]);
        assert!(ended.code != Some(0), "{fails}: {}", ended.text);
        assert!(ended.text.contains("made to fail"), "{fails}: {}", ended.text);
        assert!(!ended.called(next), "{fails}: {:?}", ended.calls);
        assert_eq!(stage.left_behind(), 0);
    }
}

#[test]
fn an_order_that_is_not_completed_fails_the_deployment() {
    for status in ["cancelled", "stuck"] {
        let ended = Stage::new().run("deploy-aca", &TO_ACA, &[("ORDER", status)]);
        assert_eq!(ended.code, Some(1), "{}", ended.text);
        assert!(ended.text.contains("the order o-1 failed"), "{}", ended.text);
    }
}

#[test]
fn a_group_is_deleted_only_where_a_shop_was_deployed() {
    let stage = Stage::new();
    let destroy = |arguments: &[&str]| stage.run("destroy-aca", arguments, &[]);
    assert_eq!(destroy(&["--yes"]).code, Some(0));
    fs::write(stage.path("made/group"), "").unwrap();
    let refused = destroy(&["--yes"]);
    assert_eq!(refused.code, Some(65), "{}", refused.text);
    assert!(!refused.called("az group delete"));

    fs::write(stage.path("made/registry"), "").unwrap();
    let unasked = destroy(&[]);
    assert_eq!(unasked.code, Some(64), "{}", unasked.text);
    assert!(!unasked.called("az group delete"));
    let deleted = destroy(&["--yes"]);
    assert_eq!(deleted.code, Some(0), "{}", deleted.text);
    assert!(deleted.called("az group delete --name saga-shop-dev --yes"));
}

#[test]
fn on_kubernetes_the_cluster_comes_first_then_dapr_then_the_manifests() {
    let stage = Stage::new();
    let ended = stage.run("deploy-aks", &TO_AKS, &[]);
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

    let applied: Vec<_> = ["", "functions", "components"]
        .iter()
        .flat_map(|folder| fs::read_dir(stage.path("applied").join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    for file in &applied {
        let text = fs::read_to_string(file).unwrap();
        assert!(!text.contains("${"), "{}", file.display());
    }
    let gateway = fs::read_to_string(stage.path("applied/functions/gateway.yaml")).unwrap();
    assert!(gateway.contains("image: 'registry.azurecr.io/saga-shop/gateway@sha256:7431'\n"));
    assert!(gateway.contains("azure.workload.identity/client-id: 'client-of-gateway'\n"));
    // Neither the component that mails nor its function, without a mail server.
    assert_eq!(applied.len(), 2 + functions().len() - 1 + files("components/azure").len() - 1);
}

#[test]
fn a_second_set_of_functions_beside_container_apps_is_refused() {
    let ended = Stage::new().run("deploy-aks", &TO_AKS, &[("ON_CONTAINER_APPS", "1")]);
    assert_eq!(ended.code, Some(65), "{}", ended.text);
    assert!(ended.text.contains("choose another --group"), "{}", ended.text);
    assert!(!ended.called("az aks create"));
}

#[test]
fn the_scripts_pass_shellcheck() {
    let scripts = ["makew", "infra/images", "infra/deploy-aca", "infra/destroy-aca"];
    let more =
        ["infra/deploy-aks", "infra/common.sh", "infra/payment-key.sh", "tests/src/deploy/fake.sh"];
    let scripts: Vec<_> = scripts.iter().chain(&more).map(Path::new).collect();
    check_with("shellcheck", &["--external-sources"], &scripts);
}
