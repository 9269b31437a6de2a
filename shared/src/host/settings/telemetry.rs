//! The settings of telemetry.

use super::{InvalidSettings, Setting, Together, Variables, web_address};
use reqwest::Url;
use tracing_subscriber::EnvFilter;

/// `LOG_FORMAT`: `text`, `json`, or `auto`: text on a terminal, else JSON.
pub const LOG_FORMAT: Setting<LogFormat> = Setting {
    name: "LOG_FORMAT",
    default: Some("auto"),
    parse: |text| match text {
        "auto" => Ok(LogFormat::Auto),
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("`{text}` must be auto, text or json")),
    },
};

/// `RUST_LOG`: what is logged
/// ([directives](https://docs.rs/tracing-subscriber/latest/tracing_subscriber/filter/struct.EnvFilter.html)).
pub const LOG: Setting<String> = Setting {
    name: "RUST_LOG",
    default: Some("info,dapr_durabletask=warn"),
    parse: |text| {
        let filter = EnvFilter::try_new(text);
        filter.map(|_| text.to_owned()).map_err(|error| format!("`{text}`: {error}"))
    },
};

/// `OTEL_EXPORTER_OTLP_ENDPOINT`: where spans and metrics are exported to, by OTLP; nowhere if it is empty. The
/// other standard variables of
/// [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
/// are read by its SDK.
pub const OTLP_ENDPOINT: Setting<Option<Url>> = Setting {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: Some(""),
    parse: |text| if text.is_empty() { Ok(None) } else { web_address(text).map(Some) },
};

/// `OTEL_EXPORTER_OTLP_PROTOCOL`: how they are exported: `http/protobuf` or `grpc`.
pub const OTLP_PROTOCOL: Setting<OtlpProtocol> = Setting {
    name: "OTEL_EXPORTER_OTLP_PROTOCOL",
    default: Some("http/protobuf"),
    parse: |text| match text {
        "http/protobuf" => Ok(OtlpProtocol::Http),
        "grpc" => Ok(OtlpProtocol::Grpc),
        _ => Err(format!("`{text}` must be http/protobuf or grpc")),
    },
};

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// A line of text for each event.
    Text,
    /// A JSON object for each event, one a line.
    Json,
}

/// How spans and metrics are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// Protobuf over HTTP.
    Http,
    /// gRPC.
    Grpc,
}

/// The settings of a process's telemetry.
#[derive(Debug)]
pub(in crate::host) struct Telemetry {
    pub(in crate::host) format: LogFormat,
    pub(in crate::host) filter: String,
    /// How spans and metrics are exported, if they are.
    pub(in crate::host) export: Option<OtlpProtocol>,
}

impl Telemetry {
    pub(in crate::host) fn read(variables: &impl Variables) -> Result<Self, InvalidSettings> {
        let lines = (LOG_FORMAT.read(variables), LOG.read(variables)).together();
        let export = (OTLP_ENDPOINT.read(variables), OTLP_PROTOCOL.read(variables)).together();
        let ((format, filter), (endpoint, protocol)) = (lines, export).together()?;
        Ok(Self { format, filter, export: endpoint.map(|_| protocol) })
    }
}
