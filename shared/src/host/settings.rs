//! Settings: read once from the environment, each fault told before any socket opens.

pub mod rotation;

use crate::domain::shipment::ServedCountries;
use jiff::SignedDuration;
use reqwest::Url;
use std::fmt::{self, Display};
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

/// Where settings come from.
pub trait Variables {
    /// The value of the variable called `name`, if it is set.
    fn get(&self, name: &str) -> Option<String>;
}

/// The environment of this process.
#[derive(Debug, Clone, Copy)]
pub struct Environment;

impl Variables for Environment {
    #[expect(clippy::disallowed_methods, reason = "this is the place where settings are read")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// A setting: the variable that holds it, and how that is read.
#[derive(Debug)]
pub struct Setting<T> {
    name: &'static str,
    default: Option<&'static str>,
    parse: fn(&str) -> Result<T, String>,
}

/// A setting that cannot be used, and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    name: &'static str,
    why: String,
}

impl Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.why)
    }
}

/// `APP_PORT`: the port that this function listens on.
pub const APP_PORT: Setting<u16> = Setting { name: "APP_PORT", default: None, parse: port };

/// `APP_HOST`: the address that this function listens on: loopback, unless a platform's probes come
/// from elsewhere.
pub const APP_HOST: Setting<IpAddr> =
    Setting { name: "APP_HOST", default: Some("127.0.0.1"), parse: told };

/// `DAPR_HTTP_PORT`: the HTTP port of this function's sidecar.
pub const DAPR_HTTP_PORT: Setting<u16> =
    Setting { name: "DAPR_HTTP_PORT", default: Some("3500"), parse: port };

/// `DAPR_GRPC_PORT`: the gRPC port of this function's sidecar.
pub const DAPR_GRPC_PORT: Setting<u16> =
    Setting { name: "DAPR_GRPC_PORT", default: Some("50001"), parse: port };

/// `APP_API_TOKEN`: what the sidecar shows this function
/// ([Dapr](https://docs.dapr.io/operations/security/app-api-token/)); calls without it are refused.
/// Empty: nothing is asked for.
pub const APP_API_TOKEN: Setting<String> =
    Setting { name: "APP_API_TOKEN", default: Some(""), parse: told };

/// `DRAIN_SECONDS`: how long requests in flight have to end once the process is told to stop.
pub const DRAIN: Setting<Duration> = Setting {
    name: "DRAIN_SECONDS",
    default: Some("15"),
    parse: |text| within(text, 1, 600).map(Duration::from_secs),
};

/// `LOG_FORMAT`: `text`, `json`, or `auto`: text on a terminal, else JSON.
pub const LOG_FORMAT: Setting<LogFormat> =
    Setting { name: "LOG_FORMAT", default: Some("auto"), parse: log_format };

/// `RUST_LOG`: what is logged
/// ([directives](https://docs.rs/tracing-subscriber/latest/tracing_subscriber/filter/struct.EnvFilter.html)).
pub const LOG: Setting<String> =
    Setting { name: "RUST_LOG", default: Some("info,dapr_durabletask=warn"), parse: log_filter };

/// `OTEL_EXPORTER_OTLP_ENDPOINT`: where spans and metrics go, by OTLP; nowhere when it is empty. The other standard variables of
/// [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
/// are read by its SDK.
pub const OTLP_ENDPOINT: Setting<Option<Url>> = Setting {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: Some(""),
    parse: |text| if text.is_empty() { Ok(None) } else { web_address(text).map(Some) },
};

/// `OTEL_EXPORTER_OTLP_PROTOCOL`: how they go there: `http/protobuf` or `grpc`.
pub const OTLP_PROTOCOL: Setting<OtlpProtocol> = Setting {
    name: "OTEL_EXPORTER_OTLP_PROTOCOL",
    default: Some("http/protobuf"),
    parse: |text| match text {
        "http/protobuf" => Ok(OtlpProtocol::Http),
        "grpc" => Ok(OtlpProtocol::Grpc),
        _ => Err(format!("`{text}` must be http/protobuf or grpc")),
    },
};

/// How spans and metrics go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// Protobuf over HTTP.
    Http,
    /// gRPC.
    Grpc,
}

/// What a process tells of itself, and how.
#[derive(Debug)]
pub(super) struct Telemetry {
    pub(super) format: LogFormat,
    pub(super) filter: String,
    /// How spans and metrics go out, if they do.
    pub(super) export: Option<OtlpProtocol>,
}

impl Telemetry {
    pub(super) fn read(reader: &mut Reader<impl Variables>) -> Option<Self> {
        let (format, filter) = (reader.read(&LOG_FORMAT), reader.read(&LOG));
        let (endpoint, protocol) = (reader.read(&OTLP_ENDPOINT), reader.read(&OTLP_PROTOCOL));
        let export = endpoint?.and(protocol);
        Some(Self { format: format?, filter: filter?, export })
    }
}

/// `PAYMENT_PROVIDER_URL`: where the payment provider's API is.
pub const PAYMENT_PROVIDER_URL: Setting<Url> =
    Setting { name: "PAYMENT_PROVIDER_URL", default: None, parse: web_address };

