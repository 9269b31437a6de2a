//! Documents in a Dapr state store, changed under optimistic concurrency by `ETag`.

use super::Grpc;
use crate::ports::{Documents, Failure, OrFail, Result, Saved, Version, Versioned};
use dapr::dapr::proto::common::v1::state_options::{StateConcurrency, StateConsistency};
use dapr::dapr::proto::common::v1::{Etag, StateItem, StateOptions};
use dapr::dapr::proto::runtime::v1::{GetStateRequest, SaveStateRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::fmt::Display;
use std::marker::PhantomData;
use std::time::Duration;
use tonic::{Code, Status};

/// The version of a document that does not exist. Redis parses versions as numbers, and reports a
/// conflict of first writes only for a number.
const ABSENT: &str = "0";

/// The store's default. For strong consistency Dapr requests session consistency of Cosmos DB, without a
/// session: a store whose default is not strong would return outdated documents.
const CONSISTENCY: StateConsistency = StateConsistency::ConsistencyUnspecified;

/// Documents of one kind in one state store.
#[derive(Debug)]
pub struct StateStore<T> {
    grpc: Grpc,
    component: &'static str,
    expiry: Option<Duration>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for StateStore<T> {
    fn clone(&self) -> Self {
        Self { grpc: self.grpc.clone(), ..*self }
    }
}

impl<T> StateStore<T> {
    pub(super) fn new(grpc: Grpc, component: &'static str) -> Self {
        Self { grpc, component, expiry: None, kind: PhantomData }
    }

    /// The same store, with a time to live for the documents that it writes.
    pub(super) fn expiring(self, expiry: Duration) -> Self {
        Self { expiry: Some(expiry), ..self }
    }

    fn item(&self, key: String, value: Vec<u8>, version: Option<&Version>) -> SaveStateRequest {
        let options = StateOptions {
            concurrency: StateConcurrency::ConcurrencyFirstWrite.into(),
            consistency: CONSISTENCY.into(),
        };
        let version = version.map_or(ABSENT, |version| &version.0);
        let item = StateItem {
            key,
            value,
            etag: Some(Etag { value: version.to_owned() }),
            metadata: self.expiry.map(ttl).into_iter().collect(),
            options: Some(options),
        };
        SaveStateRequest { store_name: self.component.to_owned(), states: vec![item] }
    }
}

impl<K, T> Documents<K, T> for StateStore<T>
where
    K: Display + Sync,
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    async fn load(&self, key: &K) -> Result<Option<Versioned<T>>> {
        const LOAD: &str = "load a document";
        let request = GetStateRequest {
            store_name: self.component.to_owned(),
            key: key.to_string(),
            consistency: CONSISTENCY.into(),
            metadata: HashMap::default(),
        };
        let found = self.grpc.dapr().get_state(request).await.or_fail(self.component, LOAD)?;
        let found = found.into_inner();
        if found.data.is_empty() {
            return Ok(None);
        }
        let document = serde_json::from_slice(&found.data).or_fail(self.component, LOAD)?;
        Ok(Some(Versioned { document, version: Version(found.etag) }))
    }

    async fn save(&self, key: &K, document: &T, version: Option<&Version>) -> Result<Saved> {
        const SAVE: &str = "save a document";
        let value = serde_json::to_vec(document).or_fail(self.component, SAVE)?;
        let request = self.item(key.to_string(), value, version);
        saved(self.grpc.dapr().save_state(request).await)
            .map_err(|status| Failure::new(self.component, SAVE, status).into())
    }
}

/// The result of a write: another version is a conflict, any other failure an error.
fn saved<T>(answer: std::result::Result<T, Status>) -> std::result::Result<Saved, Status> {
    match answer {
        Ok(_) => Ok(Saved::Written),
        Err(status) if status.code() == Code::Aborted => Ok(Saved::Conflict),
        Err(status) => Err(status),
    }
}

fn ttl(expiry: Duration) -> (String, String) {
    ("ttlInSeconds".to_owned(), expiry.as_secs().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(expiry: Option<Duration>, version: Option<&Version>) -> StateItem {
        let store = StateStore::<()>::new(Grpc::new(1), "orders");
        let store = StateStore { expiry, ..store };
        let mut request = store.item("a".to_owned(), b"{}".to_vec(), version);
        assert_eq!((request.store_name.as_str(), request.states.len()), ("orders", 1));
        request.states.remove(0)
    }

    #[tokio::test]
    async fn a_document_is_written_over_the_version_that_was_read_or_over_none() {
        let seen = Version("7".to_owned());
        for (version, etag) in [(Some(&seen), "7"), (None, ABSENT)] {
            let item = written(None, version);
            assert_eq!(item.etag.unwrap().value, etag);
            let concurrency = item.options.unwrap().concurrency;
            assert_eq!(concurrency, i32::from(StateConcurrency::ConcurrencyFirstWrite));
            assert!(item.metadata.is_empty());
        }
    }

    #[tokio::test]
    async fn a_store_that_forgets_says_when() {
        let item = written(Some(Duration::from_mins(1)), None);
        assert_eq!(item.metadata["ttlInSeconds"], "60");
    }

    #[test]
    fn another_version_is_a_conflict_not_an_error() {
        assert_eq!(saved(Ok(())).unwrap(), Saved::Written);
        assert_eq!(saved::<()>(Err(Status::aborted("etag mismatch"))).unwrap(), Saved::Conflict);
        for status in [Status::internal("broken"), Status::unavailable("gone")] {
            assert_eq!(saved::<()>(Err(status.clone())).unwrap_err().code(), status.code());
        }
    }
}
