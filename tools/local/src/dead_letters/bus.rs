//! Dead letters on Azure Service Bus, by
//! [its REST API](https://learn.microsoft.com/rest/api/servicebus/service-bus-runtime-rest) and the
//! operator's own login.
//!
//! That API cannot read a message without locking it: a listed letter is locked for others for five minutes,
//! or until it is released. Each lock counts as a delivery, of which a letter has 2,000 (`maxDeliveryCount`
//! in infra/messaging.bicep).

mod error;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use error::BusError;

use super::{DeadLetter, Listing, MAX_LETTERS, Place, Subscription, read};
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_identity::DeveloperToolsCredential;
use futures::future::try_join_all;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// The scope of the token
/// ([Microsoft Entra](https://learn.microsoft.com/azure/service-bus-messaging/service-bus-managed-service-identity)).
const SCOPE: &str = "https://servicebus.azure.net/.default";

/// The subscription of each topic of dead letters.
const SUBSCRIPTION: &str = "dead-letters";

/// The longest that letters of a subscription are fetched: well within their five minutes.
const FETCH_FOR: Duration = Duration::from_mins(1);

/// The longest that a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// The most characters of a response in an error.
const MAX_QUOTE: usize = 300;

/// A queue with letters of a function.
#[derive(Debug, Clone, PartialEq)]
struct Queue {
    /// The part of message ids that identifies it.
    name: String,
    path: Vec<String>,
}

/// The lock on a letter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lock {
    queue: Queue,
    number: u64,
    token: String,
}

/// The [properties](https://learn.microsoft.com/rest/api/servicebus/message-headers-and-properties) that are
/// needed to settle a message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BrokerProperties {
    lock_token: String,
    sequence_number: u64,
}

/// A Service Bus namespace, and the login to Azure.
pub struct Bus {
    http: reqwest::Client,
    url: Url,
    credential: Arc<dyn TokenCredential>,
    /// Requested once: the Azure CLI is slow, and a token is valid for longer than a command runs.
    token: OnceCell<AccessToken>,
    /// Whether the letters are those that Service Bus itself dead-lettered.
    abandoned: bool,
    most: usize,
}

impl Bus {
    /// The namespace with this name, such as `saga-shop-abc123`, with the login of the Azure CLI.
    ///
    /// # Errors
    /// When it is not a valid name, so that a token is never sent elsewhere.
    pub fn new(namespace: &str) -> Result<Self, BusError> {
        let name = namespace.strip_suffix(".servicebus.windows.net").unwrap_or(namespace);
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !(6..=50).contains(&name.len()) || !name.chars().all(fits) {
            return Err(BusError::InvalidNamespace(namespace.to_owned()));
        }
        let url = Url::parse(&format!("https://{name}.servicebus.windows.net/"));
        let url = url.map_err(|_| BusError::InvalidNamespace(namespace.to_owned()))?;
        let credential = DeveloperToolsCredential::new(None).map_err(BusError::NoLogin)?;
        Ok(Self::at(url, credential))
    }

    /// The same namespace for the messages that Service Bus itself dead-lettered, because a function crashed
    /// on them: they are in the
    /// [dead-letter queue](https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues)
    /// of the subscription that the function receives from.
    #[must_use]
    pub fn abandoned(self) -> Self {
        Self { abandoned: true, ..self }
    }

    fn at(url: Url, credential: Arc<dyn TokenCredential>) -> Self {
        // A provider that was installed earlier is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The token is sent only to the namespace.
        let http =
            reqwest::Client::builder().timeout(REQUEST_TIMEOUT).redirect(redirect::Policy::none());
        let http = http.build().expect("the TLS provider is installed");
        Self { http, url, credential, token: OnceCell::new(), abandoned: false, most: MAX_LETTERS }
    }

    /// The letters of all subscriptions, each of them locked.
    pub(super) async fn list(&self, of: &[Subscription]) -> Result<Listing, BusError> {
        let mut listing = Listing::default();
        for (subscription, found) in
            of.iter().zip(try_join_all(of.iter().map(|of| self.fetch(of))).await?)
        {
            let Some((letters, more)) = found else {
                listing.unknown.push(subscription.function.clone());
                continue;
            };
            listing.letters.extend(letters);
            listing.more.extend(more.then(|| subscription.function.clone()));
        }
        if listing.unknown.len() == of.len() {
            return Err(BusError::NoLetters(self.url.to_string()));
        }
        Ok(listing)
    }

    /// The letters of a subscription and whether there may be more; None when the subscription does not exist,
    /// as before the first deployment of a function.
    async fn fetch(
        &self,
        subscription: &Subscription,
    ) -> Result<Option<(Vec<DeadLetter>, bool)>, BusError> {
        let (since, mut letters) = (Instant::now(), Vec::new());
        while letters.len() < self.most && since.elapsed() < FETCH_FOR {
            match self.take(subscription).await? {
                Taken::Letter(letter) => letters.push(letter),
                Taken::None => return Ok(Some((letters, false))),
                Taken::Unknown => return Ok(None),
            }
        }
        Ok(Some((letters, true)))
    }

