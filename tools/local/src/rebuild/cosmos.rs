//! The keys of documents in Azure Cosmos DB, by
//! [its REST API](https://learn.microsoft.com/rest/api/cosmos-db/query-documents) and the operator's own login.

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::time::{OffsetDateTime, to_rfc7231};
use azure_identity::DeveloperToolsCredential;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Response, StatusCode, Url, redirect};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The scope of the token
/// ([Microsoft Entra](https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-connect-role-based-access-control)).
const SCOPE: &str = "https://cosmos.azure.com/.default";

/// The database of the shop, as infra/state.bicep names it.
const DATABASE: &str = "saga-shop";

/// The version of the API.
const VERSION: &str = "2018-12-31";

/// Keys of one answer, at most.
const PAGE: &str = "100";

/// The longest that a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// The most characters of a response in an error.
const MAX_QUOTE: usize = 300;

/// Why documents in Cosmos DB cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum CosmosError {
    /// It is not a valid name of an account.
    #[error("{0} is not the name of a Cosmos DB account, such as saga-shop-abc123")]
    InvalidAccount(String),
    /// There is no login to Azure.
    #[error("there is no login for Cosmos DB: run `az login`")]
    NoLogin(#[source] azure_core::Error),
    /// It cannot be reached.
    #[error("Cosmos DB does not respond")]
    Unreachable(#[source] reqwest::Error),
    /// The login lacks the permission.
    #[error(
        "Cosmos DB rejects the login: run `az login` as a member of the operators' group, OPERATORS_GROUP_ID of the deployment ({0})"
    )]
    Rejected(String),
    /// It responds with an error, or not as documented.
    #[error("listing documents failed: Cosmos DB responds {0}; run the command again in a minute")]
    Failed(String),
}

/// An account, and the login to Azure.
pub struct Cosmos {
    http: reqwest::Client,
    url: Url,
    credential: Arc<dyn TokenCredential>,
    /// Requested once: the Azure CLI is slow, and a token is valid for longer than a command runs.
    token: OnceCell<AccessToken>,
}

impl Cosmos {
    /// The account with this name, such as `saga-shop-abc123`, with the login of the Azure CLI.
    ///
    /// # Errors
    /// When it is not a valid name, so that a token is never sent elsewhere.
    pub fn new(account: &str) -> Result<Self, CosmosError> {
        let name = account.strip_suffix(".documents.azure.com").unwrap_or(account);
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let invalid = || CosmosError::InvalidAccount(account.to_owned());
        if !(3..=44).contains(&name.len()) || !name.chars().all(fits) {
            return Err(invalid());
        }
        let url = Url::parse(&format!("https://{name}.documents.azure.com/"));
        let url = url.map_err(|_| invalid())?;
        Ok(Self::at(url, DeveloperToolsCredential::new(None).map_err(CosmosError::NoLogin)?))
    }

    fn at(url: Url, credential: Arc<dyn TokenCredential>) -> Self {
        // A provider that was installed earlier is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The token is sent only to the account.
        let http =
            reqwest::Client::builder().timeout(REQUEST_TIMEOUT).redirect(redirect::Policy::none());
        let http = http.build().expect("the TLS provider is installed");
        Self { http, url, credential, token: OnceCell::new() }
    }

    /// The keys in the container of a component.
    pub(super) fn keys(&self, component: &str) -> Query<'_> {
        let mut url = self.url.clone();
        let path = ["dbs", DATABASE, "colls", component, "docs"];
        url.path_segments_mut().expect("https has paths").clear().extend(path);
        Query { account: self, url, next: Next::First }
    }

    /// The authorization of a request
    /// ([format](https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources)).
    async fn authorization(&self) -> Result<String, CosmosError> {
        let token = self.token.get_or_try_init(|| self.credential.get_token(&[SCOPE], None));
        let token = token.await.map_err(CosmosError::NoLogin)?.token.secret();
        // URL-encoded; the characters of a token stay as they are.
        Ok(format!("type%3Daad%26ver%3D1.0%26sig%3D{token}"))
    }
}

/// The keys in a container, page by page.
pub(super) struct Query<'a> {
    account: &'a Cosmos,
    url: Url,
    next: Next,
}

/// The next page: the first, the one behind a place, or none.
enum Next {
    First,
    Behind(String),
    End,
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "Documents")]
    documents: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    id: String,
}

impl Query<'_> {
    /// Some keys, perhaps none; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<String>>, CosmosError> {
        let behind = match &self.next {
            Next::First => None,
            Next::Behind(place) => Some(place.as_str()),
            Next::End => return Ok(None),
        };
        let answer = self.ask(behind).await?;
        let next = answer.headers().get("x-ms-continuation").and_then(|it| it.to_str().ok());
        self.next = next.map_or(Next::End, |place| Next::Behind(place.to_owned()));
        let page: Page =
            answer.json().await.map_err(|error| CosmosError::Failed(error.to_string()))?;
        Ok(Some(page.documents.into_iter().map(|key| key.id).collect()))
    }

    async fn ask(&self, behind: Option<&str>) -> Result<Response, CosmosError> {
        let query = json!({"query": "SELECT c.id FROM c", "parameters": []});
        let request = self.account.http.post(self.url.clone());
        let mut request = request
            .header(AUTHORIZATION, self.account.authorization().await?)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/query+json")
            .header("x-ms-date", to_rfc7231(&OffsetDateTime::now_utc()))
            .header("x-ms-version", VERSION)
            .header("x-ms-documentdb-isquery", "True")
            .header("x-ms-documentdb-query-enablecrosspartition", "True")
            .header("x-ms-max-item-count", PAGE)
            .body(query.to_string());
        if let Some(place) = behind {
            request = request.header("x-ms-continuation", place);
        }
        let answer = request.send().await.map_err(CosmosError::Unreachable)?;
        if answer.status().is_success() { Ok(answer) } else { Err(failure(answer).await) }
    }
}

async fn failure(answer: Response) -> CosmosError {
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    let words: Vec<_> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(MAX_QUOTE).collect();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => CosmosError::Rejected(text),
        _ => CosmosError::Failed(format!("{status}: {text}")),
    }
}
