//! Later deployments: only changes are deployed.

use generate::workspace::functions;
use std::fs;
use std::path::Path;
use tests::deploy::{BOTH, PAYMENT_KEY, Sandbox, ScriptResult, TO_ACA, TO_AKS};

#[test]
fn a_new_payment_key_is_written_by_both() {
    for (task, arguments) in BOTH {
        let sandbox = deployed(task, arguments);
        fs::remove_file(sandbox.path("keys")).unwrap();
        let ended = sandbox.run(task, &[arguments, &["--new-payment-key"]].concat(), &[]);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert_eq!(sandbox.there()["keys"], PAYMENT_KEY, "{task}");
    }
}

#[test]
fn a_changed_parameter_is_deployed_once() {
    let changed = [("PAYMENT_PROVIDER_URL", "https://pay.example.com")];
    for (task, arguments) in BOTH {
        let sandbox = deployed(task, arguments);
        assert!(deploys(&sandbox.run(task, arguments, &changed)), "{task}");
        assert!(!deploys(&sandbox.run(task, arguments, &changed)), "{task}");
        assert!(deploys(&sandbox.run(task, arguments, &[])), "{task}");
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let empty = [("PAYMENT_PROVIDER_URL", ""), ("MAIL_PORT", ""), ("MONTHLY_BUDGET", "")];
    for (task, arguments) in BOTH {
        let sandbox = Sandbox::new();
        let ended = sandbox.run(task, arguments, &empty);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert!(!deploys(&sandbox.run(task, arguments, &[])), "{task}");
    }
}

#[test]
fn a_changed_password_arrives_and_is_not_written_down() {
    let with = |password| {
        let user = [("MAIL_HOST", "h"), ("MAIL_FROM", "f"), ("MAIL_USER", "u")];
        [&user[..], &[("MAIL_PASSWORD", password)]].concat()
    };
    for (task, arguments) in BOTH {
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.run(task, arguments, &with("first")).code, Some(0));
        assert!(!deploys(&sandbox.run(task, arguments, &with("first"))), "{task}");
        assert!(deploys(&sandbox.run(task, arguments, &with("second"))), "{task}");
    }
}

#[test]
fn adding_mail_later_builds_and_deploys_send_email() {
    let mail = [("MAIL_HOST", "h"), ("MAIL_FROM", "f"), ("MAIL_USER", "u"), ("MAIL_PASSWORD", "p")];
    for (task, arguments) in BOTH {
        let sandbox = deployed(task, arguments);
        let ended = sandbox.run(task, arguments, &mail);
        assert!(deploys(&ended), "{}", ended.text);
        assert_eq!(builds(&ended), ["send-email"], "{task}");
    }
}

#[test]
fn a_new_function_gets_what_it_needs_then_its_image_then_is_deployed() {
    for (task, arguments) in BOTH {
        let sandbox = deployed(task, arguments);
        let copy = sandbox.copy_of_the_workspace();
        add_function(&copy);
        let ended = sandbox.run_in(&copy, task, arguments, &[]);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert_eq!(builds(&ended), ["new-one"], "{task}");
        let expected = ["az deployment group create", "docker build"];
        assert_eq!(ended.order(&expected)[..2], expected, "{task}");
    }
    let sandbox = deployed("deploy-aks", &TO_AKS);
    let copy = sandbox.copy_of_the_workspace();
    add_function(&copy);
    let ended = sandbox.run_in(&copy, "deploy-aks", &TO_AKS, &[]);
    assert!(ended.called("kubectl rollout status deployment/new-one"), "{:?}", ended.calls);
}

#[test]
fn what_if_alone_changes_nothing() {
    for (task, arguments) in BOTH {
        let nothing = Sandbox::new().run(task, &["--what-if"], &[]);
        assert_eq!(nothing.code, Some(65), "{}", nothing.text);
        let sandbox = deployed(task, arguments);
        let before = sandbox.there();
        let ended = sandbox.run(task, &["--what-if"], &[("PAYMENT_API_KEY", "")]);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert!(ended.text.contains("Create      containerApps gateway"), "{}", ended.text);
        assert!(ended.text.contains("Warning: only ten are looked at"), "{}", ended.text);
        assert_eq!(sandbox.there(), before);
        assert!(!deploys(&ended), "{:?}", ended.calls);
    }
}

#[test]
fn what_if_decides_nothing() {
    for (task, arguments) in BOTH {
        let ended = Sandbox::new().run(task, arguments, &[("FAIL_ON", "what-if")]);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert!(ended.text.contains("what-if failed, see above"), "{}", ended.text);
    }
}

#[test]
fn an_image_that_was_changed_by_hand_is_deployed_again() {
    let sandbox = deployed("deploy-aca", &TO_ACA);
    fs::write(sandbox.path("apps/stock"), "registry.azurecr.io/another").unwrap();
    assert!(deploys(&sandbox.run("deploy-aca", &TO_ACA, &[])));
}

/// A sandbox with a deployed shop.
fn deployed(task: &str, arguments: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(task, arguments, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    sandbox
}

fn deploys(ended: &ScriptResult) -> bool {
    ended.called("az deployment group create")
}

/// The functions whose images were built.
fn builds(ended: &ScriptResult) -> Vec<String> {
    let builds = ended.calls.iter().filter(|call| call.starts_with("docker build"));
    let names = builds.filter_map(|call| call.split("FUNCTION=").nth(1)?.split(' ').next());
    names.map(str::to_owned).collect()
}

/// Adds a function to the generated files, as a new folder would.
fn add_function(workspace: &Path) {
    let edit = |file: &str, change: &dyn Fn(String) -> String| {
        let file = workspace.join(file);
        let text = fs::read_to_string(&file).expect("it was copied");
        fs::write(file, change(text)).expect("there is room");
    };
    let model =
        functions().into_iter().find(|it| it.manifest.uses.is_empty()).expect("there is one").name;
    edit("infra/functions.tsv", &|text| text + "new-one\thttp\t-\tIs new.\n");
    let manifest = workspace.join("infra/aks/functions");
    fs::copy(manifest.join(format!("{model}.yaml")), manifest.join("new-one.yaml"))
        .expect("there is room");
    let variable = model.to_uppercase().replace('-', "_");
    edit("infra/aks/functions/new-one.yaml", &|text| {
        text.replace(&model, "new-one").replace(&variable, "NEW_ONE")
    });
    edit("infra/functions.json", &|text| {
        text.replace("[\n  {", "[\n  { \"name\": \"new-one\" },\n  {")
    });
}
