//! The gateway's limits of rate and concurrency.

use super::{Setting, within};
use std::num::NonZeroU32;

/// `REQUESTS_PER_CALLER`: how many requests a minute a process of the gateway accepts from one caller with
/// a token. 0: no limit.
pub const REQUESTS_PER_CALLER: Setting<Option<NonZeroU32>> =
    Setting { name: "REQUESTS_PER_CALLER", default: Some("600"), parse: per_minute };

/// `REQUESTS_PER_ADDRESS`: how many requests a minute it accepts from one address (IPv6: network of 64
/// bits), before it reads tokens. 0: no limit. Behind a proxy only with `TRUSTED_PROXIES`.
pub const REQUESTS_PER_ADDRESS: Setting<Option<NonZeroU32>> =
    Setting { name: "REQUESTS_PER_ADDRESS", default: Some("0"), parse: per_minute };

/// `TRUSTED_PROXIES`: how many proxies in front of the gateway append the address of their client to
/// `X-Forwarded-For`.
pub const TRUSTED_PROXIES: Setting<usize> = Setting {
    name: "TRUSTED_PROXIES",
    default: Some("0"),
    parse: |text| within(text, 0, 10).map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
};

/// `MAX_REQUESTS`: how many requests a process of the gateway serves at once; those that only read get
/// three quarters. More than the threshold of Container Apps' scale rule (50), or it would never scale out.
pub const MAX_REQUESTS: Setting<usize> =
    Setting { name: "MAX_REQUESTS", default: Some("64"), parse: count };

/// `MAX_WAITS`: how many further requests may wait for an order at once (`Prefer: wait`).
pub const MAX_WAITS: Setting<usize> =
    Setting { name: "MAX_WAITS", default: Some("200"), parse: count };

/// `MAX_STREAMS`: how many streams of events it serves at once.
pub const MAX_STREAMS: Setting<usize> =
    Setting { name: "MAX_STREAMS", default: Some("500"), parse: count };

/// A limit, at most a million.
fn count(text: &str) -> Result<usize, String> {
    within(text, 1, 1_000_000).map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

fn per_minute(text: &str) -> Result<Option<NonZeroU32>, String> {
    let count = within(text, 0, 1_000_000)?;
    Ok(NonZeroU32::new(u32::try_from(count).unwrap_or(u32::MAX)))
}
