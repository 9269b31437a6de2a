//! What is listed again, when a list was lost.

use super::Result;
use futures::stream::{self, StreamExt, TryStreamExt};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// Ids of one request, at most.
const MAX_IDS: usize = 100;

/// What is listed concurrently.
const AT_ONCE: usize = 8;

/// What is to be listed again, as its documents say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ToRelist<I> {
    /// The ids.
    #[serde(deserialize_with = "some", bound(deserialize = "I: Deserialize<'de>"))]
    #[schemars(length(min = 1, max = 100))]
    ids: Vec<I>,
}

/// What was listed again.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Relisted {
    /// How many of the ids have a document, and are listed.
    listed: usize,
}

fn some<'de, D: Deserializer<'de>, I: Deserialize<'de>>(
    ids: D,
) -> std::result::Result<Vec<I>, D::Error> {
    let ids = Vec::deserialize(ids)?;
    let fits = (1..=MAX_IDS).contains(&ids.len());
    fits.then_some(ids).ok_or_else(|| D::Error::custom(format!("must hold 1 to {MAX_IDS} ids")))
}

impl<I> ToRelist<I> {
    /// Lists each by `relist`, whose answer is whether it has a document.
    pub(super) async fn by<F>(self, relist: impl Fn(I) -> F) -> Result<Relisted>
    where
        F: Future<Output = Result<bool>>,
    {
        let each = stream::iter(self.ids.into_iter().map(relist)).buffer_unordered(AT_ONCE);
        let listed: Vec<_> = each.try_collect().await?;
        Ok(Relisted { listed: listed.into_iter().filter(|listed| *listed).count() })
    }
}
