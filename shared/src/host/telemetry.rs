//! Log lines: text for people, JSON for machines.

use super::settings::LogFormat;
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// Logs to standard output from now on. `filter` has been checked by its setting.
pub(super) fn start(format: LogFormat, filter: &str) {
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_target(false);
    let terminal = io::stdout().is_terminal();
    let json = match format {
        LogFormat::Auto => !terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    // A program logs once; a second start in one process is a test's.
    let _ = if json {
        log.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        log.with_ansi(terminal).try_init()
    };
    log_panics();
}

/// A panic is a fault of ours: it belongs in the log, where alerts look.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        let why = panic.payload_as_str().unwrap_or("no reason given");
        tracing::error!(panic.at = at, panic.why = why, "a task panicked");
    }));
}
