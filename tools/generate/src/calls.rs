//! Who may call whom, by the functions' manifests and the table of public routes.

use local::manifest::{Function, Operation};
use shared::http::routes::{ROUTES, Route};
use std::collections::BTreeSet;

/// A request that a function may send to another, through the sidecars of both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The function that sends it.
    pub caller: String,
    /// The function that serves it.
    pub callee: String,
    /// The method, in upper case.
    pub method: String,
    /// The path, its parameters in braces.
    pub path: String,
}

/// The requests that `functions` may send to one another.
#[must_use]
pub fn calls(functions: &[Function]) -> BTreeSet<Call> {
    let mut calls = BTreeSet::new();
    for Function { name, manifest, .. } in functions {
        for (callee, operations) in &manifest.calls {
            let routes = operations.iter().flat_map(|operation| routes(callee, operation));
            calls.extend(routes.map(|(method, path)| Call {
                caller: name.clone(),
                callee: callee.clone(),
                method,
                path,
            }));
        }
    }
    calls
}

/// The routes that an operation of `callee` consists of. Turns of actors are no routes.
fn routes(callee: &str, operation: &Operation) -> Vec<(String, String)> {
    match operation {
        Operation::Public => {
            public(callee).map(|route| (route.verb().into(), route.path.into())).collect()
        }
        Operation::Route { method, path } => vec![(method.clone(), path.clone())],
        Operation::Actors => Vec::new(),
    }
}

/// The routes of the public API whose requests are forwarded to `function`. The gateway makes streams itself,
/// of other requests.
fn public(function: &str) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(move |route| route.function == function && !route.streamed)
}

/// The functions that serve public routes for the gateway.
#[must_use]
pub fn serves_public_routes() -> BTreeSet<&'static str> {
    ROUTES.iter().filter(|route| !route.streamed).map(|route| route.function).collect()
}

/// The functions whose sidecars connect to that of `callee`: those that call it, and its own replicas where the
/// actors and workflows of one are reached through another.
#[must_use]
pub fn callers<'a>(callee: &Function, functions: &'a [Function]) -> Vec<&'a str> {
    let calls = |caller: &&Function| {
        caller.manifest.calls.contains_key(&callee.name)
            || (caller.name == callee.name && callee.manifest.hosts_actors())
    };
    functions.iter().filter(calls).map(|caller| caller.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::functions;

    fn of(from: &str, to: &str) -> Vec<String> {
        let calls = calls(&functions()).into_iter();
        let own = calls.filter(|call| (call.caller.as_str(), call.callee.as_str()) == (from, to));
        own.map(|call| format!("{} {}", call.method, call.path)).collect()
    }

    #[test]
    fn public_routes_are_those_that_are_forwarded() {
        let own = ["GET /api/inventory/{product_id}"];
        assert_eq!(of("gateway", "check-stock"), own);
        assert!(
            !of("gateway", "order-saga").contains(&"GET /api/orders/{order_id}/events".to_owned())
        );
        assert!(
            of("gateway", "order-saga").contains(&"POST /sagas/{order_id}/progress".to_owned())
        );
        assert_eq!(of("get-order", "order-saga"), ["GET /sagas/{order_id}"]);
    }

    #[test]
    fn turns_of_actors_are_no_requests_but_connections() {
        assert_eq!(of("order-saga", "stock"), [""; 0]);
        let functions = functions();
        let callers_of = |name: &str| {
            callers(functions.iter().find(|function| function.name == name).unwrap(), &functions)
        };
        assert_eq!(callers_of("ship-order"), ["order-saga"]);
        assert_eq!(callers_of("send-email"), ["send-email"]);
        assert_eq!(callers_of("gateway"), [""; 0]);
        assert!(
            ["order-saga", "set-stock", "stock"]
                .iter()
                .all(|name| callers_of("stock").contains(name))
        );
    }
}
