//! Who calls whom: the manifests list what the code calls, and nothing else.

use generate::calls::{callers, serves_public_routes};
use generate::workspace::{functions, read};
use local::manifest::{Function, Kind, Operation};
use std::collections::BTreeSet;
use tests::checks::calls::{differences, runs_workflows};
use tests::checks::tidy::sources;

/// The code that calls other functions, and the files that may contain it.
const CALLING: [(&str, &[&str]); 3] = [
    ("v1.0/invoke", &["shared/src/sidecar/invocation.rs"]),
    (".invoke_actor(", &["shared/src/sidecar/stocks.rs"]),
    (".forward(", &["shared/src/http/forward.rs", "shared/src/sidecar/invocation.rs"]),
];

/// The code of a function's program, without its tests.
fn main_of(function: &Function) -> String {
    let text = read(&format!("functions/{}/src/main.rs", function.name));
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

#[test]
fn manifests_list_what_the_code_calls() {
    let of = |function: Function| {
        let found = differences(&main_of(&function), &function.manifest.calls).into_iter();
        found.map(move |difference| format!("{} {difference}", function.name)).collect::<Vec<_>>()
    };
    let found: Vec<_> = functions().into_iter().flat_map(of).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_call_that_is_missing_or_superfluous_is_found_in_every_manifest() {
    let route = Operation::try_from("GET /nowhere".to_owned()).unwrap();
    for function in functions() {
        let (main, calls) = (main_of(&function), &function.manifest.calls);
        for callee in calls.keys() {
            for at in 0..calls[callee].len() {
                let mut fewer = calls.clone();
                fewer.get_mut(callee).unwrap().remove(at);
                assert!(!differences(&main, &fewer).is_empty(), "{} {callee}", function.name);
            }
        }
        for operation in [Operation::Public, Operation::Actors, route.clone()] {
            let mut more = calls.clone();
            more.entry("get-order".to_owned()).or_default().push(operation.clone());
            let expected = operation == Operation::Public && function.name == "gateway";
            assert_eq!(differences(&main, &more).is_empty(), expected, "{}", function.name);
        }
    }
}

#[test]
fn a_call_that_is_added_to_the_code_is_found() {
    for (name, code, lacks) in [
        ("ship-order", "fn f(s: &Setup) { s.sidecar().stocks() }", "the actors of stock"),
        ("stock", "fn f(s: &Sidecar) { s.payments() }", "POST /payments/sweep of process-payment"),
        ("get-order", "fn f(p: impl Progress) {}", "POST /sagas/{}/progress of order-saga"),
        (
            "send-email",
            "fn f(s: &Setup) { s.sidecar().invocation() }",
            "the public routes of stock",
        ),
        (
            "index-orders",
            "fn f(s: &Setup) -> impl Lookup { orders(s) }",
            "GET /sagas/{} of order-saga",
        ),
    ] {
        let function = functions().into_iter().find(|function| function.name == name).unwrap();
        let found = differences(&(main_of(&function) + code), &function.manifest.calls);
        assert!(found.contains(&format!("lacks {lacks}")), "{name}: {found:?}");
    }
}

#[test]
fn calls_name_functions_that_serve_them() {
    let functions = functions();
    for Function { name, manifest, .. } in &functions {
        for (callee, operations) in &manifest.calls {
            let found = functions.iter().find(|function| function.name == *callee);
            let found =
                found.unwrap_or_else(|| panic!("{name} calls {callee}, which is no function"));
            assert_ne!(callee, name, "{name} calls itself");
            let public = !operations.contains(&Operation::Public)
                || serves_public_routes().contains(callee.as_str());
            let actors =
                !operations.contains(&Operation::Actors) || found.manifest.kind == Kind::Actor;
            assert!(public && actors, "{name} calls what {callee} does not serve");
        }
    }
}

#[test]
fn nothing_calls_functions_that_only_handle_events() {
    let functions = functions();
    for function in functions.iter().filter(|function| function.manifest.kind == Kind::Event) {
        let others =
            callers(function, &functions).into_iter().filter(|name| *name != function.name);
        assert_eq!(others.collect::<Vec<_>>(), [""; 0], "{}", function.name);
    }
}

#[test]
fn only_hosts_of_workflows_start_and_run_them() {
    for function in functions() {
        let hosts = function.manifest.kind == Kind::Workflow;
        assert_eq!(runs_workflows(&main_of(&function)), hosts, "{}", function.name);
    }
}

#[test]
fn only_the_clients_of_the_sidecar_call_functions() {
    for (code, known) in CALLING {
        let product = ["functions", "shared/src"].into_iter().flat_map(sources);
        let calling = product.filter(|file| !file.is_test(1) && file.text.contains(code));
        let calling: BTreeSet<_> = calling.map(|file| file.path.as_str()).collect();
        assert_eq!(calling, known.iter().copied().collect(), "{code}");
    }
}
