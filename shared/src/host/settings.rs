//! Settings: read once from the environment, each fault reported before any socket opens.

pub mod limits;
pub mod page;
mod read;
pub mod rotation;
pub mod telemetry;

pub use read::{Environment, InvalidSetting, InvalidSettings, Setting, Together, Variables};

use crate::domain::shipment::ServedCountries;
use axum::http::HeaderValue;
use jiff::SignedDuration;
use reqwest::Url;
use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

/// `APP_PORT`: the port that this function listens on.
pub const APP_PORT: Setting<u16> = Setting { name: "APP_PORT", default: None, parse: port };

/// `APP_HOST`: the address that this function listens on: loopback, unless a platform's probes come
/// from elsewhere.
pub const APP_HOST: Setting<IpAddr> =
    Setting { name: "APP_HOST", default: Some("127.0.0.1"), parse: parsed };

/// `DAPR_HTTP_PORT`: the HTTP port of this function's sidecar.
pub const DAPR_HTTP_PORT: Setting<u16> =
    Setting { name: "DAPR_HTTP_PORT", default: Some("3500"), parse: port };

/// `DAPR_GRPC_PORT`: the gRPC port of this function's sidecar.
pub const DAPR_GRPC_PORT: Setting<u16> =
    Setting { name: "DAPR_GRPC_PORT", default: Some("50001"), parse: port };

/// `APP_API_TOKEN`: the token that the sidecar sends to this function
/// ([Dapr](https://docs.dapr.io/operations/security/app-api-token/)); calls without it are rejected.
/// Empty: no token is required, and a caller that the gateway names is not trusted.
pub const APP_API_TOKEN: Setting<String> =
    Setting { name: "APP_API_TOKEN", default: Some(""), parse: parsed };

/// `DRAIN_SECONDS`: how long requests in flight have to end once the process drains.
pub const DRAIN: Setting<Duration> = Setting {
    name: "DRAIN_SECONDS",
    default: Some("15"),
    parse: |text| within(text, 1, 600).map(Duration::from_secs),
};

/// `STOP_WAIT_SECONDS`: the longest that a process which is asked to stop continues to serve, not ready,
/// while its sidecar is running. A platform's grace period is longer than this and
/// `DRAIN_SECONDS` together. 0, as on a terminal: it drains immediately.
pub const STOP_WAIT: Setting<Duration> = Setting {
    name: "STOP_WAIT_SECONDS",
    default: Some("0"),
    parse: |text| within(text, 0, 600).map(Duration::from_secs),
};

/// `PROBLEM_BASE`: what the `type` of every problem begins with, the same for every function: the
/// address of a page about them, if there is one.
pub const PROBLEM_BASE: Setting<String> = Setting {
    name: "PROBLEM_BASE",
    default: Some("https://saga-shop.example/problems#"),
    parse: |text| web_address(text).map(|_| text.to_owned()),
};

/// `CORS_ORIGINS`: the origins whose pages may call the API from a browser, such as
/// `https://shop.example`, separated by commas. Empty: none.
pub const CORS_ORIGINS: Setting<Vec<HeaderValue>> =
    Setting { name: "CORS_ORIGINS", default: Some(""), parse: origins };

/// `OIDC_ISSUERS`: the addresses of the issuers whose bearer tokens are accepted, separated by commas. At
/// least one, unless `OPEN` is set.
pub const OIDC_ISSUERS: Setting<Vec<Url>> = Setting {
    name: "OIDC_ISSUERS",
    default: Some(""),
    parse: |text| listed(text).map(issuer).collect(),
};

/// `OIDC_AUDIENCES`: the audiences whose tokens are accepted, separated by commas: the names that the
/// issuers give this API. At least one, unless `OPEN` is set.
pub const OIDC_AUDIENCES: Setting<Vec<String>> = Setting {
    name: "OIDC_AUDIENCES",
    default: Some(""),
    parse: |text| Ok(listed(text).map(str::to_owned).collect()),
};

/// `OPEN`: `true` instead of issuers and audiences allows everyone everything, without a token.
pub const OPEN: Setting<bool> = Setting { name: "OPEN", default: Some("false"), parse: parsed };

/// `PAYMENT_PROVIDER_URL`: the address of the payment provider's API.
pub const PAYMENT_PROVIDER_URL: Setting<Url> =
    Setting { name: "PAYMENT_PROVIDER_URL", default: None, parse: web_address };

/// `UNDO_TRIES`: how often an undo is tried before the order is stuck. A hundred attempts take about a day.
pub const UNDO_TRIES: Setting<u32> = Setting {
    name: "UNDO_TRIES",
    default: Some("100"),
    parse: |text| within(text, 1, 1_000).map(|tries| u32::try_from(tries).unwrap_or(u32::MAX)),
};

/// `RESERVATION_SECONDS`: how long stock is reserved for an order that is not shipped, and how long a caller
/// has to repeat the request for an undecided payment.
pub const RESERVATION: Setting<SignedDuration> = Setting {
    name: "RESERVATION_SECONDS",
    default: Some("900"),
    parse: |text| {
        within(text, 1, 86_400).map(|seconds| SignedDuration::from_secs(seconds.cast_signed()))
    },
};

