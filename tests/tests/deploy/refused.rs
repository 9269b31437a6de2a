//! Invalid deployments: each ends with one sentence of advice.

use tests::checks::program::not_checked;
use tests::deploy::{BOTH, ISSUER, PAYMENT_KEY, Sandbox, TO_ACA, TO_AKS};

#[test]
fn missing_prerequisites_are_named_with_their_fix() {
    let cases = [
        ("az", "https://aka.ms/installazurecli", 69),
        ("curl", "install curl", 69),
        ("docker", "install one, or start its daemon", 69),
    ];
    for (program, fix, code) in cases {
        let sandbox = Sandbox::new();
        sandbox.without(program);
        let ended = sandbox.run("deploy-aca", &TO_ACA, &[]);
        assert_eq!(ended.code, Some(code), "{}", ended.text);
        assert!(ended.text.contains(fix), "{}", ended.text);
        assert!(!ended.called("az group create"), "{:?}", ended.calls);
    }
    let cases = [
        (("FAIL_ON", "az account show"), "run az login", 77),
        (("OIDC_ISSUERS", ""), "OIDC_ISSUERS must be set", 64),
        (("OIDC_ISSUERS", "http://login.example.com"), "OIDC_ISSUERS must be set", 64),
        (("OIDC_AUDIENCES", ""), "OIDC_AUDIENCES must be set", 64),
        (("PAYMENT_API_KEY", ""), "PAYMENT_API_KEY is not set", 64),
        (("PAYMENT_API_KEY", "short"), "at least 8 characters", 64),
        (("MAIL_HOST", "mail.example.com"), "MAIL_FROM is not set", 64),
    ];
    for (variable, fix, code) in cases {
        let ended = Sandbox::new().run("deploy-aca", &TO_ACA, &[variable]);
        assert_eq!(ended.code, Some(code), "{}", ended.text);
        assert!(ended.text.contains(fix), "{}", ended.text);
        assert!(!ended.called("az group create"), "{:?}", ended.calls);
    }
}

#[test]
fn required_values_that_are_missing_are_asked_for_on_a_terminal() {
    let missing = [("OIDC_ISSUERS", ""), ("OIDC_AUDIENCES", ""), ("PAYMENT_API_KEY", "")];
    let answers = [ISSUER[0].1, ISSUER[1].1, PAYMENT_KEY];
    for (task, arguments) in BOTH {
        let sandbox = Sandbox::new();
        let ended = sandbox.run_on_a_terminal((task, arguments), &missing, &answers);
        let Some(ended) = ended else {
            return not_checked("questions of the deployments: python3 is not on PATH");
        };
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert!(!ended.text.contains(PAYMENT_KEY), "{}", ended.text);
        let given = Sandbox::new();
        assert_eq!(given.run(task, arguments, &[]).code, Some(0));
        assert_eq!(sandbox.there(), given.there(), "as if they had been set");

        let wrong = Sandbox::new().run_on_a_terminal((task, arguments), &missing, &["nonsense"]);
        let wrong = wrong.expect("Python is there");
        assert_eq!(wrong.code, Some(64), "{}", wrong.text);
        assert!(wrong.text.contains("OIDC_ISSUERS must be set"), "{}", wrong.text);
        assert!(!wrong.called("az group create"), "{:?}", wrong.calls);
    }
}

#[test]
fn a_port_of_the_mail_server_that_is_none_is_refused_before_anything_is_made() {
    let mail = [("MAIL_HOST", "h"), ("MAIL_FROM", "f"), ("MAIL_USER", "u"), ("MAIL_PASSWORD", "p")];
    for (task, arguments) in BOTH {
        for port in ["0", "smtp", "-1", "123456"] {
            let variables = [&mail[..], &[("MAIL_PORT", port)]].concat();
            let ended = Sandbox::new().run(task, arguments, &variables);
            assert_eq!(ended.code, Some(64), "{port}: {}", ended.text);
            assert!(ended.last_line().contains("MAIL_PORT"), "{}", ended.last_line());
            assert!(!ended.called("az group create"), "{:?}", ended.calls);
        }
    }
}