/// `RESERVATION_SECONDS`: how long stock is held for an order that is not shipped.
pub const RESERVATION: Setting<SignedDuration> = Setting {
    name: "RESERVATION_SECONDS",
    default: Some("900"),
    parse: |text| {
        within(text, 1, 86_400).map(|seconds| SignedDuration::from_secs(seconds.cast_signed()))
    },
};

/// `SERVED_COUNTRIES`: where the shop ships to.
pub const SERVED_COUNTRIES: Setting<ServedCountries> = Setting {
    name: "SERVED_COUNTRIES",
    default: Some("AT,BE,CH,CZ,DE,DK,ES,FI,FR,GB,IE,IT,LU,NL,NO,PL,PT,SE"),
    parse: |codes| ServedCountries::from_str(codes).map_err(|error| format!("each code {error}")),
};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// A line of text.
    Text,
    /// A JSON object.
    Json,
}

/// Reads settings and keeps what is wrong with them, so that all of it can be told at once.
#[derive(Debug)]
pub struct Reader<V> {
    variables: V,
    invalid: Vec<InvalidSetting>,
}

impl<V: Variables> Reader<V> {
    /// A reader of `variables`.
    pub fn new(variables: V) -> Self {
        Self { variables, invalid: Vec::new() }
    }

    /// The value of `setting`; nothing, and a fault is noted, when it cannot be used.
    pub fn read<T>(&mut self, setting: &Setting<T>) -> Option<T> {
        let set = self.variables.get(setting.name).filter(|value| !value.is_empty());
        let read = match set.as_deref().or(setting.default) {
            Some(value) => (setting.parse)(value),
            None => Err("must be set".to_owned()),
        };
        read.map_err(|why| self.invalid.push(InvalidSetting { name: setting.name, why })).ok()
    }

    /// Notes what is wrong with a setting that could be read.
    #[cfg(feature = "key-vault")]
    pub(super) fn refuse<T>(&mut self, setting: &Setting<T>, why: String) {
        self.invalid.push(InvalidSetting { name: setting.name, why });
    }

    /// What is wrong so far.
    #[must_use]
    pub fn invalid(&self) -> &[InvalidSetting] {
        &self.invalid
    }
}

fn told<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
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

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "auto" => Ok(LogFormat::Auto),
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("`{text}` must be auto, text or json")),
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    let filter = tracing_subscriber::EnvFilter::try_new(text);
    filter.map(|_| text.to_owned()).map_err(|error| format!("`{text}`: {error}"))
}

fn web_address(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(format!("`{text}` must be a web address such as https://api.stripe.com")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Map<const N: usize>([(&'static str, &'static str); N]);

    impl<const N: usize> Variables for Map<N> {
        fn get(&self, name: &str) -> Option<String> {
            let found = self.0.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn what_is_not_set_has_its_default_or_must_be_set() {
        let mut reader = Reader::new(Map([("DRAIN_SECONDS", "")]));
        assert_eq!(reader.read(&DAPR_HTTP_PORT), Some(3500));
        assert_eq!(reader.read(&DRAIN), Some(Duration::from_secs(15)));
        assert!(reader.read(&SERVED_COUNTRIES).is_some() && reader.invalid().is_empty());
        assert_eq!(reader.read(&APP_PORT), None);
        assert_eq!(reader.invalid()[0].to_string(), "APP_PORT: must be set");
    }

    #[test]
    fn every_fault_is_told_with_its_fix() {
        let mut reader = Reader::new(Map([
            ("APP_PORT", "80000"),
            ("APP_HOST", "localhost"),
            ("DRAIN_SECONDS", "0"),
            ("LOG_FORMAT", "xml"),
            ("PAYMENT_PROVIDER_URL", "api.stripe.com"),
            ("RESERVATION_SECONDS", "soon"),
            ("SERVED_COUNTRIES", "DE,Atlantis"),
        ]));
        reader.read(&APP_PORT);
        reader.read(&APP_HOST);
        reader.read(&DRAIN);
        reader.read(&LOG_FORMAT);
        reader.read(&PAYMENT_PROVIDER_URL);
        reader.read(&RESERVATION);
        reader.read(&SERVED_COUNTRIES);
        let wrong: Vec<_> = reader.invalid().iter().map(InvalidSetting::to_string).collect();
        let expected = [
            "APP_PORT: `80000` must be a port, 1 to 65535",
            "APP_HOST: `localhost`: invalid IP address syntax",
            "DRAIN_SECONDS: `0` must be a whole number from 1 to 600",
            "LOG_FORMAT: `xml` must be auto, text or json",
            "PAYMENT_PROVIDER_URL: `api.stripe.com` must be a web address such as https://api.stripe.com",
            "RESERVATION_SECONDS: `soon` must be a whole number from 1 to 86400",
            "SERVED_COUNTRIES: each code must be two upper case letters (ISO 3166-1), such as DE",
        ];
        assert_eq!(wrong, expected);
    }
}
