//! How many requests one caller may make, by the generic cell rate algorithm.

use crate::http::{Kind, Problem};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::{StateInformationMiddleware, StateSnapshot};
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{NotUntil, Quota, RateLimiter};
use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

/// The most callers that are counted individually. Any others share one allowance.
const MAX_KEYS: usize = 10_000;

/// [RateLimit header fields](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/10/).
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// An allowance of requests a minute for each key, which may be spent at once.
#[derive(Debug)]
pub(super) struct Rate<K: Hash + Eq + Clone, C: Clock = MonotonicClock> {
    name: &'static str,
    per_minute: u32,
    limiter: RateLimiter<K, Bounded<K>, C, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone, C: Clock> Rate<K, C> {
    pub(super) fn new(name: &'static str, per_minute: NonZeroU32, clock: C) -> Self {
        let limiter = RateLimiter::new(Quota::per_minute(per_minute), Bounded::default(), clock);
        Self { name, per_minute: per_minute.get(), limiter }
    }

    /// Counts a request of `key`; returns the headers that say what is left and, if nothing was left,
    /// `too-many-requests`.
    pub(super) fn spend(&self, key: &K) -> (HeaderMap, Option<Problem>) {
        match self.limiter.check_key(key) {
            Ok(state) => (self.left(&state), None),
            Err(until) => self.refused(&until),
        }
    }

    fn left(&self, state: &StateSnapshot) -> HeaderMap {
        let left = state.remaining_burst_capacity();
        // Until the full allowance is available again.
        let full = u64::from(self.per_minute - left) * 60;
        self.headers(left, full.div_ceil(self.per_minute.into()))
    }

    fn refused(&self, until: &NotUntil<C::Instant>) -> (HeaderMap, Option<Problem>) {
        let wait = until.wait_time_from(self.limiter.clock().now());
        let seconds = whole_seconds(wait).max(1);
        let mut headers = self.headers(0, seconds);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        let detail = format!("{} requests a minute are allowed; try again later", self.per_minute);
        (headers, Some(Problem::new(Kind::TooManyRequests, detail)))
    }

    fn headers(&self, left: u32, seconds: u64) -> HeaderMap {
        let Self { name, per_minute, .. } = self;
        let policy = format!(r#""{name}";q={per_minute};w=60"#);
        let limit = format!(r#""{name}";r={left};t={seconds}"#);
        let values = [(POLICY, policy), (LIMIT, limit)];
        let visible = |text| HeaderValue::try_from(text).expect("names and digits are visible");
        values.map(|(name, value)| (name, visible(value))).into_iter().collect()
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// What has been spent by each of at most [`MAX_KEYS`], and by all others together.
#[derive(Debug)]
struct Bounded<K>(Mutex<Spent<K>>);

#[derive(Debug)]
struct Spent<K> {
    each: HashMap<K, Nanos>,
    others: Option<Nanos>,
}

impl<K> Default for Bounded<K> {
    fn default() -> Self {
        Self(Mutex::new(Spent { each: HashMap::new(), others: None }))
    }
}

impl<K: Hash + Eq + Clone> StateStore for Bounded<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut spent = self.0.lock().expect("no panic happens while requests are counted");
        let known = spent.each.get(key).copied();
        if known.is_none() && spent.each.len() >= MAX_KEYS {
            // A new key has spent one request after this one; a key that has spent less counts as
            // new.
            let (_, one) = decide(None)?;
            spent.each.retain(|_, until| *until > one);
        }
        let counted = known.is_some() || spent.each.len() < MAX_KEYS;
        let (result, until) = decide(if counted { known } else { spent.others })?;
        if counted {
            spent.each.insert(key.clone(), until);
        } else {
            spent.others = Some(until);
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    type FakeRate = Rate<u32, FakeRelativeClock>;

    fn rate(per_minute: u32) -> (FakeRate, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Rate::new("caller", per_minute.try_into().unwrap(), clock.clone()), clock)
    }

    fn serves(rate: &FakeRate, key: u32) -> bool {
        rate.spend(&key).1.is_none()
    }

    fn limit(headers: &HeaderMap) -> (&str, &str) {
        let text = |name| headers[name].to_str().unwrap();
        (text("ratelimit-policy"), text("ratelimit"))
    }

    #[test]
    fn an_allowance_is_spent_and_refilled() {
        let (rate, clock) = rate(3);
        for left in [r#""caller";r=2;t=20"#, r#""caller";r=1;t=40"#, r#""caller";r=0;t=60"#] {
            assert_eq!(limit(&rate.spend(&1).0), (r#""caller";q=3;w=60"#, left));
        }
        clock.advance(Duration::from_millis(500));
        let (headers, problem) = rate.spend(&1);
        assert_eq!(problem.unwrap().document()["status"], 429);
        assert_eq!(limit(&headers), (r#""caller";q=3;w=60"#, r#""caller";r=0;t=20"#));
        assert_eq!(headers["retry-after"], "20");
        assert!(serves(&rate, 2), "another has an allowance of their own");
        clock.advance(Duration::from_secs(20));
        assert!(serves(&rate, 1) && !serves(&rate, 1));
    }

    #[test]
    fn the_number_of_remembered_callers_is_bounded() {
        let (rate, clock) = rate(2);
        let keys = || 0..u32::try_from(MAX_KEYS).unwrap();
        assert!(keys().all(|key| serves(&rate, key) && serves(&rate, key)));
        let new = u32::MAX;
        assert!(serves(&rate, new) && serves(&rate, new - 1));
        assert!(!serves(&rate, new - 2), "those who are too many share one allowance");
        assert!(!serves(&rate, 0));
        clock.advance(Duration::from_mins(1));
        assert!(serves(&rate, new) && serves(&rate, new) && serves(&rate, 1));
    }
}
