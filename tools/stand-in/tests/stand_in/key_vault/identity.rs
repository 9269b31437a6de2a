//! The identity endpoint: which callers get a token.

use crate::key_vault::program::HEADER;
use crate::key_vault::support::{Caller, TOKEN_PATH};

#[tokio::test]
async fn a_caller_with_the_header_gets_a_token_for_a_day() {
    let caller = Caller::start(&[]).await;
    let path = format!("{TOKEN_PATH}&client_id=me");
    let answer = caller.ask(&path, Some(HEADER)).await;
    assert_eq!((answer.status, answer.text("/token_type")), (200, "Bearer"));
    assert_eq!(answer.text("/resource"), "https://vault.azure.net");
    assert_eq!(answer.text("/client_id"), "me");
    assert_eq!(answer.text("/access_token").len(), 64);
    let expires: i64 = answer.text("/expires_on").parse().unwrap();
    caller.set("s", "now").await;
    let set = caller.get("/secrets/s").await.body["attributes"]["created"].as_i64().unwrap();
    assert!((86_000..=86_400).contains(&(expires - set)), "{expires} {set}");
}

#[tokio::test]
async fn a_caller_without_the_header_gets_no_token() {
    let caller = Caller::start(&[]).await;
    for header in [None, Some(""), Some("other"), Some("header-012345678")] {
        let answer = caller.ask(TOKEN_PATH, header).await;
        assert_eq!(answer.status_and("/error/code"), (401, "Unauthorized"), "{header:?}");
        assert!(answer.text("/error/message").contains("X-IDENTITY-HEADER"));
        assert!(!answer.body.to_string().contains(HEADER));
    }
}

#[tokio::test]
async fn a_request_for_no_resource_or_by_another_protocol_is_400() {
    let caller = Caller::start(&[]).await;
    for (path, message) in [
        ("/msi/token?api-version=2019-08-01", "resource"),
        ("/msi/token?resource=a", "api-version"),
        ("/msi/token?resource=a&api-version=2017-09-01", "api-version must be 2019-08-01"),
    ] {
        let answer = caller.ask(path, Some(HEADER)).await;
        assert_eq!(answer.status_and("/error/code"), (400, "BadParameter"), "{path}");
        assert!(answer.text("/error/message").contains(message), "{answer:?}");
    }
}
