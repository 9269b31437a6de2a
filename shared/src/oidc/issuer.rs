//! An issuer and the cache of its keys.

use super::keys::{Key, KeySet};
use crate::ports::{Chain, Failure, OrFail};
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long keys are used before they are fetched again.
const FRESH: Duration = Duration::from_mins(10);

/// How long keys are used while the issuer is unavailable.
const STALE: Duration = Duration::from_hours(24);

/// The minimum time between two fetches, successful or not.
const COOL_DOWN: Duration = Duration::from_mins(1);

/// The same while no key is known.
const FIRST_COOL_DOWN: Duration = Duration::from_secs(2);

/// The timeout of a response.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The most bytes of a response.
const MAX_BYTES: usize = 256 * 1024;

/// An issuer of tokens.
#[derive(Debug)]
pub(super) struct Issuer {
    name: String,
    http: Client,
    known: Mutex<Known>,
    /// Held by the caller that is fetching.
    asking: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Debug, Default)]
struct Known {
    keys: HashMap<String, Key>,
    since: Option<Instant>,
}

/// The fields that are read from an issuer's discovery document.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// The cached key for an id.
enum Cached {
    Fresh(Key),
    Stale(Key),
    Nothing,
}

impl Issuer {
    /// The issuer at this address, which is also its name.
    pub(super) fn new(address: &Url) -> Self {
        let http = Client::builder().redirect(redirect::Policy::none()).timeout(TIMEOUT);
        // `Url` adds a slash to an address without a path.
        let name = match address.path() {
            "/" => address.as_str().trim_end_matches('/').to_owned(),
            _ => address.to_string(),
        };
        let http = http.build().expect("a TLS provider is installed");
        Self { name, http, known: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The issuer's key with the id `kid`, if there is one.
    ///
    /// # Errors
    /// When no keys are known and the issuer does not respond.
    pub(super) async fn key(self: &Arc<Self>, kid: &str) -> Result<Option<Key>, Failure> {
        match self.cached(kid) {
            Cached::Fresh(key) => Ok(Some(key)),
            Cached::Stale(key) => {
                let issuer = self.clone();
                tokio::spawn(async move { issuer.ask().await });
                Ok(Some(key))
            }
            Cached::Nothing => {
                self.ask().await;
                match self.cached(kid) {
                    Cached::Fresh(key) | Cached::Stale(key) => Ok(Some(key)),
                    Cached::Nothing if self.knows_keys() => Ok(None),
                    Cached::Nothing => Err(Failure::new(
                        self.name.as_str(),
                        "provide its keys",
                        "it did not respond",
                    )),
                }
            }
        }
    }

    fn cached(&self, kid: &str) -> Cached {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match (known.age(), known.keys.get(kid)) {
            (Some(age), Some(key)) if age < FRESH => Cached::Fresh(key.clone()),
            (Some(age), Some(key)) if age < STALE => Cached::Stale(key.clone()),
            _ => Cached::Nothing,
        }
    }

    fn knows_keys(&self) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.age().is_some_and(|age| age < STALE)
    }

    /// Fetches the keys, unless that was done a moment ago; a concurrent caller waits for the same
    /// response. Keys that are no longer published are forgotten.
    async fn ask(&self) {
        let mut asked = self.asking.lock().await;
        let pause = if self.knows_keys() { COOL_DOWN } else { FIRST_COOL_DOWN };
        if asked.is_some_and(|asked| asked.elapsed() < pause) {
            return;
        }
        *asked = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => {
                let known = Known { keys, since: Some(Instant::now()) };
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
            }
            Err(failure) => {
                tracing::warn!(issuer = self.name, error = %Chain(&failure), "the keys of issuer {} could not be fetched", self.name);
            }
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, Key>, Failure> {
        let document =
            format!("{}/.well-known/openid-configuration", self.name.trim_end_matches('/'));
        let discovery: Discovery =
            self.get(Url::parse(&document).or_fail(&self.name, "be named")?).await?;
        if discovery.issuer != self.name {
            return Err(Failure::new(
                &*self.name,
                "be discovered",
                "its discovery document names another issuer",
            ));
        }
        let keys = Url::parse(&discovery.jwks_uri).or_fail(&self.name, "be discovered")?;
        if !is_secure(&keys) {
            return Err(Failure::new(
                &*self.name,
                "be discovered",
                "its keys are not served over https",
            ));
        }
        Ok(self.get::<KeySet>(keys).await?.signing())
    }

    async fn get<T: DeserializeOwned>(&self, address: Url) -> Result<T, Failure> {
        let answer =
            self.http.get(address).send().await.and_then(reqwest::Response::error_for_status);
        let mut answer = answer.or_fail(&self.name, "answer")?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.or_fail(&self.name, "answer")? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BYTES {
                return Err(Failure::new(&*self.name, "respond", "its response is too long"));
            }
        }
        serde_json::from_slice(&body).or_fail(&self.name, "answer")
    }
}

impl Known {
    fn age(&self) -> Option<Duration> {
        self.since.map(|since| since.elapsed())
    }
}

/// Whether responses from this address cannot be changed in transit.
fn is_secure(address: &Url) -> bool {
    let local = matches!(address.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    address.scheme() == "https" || address.scheme() == "http" && local
}