/// `PAYMENT_SWEEP_SECONDS`: how often `process-payment` is asked to settle the payments whose callers did
/// not return. Where it scales to zero, this starts it.
pub const PAYMENT_SWEEP: Setting<Duration> = Setting {
    name: "PAYMENT_SWEEP_SECONDS",
    default: Some("3600"),
    // One sweep goes back four hours.
    parse: |text| within(text, 5, 3 * 3_600).map(Duration::from_secs),
};

/// `SERVED_COUNTRIES`: the countries that the shop ships to.
pub const SERVED_COUNTRIES: Setting<ServedCountries> = Setting {
    name: "SERVED_COUNTRIES",
    default: Some("AT,BE,CH,CZ,DE,DK,ES,FI,FR,GB,IE,IT,LU,NL,NO,PL,PT,SE"),
    parse: |codes| ServedCountries::from_str(codes).map_err(|error| format!("each code {error}")),
};

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| format!("`{text}`: {error}"))
}

fn port(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("`{text}` must be a port, 1 to 65535")),
    }
}

fn within(text: &str, least: u64, most: u64) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("`{text}` must be a whole number from {least} to {most}")),
    }
}

fn web_address(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(format!("`{text}` must be a web address such as https://api.stripe.com")),
    }
}

/// Keys fetched over a plain connection could be forged.
fn issuer(text: &str) -> Result<Url, String> {
    let url = web_address(text)?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let plain = || format!("`{text}` must use https, unless it is on this machine");
    (url.scheme() == "https" || local).then_some(url).ok_or_else(plain)
}

fn origins(text: &str) -> Result<Vec<HeaderValue>, String> {
    listed(text).map(origin).collect()
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn origin(text: &str) -> Result<HeaderValue, String> {
    let url = web_address(text)?;
    if url.origin().ascii_serialization() == text {
        return HeaderValue::try_from(text).map_err(|error| error.to_string());
    }
    Err(format!("`{text}` must be an origin such as https://shop.example, without a path"))
}

#[cfg(test)]
mod tests {
    use super::telemetry::LOG_FORMAT;
    use super::*;
    use std::fmt::Debug;

    struct Map<const N: usize>([(&'static str, &'static str); N]);

    impl<const N: usize> Variables for Map<N> {
        fn get(&self, name: &str) -> Option<String> {
            let found = self.0.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    fn fault<T: Debug>(read: Result<T, InvalidSettings>) -> String {
        let invalid = read.unwrap_err();
        invalid.iter().map(InvalidSetting::to_string).collect()
    }

    #[test]
    fn an_unset_variable_has_its_default_or_is_a_fault() {
        let variables = Map([("DRAIN_SECONDS", "")]);
        assert_eq!(DAPR_HTTP_PORT.read(&variables), Ok(3500));
        assert_eq!(DRAIN.read(&variables), Ok(Duration::from_secs(15)));
        assert_eq!(STOP_WAIT.read(&variables), Ok(Duration::ZERO));
        assert!(SERVED_COUNTRIES.read(&variables).is_ok());
        assert_eq!(PROBLEM_BASE.read(&variables).unwrap(), crate::http::problem::TYPES);
        assert_eq!(fault(APP_PORT.read(&variables)), "APP_PORT: must be set");
    }

    #[test]
    fn every_fault_names_its_fix() {
        let variables = Map([
            ("OIDC_ISSUERS", "http://127.0.0.1:8091,http://a.example"),
            ("CORS_ORIGINS", "https://a.example, https://b.example/"),
            ("APP_PORT", "80000"),
            ("APP_HOST", "localhost"),
            ("DRAIN_SECONDS", "0"),
            ("LOG_FORMAT", "xml"),
            ("PAYMENT_PROVIDER_URL", "api.stripe.com"),
            ("RESERVATION_SECONDS", "soon"),
            ("SERVED_COUNTRIES", "DE,Atlantis"),
        ]);
        let faults = [
            fault(APP_PORT.read(&variables)),
            fault(APP_HOST.read(&variables)),
            fault(DRAIN.read(&variables)),
            fault(LOG_FORMAT.read(&variables)),
            fault(PAYMENT_PROVIDER_URL.read(&variables)),
            fault(RESERVATION.read(&variables)),
            fault(SERVED_COUNTRIES.read(&variables)),
            fault(CORS_ORIGINS.read(&variables)),
            fault(OIDC_ISSUERS.read(&variables)),
        ];
        let expected = [
            "APP_PORT: `80000` must be a port, 1 to 65535",
            "APP_HOST: `localhost`: invalid IP address syntax",
            "DRAIN_SECONDS: `0` must be a whole number from 1 to 600",
            "LOG_FORMAT: `xml` must be auto, text or json",
            "PAYMENT_PROVIDER_URL: `api.stripe.com` must be a web address such as https://api.stripe.com",
            "RESERVATION_SECONDS: `soon` must be a whole number from 1 to 86400",
            "SERVED_COUNTRIES: each code must be two upper case letters (ISO 3166-1), such as DE",
            "CORS_ORIGINS: `https://b.example/` must be an origin such as https://shop.example, without a path",
            "OIDC_ISSUERS: `http://a.example` must use https, unless it is on this machine",
        ];
        assert_eq!(faults, expected);
    }
}
