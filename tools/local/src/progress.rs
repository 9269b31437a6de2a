//! The progress of a start, on standard error.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// How often a running phase is reported where lines cannot be rewritten.
const REPORT_INTERVAL: Duration = Duration::from_secs(15);

/// Whether progress is shown, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    /// Only phases that take minutes are shown.
    #[default]
    Quiet,
    /// Every phase is shown.
    Shown,
}

impl Progress {
    /// Starts a phase.
    #[must_use]
    pub fn phase(self, name: &'static str) -> Phase {
        Phase::new(name, self == Self::Shown)
    }
}

/// A phase of the start, such as the build of Dapr.
#[derive(Debug)]
pub struct Phase {
    name: &'static str,
    shown: bool,
    rewrites: bool,
    started: Instant,
    reported: Instant,
}

impl Phase {
    fn new(name: &'static str, shown: bool) -> Self {
        let now = Instant::now();
        Self { name, shown, rewrites: stderr().is_terminal(), started: now, reported: now }
    }

    /// Reports that this phase takes minutes. It is shown from then on, even if progress is hidden.
    pub fn takes_minutes(&mut self, why: &str) {
        self.shown = true;
        self.write("", &format!("{why}: this takes minutes, once"), "\n");
    }

    /// Reports its state: immediately on a terminal, otherwise at `REPORT_INTERVAL`.
    pub fn update(&mut self, text: &str) {
        if self.rewrites {
            self.write("\r\x1b[2K", text, "");
        } else if self.reported.elapsed() >= REPORT_INTERVAL {
            self.reported = Instant::now();
            self.write("", text, "\n");
        }
    }

    /// Reports its result.
    pub fn done(self, text: &str) {
        self.write(if self.rewrites { "\r\x1b[2K" } else { "" }, text, "\n");
    }

    fn write(&self, start: &str, text: &str, end: &str) {
        if self.shown {
            let (name, elapsed) = (self.name, seconds(self.started.elapsed()));
            // A closed terminal is ignored.
            let _ = write!(stderr(), "{start}  {name:<14} {text} ({elapsed}){end}");
        }
    }
}

fn seconds(elapsed: Duration) -> String {
    format!("{}.{} s", elapsed.as_secs(), elapsed.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_is_written_in_seconds() {
        assert_eq!(seconds(Duration::from_millis(61_780)), "61.7 s");
    }
}