#[test]
fn refusals_by_azure_are_explained_with_their_fix() {
    let deployment = "az deployment group create";
    let cases = [
        (deployment, "AADSTS700082: The refresh token has expired", "run az login, then", 77),
        (
            "az deployment group what-if",
            "Please run 'az login' to setup account.",
            "run az login",
            77,
        ),
        (
            deployment,
            "(MissingSubscriptionRegistration) The subscription is not registered to use namespace \
             'Microsoft.DocumentDB'",
            "az provider register --wait --namespace Microsoft.DocumentDB",
            77,
        ),
        (
            deployment,
            "(ServiceUnavailable) Sorry, we are currently experiencing high demand in this region",
            "no capacity for this in westeurope: run this again with --location REGION --group",
            69,
        ),
        (deployment, "(QuotaExceeded) Operation could not be completed", "quota in westeurope", 69),
        (deployment, "(AuthorizationFailed) The client does not have it", "it requires Owner", 77),
        (
            deployment,
            "(DeploymentActive) it is still active",
            "run this again once it has ended",
            75,
        ),
        (deployment, "(BadRequest) something else", "fix that, then run this again", 1),
    ];
    for (call, said, cure, code) in cases {
        for (task, arguments) in BOTH {
            let variables = [("FAIL_ON", call), ("FAIL_TEXT", said)];
            let ended = Sandbox::new().run(task, arguments, &variables);
            assert_eq!(ended.code, Some(code), "{}", ended.text);
            assert!(ended.text.contains(said), "{}", ended.text);
            assert!(ended.last_line().contains(cure), "{}", ended.last_line());
        }
    }
}

#[test]
fn a_resource_provider_that_is_not_registered_is_registered_first() {
    let unregistered = [("UNREGISTERED", "Microsoft.DocumentDB")];
    for (task, arguments) in BOTH {
        let sandbox = Sandbox::new();
        let ended = sandbox.run(task, arguments, &unregistered);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        let expected = ["az provider register", "az group create"];
        assert_eq!(ended.order(&expected), expected);
        let again = sandbox.run(task, arguments, &unregistered);
        assert!(!again.called("az provider register"), "{:?}", again.calls);
    }
    let ended = Sandbox::new().run(
        "deploy-aks",
        &TO_AKS,
        &[("UNREGISTERED", "Microsoft.ContainerService")],
    );
    assert!(ended.called("az provider register --namespace Microsoft.ContainerService"));
}

#[test]
fn where_managed_dapr_has_no_workflow_kubernetes_is_named() {
    let variables = [("NEVER_READY", "order-saga"), ("WORKFLOW_SECONDS", "0")];
    let sandbox = Sandbox::new();
    let ended = sandbox.run("deploy-aca", &TO_ACA, &variables);
    assert_eq!(ended.code, Some(69), "{}", ended.text);
    assert!(ended.last_line().contains("./makew deploy-aks --host NAME"), "{}", ended.last_line());
    // Nothing else was deployed needlessly.
    let apps = sandbox.there().into_keys().filter(|name| name.starts_with("apps/"));
    assert_eq!(apps.collect::<Vec<_>>(), ["apps/order-saga"]);

    let variables = [&variables[..], &[("STARTED", "false")]].concat();
    let ended = Sandbox::new().run("deploy-aca", &TO_ACA, &variables);
    assert_eq!(ended.code, Some(1), "{}", ended.text);
    assert!(ended.last_line().contains("--name order-saga --type system"), "{}", ended.last_line());
}

#[test]
fn a_group_in_another_region_is_not_deployed_to() {
    for (task, arguments) in BOTH {
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.run(task, arguments, &[]).code, Some(0));
        let elsewhere = [arguments, &["--location", "northeurope"]].concat();
        let ended = sandbox.run(task, &elsewhere, &[]);
        assert_eq!(ended.code, Some(65), "{}", ended.text);
        assert!(ended.last_line().contains("choose another --group"), "{}", ended.last_line());
    }
}

#[test]
fn a_second_set_of_functions_in_one_group_is_refused() {
    let ended = Sandbox::new().run("deploy-aks", &TO_AKS, &[("ON_CONTAINER_APPS", "1")]);
    assert_eq!(ended.code, Some(65), "{}", ended.text);
    assert!(ended.text.contains("choose another --group"), "{}", ended.text);
    assert!(!ended.called("az aks create"));

    let sandbox = Sandbox::new();
    let group = ["--group", "one"];
    assert_eq!(sandbox.run("deploy-aks", &[&TO_AKS[..], &group].concat(), &[]).code, Some(0));
    let ended = sandbox.run("deploy-aca", &[&TO_ACA[..], &group].concat(), &[]);
    assert_eq!(ended.code, Some(65), "{}", ended.text);
    assert!(!ended.called("az deployment group create"));
}

#[test]
fn everything_but_mail_is_deployed_where_the_mail_component_is_refused() {
    let mail = [("MAIL_HOST", "h"), ("MAIL_FROM", "f"), ("MAIL_USER", "u"), ("MAIL_PASSWORD", "p")];
    let variables = [&mail[..], &[("MAIL_REFUSED", "1")]].concat();
    let sandbox = Sandbox::new();
    let ended = sandbox.run("deploy-aca", &TO_ACA, &variables);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    assert!(ended.text.contains("rejects the mail component"), "{}", ended.text);
    let without = Sandbox::new();
    assert_eq!(without.run("deploy-aca", &TO_ACA, &[]).code, Some(0));
    assert_eq!(sandbox.there(), without.there());
}
