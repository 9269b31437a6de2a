//! The required alerts, with a test for each, in the committed snapshots; the tests `infra` check that these
//! are current.

use generate::workspace::read;
use serde_json::Value;
use tests::checks::infra::snapshot::{Snapshot, last, text};
use tests::checks::infra::target::Target;

const LOG: &str = "Microsoft.Insights/scheduledQueryRules";
const METRIC: &str = "Microsoft.Insights/metricAlerts";

/// Asserts that each of `targets` has an alert of this name whose condition contains all `words`.
fn assert_alert(name: &str, targets: &[Target], words: &[&str]) {
    for target in targets {
        let snapshot = committed(*target);
        let name = format!("saga-shop-{name}");
        let alert = [LOG, METRIC].iter().find_map(|kind| snapshot.named(kind, &name));
        let alert = alert.unwrap_or_else(|| panic!("{} has no alert {name}", target.path()));
        assert_eq!(alert["properties"]["enabled"], true, "{name}");
        let criteria = alert["properties"]["criteria"].to_string();
        for word in words {
            assert!(criteria.contains(word), "{name} does not contain {word}: {criteria}");
        }
    }
}

fn committed(target: Target) -> Snapshot {
    let value = serde_json::from_str(&read(&target.path())).expect("snapshots are JSON");
    Snapshot::new(target, value)
}

/// The deployments with mail.
const MAILING: [Target; 2] = [Target::Prod, Target::Aks];

#[test]
fn errors_of_the_gateway_raise_an_alert() {
    assert_alert("gateway-errors", &Target::ALL, &["AppRequests", "gateway", "ResultCode"]);
}

#[test]
fn a_slow_gateway_raises_an_alert() {
    assert_alert("gateway-latency", &Target::ALL, &["AppRequests", "gateway", "DurationMs"]);
}

#[test]
fn orders_that_do_not_end_raise_an_alert() {
    assert_alert("unfinished-orders", &Target::ALL, &["AppRequests", "activity||"]);
}

#[test]
fn orders_that_are_stuck_raise_an_alert() {
    assert_alert("stuck-orders", &Target::ALL, &["notify-order", " is stuck"]);
}

#[test]
fn refunds_that_fail_raise_an_alert() {
    assert_alert(
        "failed-refunds",
        &Target::ALL,
        &["refund-payment", " failed: the customer did not get the money"],
    );
}

#[test]
fn overdue_payments_raise_an_alert() {
    assert_alert("overdue-payments", &Target::ALL, &["process-payment", "is overdue"]);
}

#[test]
fn delayed_mail_raises_an_alert() {
    assert_alert("mail-lag", &MAILING, &["ActiveMessages", "notifications", "Minimum"]);
}

#[test]
fn throttled_document_requests_raise_an_alert() {
    assert_alert("documents-throttled", &Target::ALL, &["TotalRequests", "StatusCode", "429"]);
}

#[test]
fn the_length_of_a_queue_raises_an_alert() {
    let topics = ["ActiveMessages", "notifications", "orders", "payments"];
    assert_alert("queue-length", &Target::ALL, &topics);
}

#[test]
fn messages_that_the_broker_abandons_raise_an_alert() {
    assert_alert("abandoned", &Target::ALL, &["DeadletteredMessages"]);
}

#[test]
fn dead_letters_raise_an_alert() {
    let dead = ["ActiveMessages", "notifications-send-email-dead", "orders-notify-order-dead"];
    assert_alert("dead-letters-kept", &Target::ALL, &dead);
}

#[test]
fn restarts_raise_an_alert_for_every_app() {
    assert_alert("restarts", &[Target::Aks], &["KubeEvents"]);
    for target in [Target::Dev, Target::Prod] {
        let snapshot = committed(target);
        let monitored: Vec<_> = snapshot
            .of(METRIC)
            .filter(|alert| alert["properties"]["criteria"].to_string().contains("RestartCount"))
            .map(|alert| last(text(alert, "/properties/scopes/0")).to_owned())
            .collect();
        let apps: Vec<_> = snapshot
            .of("Microsoft.App/containerApps")
            .map(|app| last(text(app, "/name")))
            .collect();
        assert!(!apps.is_empty());
        for app in apps {
            assert!(monitored.iter().any(|it| it == app), "{}: {app}", target.path());
        }
    }
}

#[test]
fn a_public_gateway_that_does_not_respond_raises_an_alert() {
    // In prod's snapshot the availability test cannot reach the gateway.
    let snapshot = committed(Target::Aks);
    let test = snapshot.one("Microsoft.Insights/webtests");
    assert!(test.to_string().contains("https://shop.example.com/readyz"), "{test}");
    assert_alert("unavailable", &[Target::Aks], &["webTestId"]);
}

#[test]
fn costs_above_the_monthly_budget_notify_people() {
    for target in MAILING {
        let snapshot = committed(target);
        let budget = snapshot.one("Microsoft.Consumption/budgets");
        assert_eq!(budget["properties"]["amount"], 1500, "{}", target.path());
        let notifications = budget["properties"]["notifications"].as_object();
        let groups = |it: &Value| it["contactGroups"].as_array().is_some_and(|it| !it.is_empty());
        assert!(notifications.is_some_and(|all| !all.is_empty() && all.values().all(groups)));
    }
}
