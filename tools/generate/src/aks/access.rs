//! Who may call a function: by the identities of sidecars, which mutual TLS proves, and in the network.

use super::{SHOP, edge, metadata, pods};
use crate::calls::{Call, callers};
use local::manifest::{Function, Kind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The trust domain of functions: Dapr's default. Sidecars of an earlier version, whose configuration named none,
/// have it too, so that a deployment denies no call.
const TRUST_DOMAIN: &str = "public";

/// The port on which sidecars call each other, under mutual TLS.
const SIDECAR_PORT: u16 = 50_002;

/// `accessControl` of the sidecar of `callee`, which those `calls` pass that are to it. It does not apply to turns
/// of actors.
pub(super) fn control(callee: &Function, calls: &BTreeSet<Call>) -> Value {
    let mut policies = BTreeMap::<&str, Vec<&Call>>::new();
    for call in calls.iter().filter(|call| call.callee == callee.name) {
        policies.entry(&call.caller).or_default().push(call);
    }
    let policy = |(caller, calls): (&str, Vec<&Call>)| {
        json!({
            "appId": caller,
            "trustDomain": TRUST_DOMAIN,
            "namespace": SHOP,
            "defaultAction": "deny",
            "operations": operations(calls)
        })
    };
    let policies: Vec<_> = policies.into_iter().map(policy).collect();
    json!({"trustDomain": TRUST_DOMAIN, "defaultAction": "deny", "policies": policies})
}

/// The methods that are allowed on the paths that match a pattern.
struct Allowed<'a> {
    pattern: String,
    methods: BTreeSet<&'a str>,
}

impl Allowed<'_> {
    /// Whether Dapr finds it in place of `pattern`: it takes the first operation on the way from the root, and one that
    /// ends in a literal also matches what is below it
    /// ([source](https://github.com/dapr/dapr/blob/v1.18.2/pkg/config/acl_trie.go#L58)).
    fn hides(&self, pattern: &str) -> bool {
        let below = |rest: &str| rest.starts_with('/') && !self.pattern.ends_with('*');
        let rest = pattern.strip_prefix(&self.pattern);
        rest.is_some_and(|rest| rest.is_empty() || below(rest))
    }
}

/// The operations that `calls` of one caller consist of. Shorter paths come first, and of them literals, as Dapr takes
/// the first that matches; one that would be hidden adds its method to the one that hides it.
fn operations(mut calls: Vec<&Call>) -> Vec<Value> {
    calls.sort_by_key(|call| (call.path.matches('/').count(), &call.path));
    let mut allowed = Vec::<Allowed<'_>>::new();
    for Call { method, path, .. } in calls {
        let pattern = pattern(path);
        if let Some(hiding) = allowed.iter_mut().find(|allowed| allowed.hides(&pattern)) {
            hiding.methods.insert(method);
        } else {
            allowed.push(Allowed { pattern, methods: BTreeSet::from([method.as_str()]) });
        }
    }
    let operation =
        |it: Allowed<'_>| json!({"name": it.pattern, "httpVerb": it.methods, "action": "allow"});
    allowed.into_iter().map(operation).collect()
}

/// `path` with Dapr's wildcards for its parameters: only two asterisks match a segment that is not the last.
fn pattern(path: &str) -> String {
    let last = path.matches('/').count();
    let segment = |(at, segment): (usize, &str)| match segment.strip_prefix('{') {
        Some(_) if at == last => "*".to_owned(),
        Some(_) => "**".to_owned(),
        None => segment.to_owned(),
    };
    path.split('/').enumerate().map(segment).collect::<Vec<_>>().join("/")
}

/// Closes the workflows that a function hosts to all others, which ask it by its routes: a policy without rules.
/// A function may always operate its own workflows
/// ([Dapr](https://github.com/dapr/dapr/blob/v1.18.2/docs/release_notes/v1.18.0.md#workflowaccesspolicy)).
pub(super) fn workflows(host: &Function) -> Option<Value> {
    (host.manifest.kind == Kind::Workflow).then(|| {
        json!({
            "apiVersion": "dapr.io/v1alpha1",
            "kind": "WorkflowAccessPolicy",
            "metadata": metadata(&host.name),
            "scopes": [host.name],
            "spec": {"rules": []}
        })
    })
}

/// Opens the sidecar of `callee` to those that call it, if any does.
pub(super) fn network(callee: &Function, functions: &[Function]) -> Option<Value> {
    let callers = callers(callee, functions);
    let by_name = json!({"key": "app.kubernetes.io/name", "operator": "In", "values": callers});
    let from = edge::from(&json!({"podSelector": {"matchExpressions": [by_name]}}), SIDECAR_PORT);
    let (name, pods) = (format!("{}-callers", callee.name), json!({"matchLabels": pods(callee)}));
    (!callers.is_empty()).then(|| edge::policy(SHOP, &name, &pods, &from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(routes: &[(&str, &str)]) -> Vec<String> {
        let call = |(method, path): &(&str, &str)| Call {
            caller: "a".to_owned(),
            callee: "b".to_owned(),
            method: (*method).to_owned(),
            path: (*path).to_owned(),
        };
        let calls: Vec<_> = routes.iter().map(call).collect();
        let operations = operations(calls.iter().collect());
        operations.iter().map(|it| format!("{} {}", it["httpVerb"], it["name"])).collect()
    }

    #[test]
    fn parameters_are_wildcards_of_one_segment() {
        assert_eq!(pattern("/sagas/{order_id}"), "/sagas/*");
        assert_eq!(pattern("/orders/{a}/payment/refunds/{b}"), "/orders/**/payment/refunds/*");
        assert_eq!(pattern("/payments/sweep"), "/payments/sweep");
    }

    #[test]
    fn a_wildcard_comes_before_the_paths_below_it() {
        let sagas =
            [("POST", "/sagas/{id}/progress"), ("PUT", "/sagas/{id}"), ("GET", "/sagas/{id}")];
        let expected = [r#"["GET","PUT"] "/sagas/*""#, r#"["POST"] "/sagas/**/progress""#];
        assert_eq!(allowed(&sagas), expected);
    }

    #[test]
    fn a_literal_takes_the_methods_of_the_paths_that_it_hides() {
        let payments = [("POST", "/a/{x}/b/c"), ("DELETE", "/a/{x}/b"), ("PUT", "/a/{x}/bc")];
        let expected = [r#"["DELETE","POST"] "/a/**/b""#, r#"["PUT"] "/a/**/bc""#];
        assert_eq!(allowed(&payments), expected);
    }
}
