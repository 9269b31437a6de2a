//! Deployments by digest, run against fakes: exactly the pushed images run, even when a tag has moved.

use generate::workspace::functions;
use std::collections::BTreeMap;
use std::fs;
use tests::deploy::{Sandbox, TO_ACA};

#[test]
fn functions_are_deployed_by_digest_whether_they_were_pushed_now_or_earlier() {
    let sandbox = Sandbox::new();
    let expected: BTreeMap<_, _> = functions()
        .into_iter()
        .filter(|function| !function.manifest.uses.contains(&"email".to_owned()))
        .map(|it| {
            (it.name.clone(), format!("registry.azurecr.io/saga-shop/{}@sha256:7431", it.name))
        })
        .collect();
    assert_eq!(deployed(&sandbox), expected);

    fs::remove_file(sandbox.path("made/registry.azurecr.io_saga-shop_stock:t1")).unwrap();
    assert_eq!(deployed(&sandbox), expected);
}

/// The images in a deployment.
fn deployed(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let _ = fs::remove_file(sandbox.path("deployed"));
    let ended = sandbox.run("deploy-aca", &[&TO_ACA[..], &["--force"]].concat(), &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    let deployed = fs::read_to_string(sandbox.path("deployed")).expect("something was deployed");
    let last = deployed.lines().last().expect("something was deployed");
    serde_json::from_str(last).expect("it is JSON")
}

#[test]
fn a_function_that_runs_another_image_is_not_ready() {
    let other = [("OTHER_IMAGE", "check-stock"), ("READY_SECONDS", "0")];
    let ended = Sandbox::new().run("deploy-aca", &TO_ACA, &other);
    assert_eq!(ended.code, Some(1), "{}", ended.text);
    assert!(ended.text.contains("not ready after 15 minutes: check-stock;"), "{}", ended.text);
    assert!(!ended.called("curl"), "{:?}", ended.calls);
}
