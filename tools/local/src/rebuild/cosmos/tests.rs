//! Keys in Cosmos DB, for each of its responses.

use super::fake::{TOKEN, start};
use super::*;
use azure_core::credentials::TokenRequestOptions;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Issues a token, and counts how often.
#[derive(Debug)]
struct Login(&'static str, AtomicUsize);

#[async_trait::async_trait]
impl TokenCredential for Login {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, [SCOPE]);
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(AccessToken::new(self.0, OffsetDateTime::now_utc() + Duration::from_hours(1)))
    }
}

async fn account(token: &'static str, pages: &[&[&str]]) -> (Cosmos, Arc<Login>) {
    let login = Arc::new(Login(token, AtomicUsize::new(0)));
    let url = start(pages).await.parse().expect("it is a URL");
    (Cosmos::at(url, Arc::clone(&login) as Arc<dyn TokenCredential>), login)
}

async fn keys(account: &Cosmos, component: &str) -> Result<Vec<String>, CosmosError> {
    let (mut query, mut keys) = (account.keys(component), Vec::new());
    while let Some(some) = query.next().await? {
        keys.extend(some);
    }
    Ok(keys)
}

#[tokio::test]
async fn keys_are_read_page_by_page_until_none_follows_with_one_token() {
    let pages: [&[&str]; 3] = [&["orders||a", "orders||b"], &[], &["orders||c"]];
    let (account, login) = account(TOKEN, &pages).await;
    let found = keys(&account, "orders").await.expect("it lists");
    assert_eq!(found, ["orders||a", "orders||b", "orders||c"]);
    assert_eq!(login.1.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_login_without_the_right_is_told_who_has_it() {
    let (account, _) = account("bad-token", &[&[]]).await;
    let error = keys(&account, "orders").await.expect_err("it is rejected").to_string();
    assert!(error.contains("`az login` as a member of the operators' group"), "{error}");
}

#[tokio::test]
async fn an_error_is_shown_as_it_is_answered() {
    let (account, _) = account(TOKEN, &[&[]]).await;
    let error = keys(&account, "gone").await.expect_err("there is none").to_string();
    assert!(error.contains("404 Not Found: Owner resource does not exist"), "{error}");
}

#[test]
fn a_token_is_sent_only_to_an_account_of_azure() {
    for name in ["", "ab", "Saga", "shop.example.com", "shop/x", "me@evil", &"a".repeat(45)] {
        assert!(matches!(Cosmos::new(name), Err(CosmosError::InvalidAccount(_))), "{name}");
    }
    let named = Cosmos::new("saga-shop-abc123.documents.azure.com").expect("it is a name");
    assert_eq!(named.url.as_str(), "https://saga-shop-abc123.documents.azure.com/");
}
