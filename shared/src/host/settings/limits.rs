//! How much the gateway does at once.

use super::{Setting, within};

/// `MAX_STREAMS`: how many streams of events a process of the gateway serves at once.
pub const MAX_STREAMS: Setting<usize> =
    Setting { name: "MAX_STREAMS", default: Some("500"), parse: |text| count(text, 1) };

/// How much there may be of something, at most a million.
fn count(text: &str, least: u64) -> Result<usize, String> {
    within(text, least, 1_000_000).map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}
