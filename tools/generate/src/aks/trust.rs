//! The trust of each identity: the service accounts that may use it.

use super::{GENERATED, SHOP};
use local::manifest::{Function, Kind};
use std::fmt::Write as _;

/// The service account of KEDA as AKS installs it.
const SCALER: &str = "system:serviceaccount:kube-system:keda-operator";

/// Lines of an identity, which `infra/main.bicep` creates, and a service account that it trusts.
pub(super) fn trusted(functions: &[Function]) -> String {
    let mut text =
        format!("# Identities of Azure, and the service accounts that may use them.\n{GENERATED}");
    let mut trust = |identity: &str, account: &str| {
        writeln!(text, "{SHOP}-{identity}\t{account}").expect("writing to a string cannot fail");
    };
    for Function { name, manifest, .. } in functions {
        trust(name, &account(name));
        // The scaler reads the number of messages.
        if manifest.kind == Kind::Event {
            trust(name, SCALER);
        }
    }
    text
}

fn account(function: &str) -> String {
    format!("system:serviceaccount:{SHOP}:{function}")
}