    /// [Locks](https://learn.microsoft.com/rest/api/servicebus/peek-lock-message-non-destructive-read)
    /// the next letter.
    async fn take(&self, subscription: &Subscription) -> Result<Taken, BusError> {
        const ATTEMPT: &str = "listing dead letters";
        let queue = self.queue(subscription);
        let mut url = self.url(queue.path.iter().map(String::as_str).chain(["messages", "head"]));
        url.query_pairs_mut().append_pair("timeout", "1");
        let answer = self.send(self.http.request(Method::POST, url)).await?;
        match answer.status() {
            StatusCode::CREATED => {}
            StatusCode::NO_CONTENT => return Ok(Taken::None),
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Taken::Unknown),
            _ => return Err(failure(ATTEMPT, answer).await),
        }
        let properties = answer.headers().get("BrokerProperties").map(HeaderValue::as_bytes);
        let properties = properties.and_then(|value| serde_json::from_slice(value).ok());
        let Some(BrokerProperties { lock_token, sequence_number }) = properties else {
            let answer = "without a lock".to_owned();
            return Err(BusError::Failed { attempt: ATTEMPT, answer });
        };
        let message = answer.bytes().await.map_err(BusError::Unreachable)?;
        Ok(Taken::Letter(DeadLetter {
            id: format!("{}/{sequence_number}", subscription.function),
            topic: subscription.topic.clone(),
            event: read(&message),
            place: Place::Locked(Lock { queue, number: sequence_number, token: lock_token }),
        }))
    }

    /// Resends a letter's message, if the letter is still locked, and deletes the letter.
    pub(super) async fn resend(&self, letter: &DeadLetter, lock: &Lock) -> Result<(), BusError> {
        // Renews the lock for five minutes.
        self.settle(Method::POST, lock, "resending the letter").await?;
        self.publish(letter, lock).await?;
        self.settle(Method::DELETE, lock, "deleting the letter after it was resent").await
    }

    /// [Sends](https://learn.microsoft.com/rest/api/servicebus/send-message-to-queue) the message.
    async fn publish(&self, letter: &DeadLetter, lock: &Lock) -> Result<(), BusError> {
        // A topic drops messages with the id of a recent one: the letter's own id could be that of its
        // original message. This id is dropped only when the letter is resent twice.
        let id = format!("resent-{}-{}", lock.queue.name, lock.number);
        let request =
            self.http.request(Method::POST, self.url([letter.topic.as_str(), "messages"]));
        let request = request
            .header("BrokerProperties", json!({"MessageId": id}).to_string())
            .header(CONTENT_TYPE, "application/cloudevents+json")
            .body(letter.message());
        let answer = self.send(request).await?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(failure("resending the letter", answer).await)
    }

    /// [Deletes](https://learn.microsoft.com/rest/api/servicebus/delete-message) a letter.
    pub(super) async fn complete(&self, lock: &Lock) -> Result<(), BusError> {
        self.settle(Method::DELETE, lock, "dropping the letter").await
    }

    /// [Unlocks](https://learn.microsoft.com/rest/api/servicebus/unlock-message) a letter. If that fails, its
    /// lock expires after five minutes.
    pub(super) async fn unlock(&self, lock: &Lock) {
        let _ = self.settle(Method::PUT, lock, "unlocking the letter").await;
    }

    async fn settle(
        &self,
        method: Method,
        lock: &Lock,
        attempt: &'static str,
    ) -> Result<(), BusError> {
        let number = lock.number.to_string();
        let queue = lock.queue.path.iter().map(String::as_str);
        let url = self.url(queue.chain(["messages", number.as_str(), lock.token.as_str()]));
        let answer = self.send(self.http.request(method, url)).await?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(BusError::Lost { attempt }),
            _ => Err(failure(attempt, answer).await),
        }
    }

    fn queue(&self, of: &Subscription) -> Queue {
        let Subscription { topic, function } = of;
        let (name, path) = if self.abandoned {
            let path = format!("{topic}/subscriptions/{function}/$DeadLetterQueue");
            (format!("{topic}-{function}-abandoned"), path)
        } else {
            (of.dead(), format!("{}/subscriptions/{SUBSCRIPTION}", of.dead()))
        };
        Queue { name, path: path.split('/').map(str::to_owned).collect() }
    }

    fn url<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.url.clone();
        url.path_segments_mut().expect("http has paths").clear().extend(path);
        url
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, BusError> {
        let token = self.token.get_or_try_init(|| self.credential.get_token(&[SCOPE], None));
        let token = token.await.map_err(BusError::NoLogin)?.token.secret();
        let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        request.send().await.map_err(BusError::Unreachable)
    }
}

/// The next letter, if there is one.
enum Taken {
    Letter(DeadLetter),
    None,
    Unknown,
}

async fn failure(attempt: &'static str, answer: Response) -> BusError {
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    let text: String =
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_QUOTE).collect();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => BusError::Rejected(text),
        _ => BusError::Failed { attempt, answer: format!("{status}: {text}") },
    }
}
