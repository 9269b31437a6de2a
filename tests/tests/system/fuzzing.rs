//! Valid and invalid requests that are generated from the public API's document.

use super::harness::trials;
use generate::workspace::root;
use tests::checks::program::{UNAVAILABLE, not_checked};
use tests::system::shop::Shop;
use tokio::process::Command;

trials![generated_requests_are_answered_as_documented];

async fn generated_requests_are_answered_as_documented(shop: &Shop) {
    let token = format!("Authorization: Bearer {}", shop.token);
    let options = ["--seed", "20", "--max-time", "60", "--no-color", "--header", &token];
    let mut fuzz = Command::new(root().join("tests/openapi/fuzz"));
    let output = fuzz.arg(shop.cluster.gateway_url()).args(options).output().await;
    let output = output.expect("it runs");
    if output.status.code() == Some(UNAVAILABLE) {
        not_checked(
            "the API against requests generated from its document: schemathesis is not available",
        );
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
