//! Whom each identity trusts: the accounts of the pods that may take it.

use super::{GENERATED, SHOP};
use local::manifest::{Function, Kind};
use serde_json::Value;
use std::fmt::Write as _;

/// The account of KEDA as AKS installs it.
const SCALER: &str = "system:serviceaccount:kube-system:keda-operator";

/// Lines of an identity, which `infra/main.bicep` makes, and an account that it trusts.
pub(super) fn trusted(functions: &[Function], components: &[(String, Value)]) -> String {
    let mut text =
        format!("# Identities of Azure, and the accounts of pods that may take them.\n{GENERATED}");
    let mut trust = |identity: &str, account: &str| {
        writeln!(text, "{SHOP}-{identity}\t{account}").expect("text takes more");
    };
    for Function { name, manifest, .. } in functions {
        trust(name, &account(name));
        // It counts the messages that wait.
        if manifest.kind == Kind::Event {
            trust(name, SCALER);
        }
    }
    for (name, component) in components {
        let settings = component["spec"]["metadata"].as_array().into_iter().flatten();
        if settings.into_iter().all(|setting| setting["name"] != "azureClientId") {
            continue;
        }
        for user in component["scopes"].as_array().into_iter().flatten() {
            trust(&format!("component-{name}"), &account(user.as_str().unwrap_or_default()));
        }
    }
    text
}

fn account(function: &str) -> String {
    format!("system:serviceaccount:{SHOP}:{function}")
}
