//! How much the gateway is asked for and does at once.

use super::{Setting, within};
use std::num::NonZeroU32;

/// `REQUESTS_PER_CALLER`: how many requests a minute a process of the gateway serves of one caller who
/// shows a token. 0: however many.
pub const REQUESTS_PER_CALLER: Setting<Option<NonZeroU32>> =
    Setting { name: "REQUESTS_PER_CALLER", default: Some("600"), parse: per_minute };

/// `REQUESTS_PER_ADDRESS`: how many requests a minute it serves from one address (IPv6: network of 64
/// bits), before it looks at tokens. 0: however many. Behind a proxy only with `TRUSTED_PROXIES`.
pub const REQUESTS_PER_ADDRESS: Setting<Option<NonZeroU32>> =
    Setting { name: "REQUESTS_PER_ADDRESS", default: Some("0"), parse: per_minute };

/// `TRUSTED_PROXIES`: how many proxies in front of the gateway add to `X-Forwarded-For` from whom they got
/// a request.
pub const TRUSTED_PROXIES: Setting<usize> = Setting {
    name: "TRUSTED_PROXIES",
    default: Some("0"),
    parse: |text| within(text, 0, 10).map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
};

/// `MAX_REQUESTS`: how many requests a process of the gateway serves at once; those that only read get
/// three of four. More than Container Apps' scale rule asks for (50), or nothing would scale.
pub const MAX_REQUESTS: Setting<usize> =
    Setting { name: "MAX_REQUESTS", default: Some("64"), parse: count };

/// `MAX_WAITS`: how many requests it serves besides that wait for an order (`Prefer: wait`).
pub const MAX_WAITS: Setting<usize> =
    Setting { name: "MAX_WAITS", default: Some("200"), parse: count };

/// `MAX_STREAMS`: how many streams of events it serves at once.
pub const MAX_STREAMS: Setting<usize> =
    Setting { name: "MAX_STREAMS", default: Some("500"), parse: count };

/// How much there may be of something, at most a million.
fn count(text: &str) -> Result<usize, String> {
    within(text, 1, 1_000_000).map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

fn per_minute(text: &str) -> Result<Option<NonZeroU32>, String> {
    let count = within(text, 0, 1_000_000)?;
    Ok(NonZeroU32::new(u32::try_from(count).unwrap_or(u32::MAX)))
}
