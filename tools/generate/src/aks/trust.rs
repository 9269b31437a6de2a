//! Whom each identity trusts: the accounts of the pods that may take it.

use super::{GENERATED, SHOP};
use local::manifest::{Function, Kind};
use std::fmt::Write as _;

/// The account of KEDA as AKS installs it.
const SCALER: &str = "system:serviceaccount:kube-system:keda-operator";

/// Lines of an identity, which `infra/main.bicep` makes, and an account that it trusts.
pub(super) fn trusted(functions: &[Function]) -> String {
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
    text
}

fn account(function: &str) -> String {
    format!("system:serviceaccount:{SHOP}:{function}")
}
