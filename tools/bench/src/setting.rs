//! Where and how something is measured.

use crate::counters::Machine;
use crate::load::Load;
use crate::loops::Window;
use crate::report::Setting;
use crate::{BenchError, git};
use jiff::Timestamp;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How long a load runs before it is measured: longer than several orders that compete take.
const WARM_UP: Duration = Duration::from_secs(2);

/// How long one does that has no ramp.
const BRIEF: Duration = Duration::from_millis(500);

/// How long and how often each load is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The rounds, each of which has a pair of everything.
    pub pairs: usize,
    /// How long orders and workflows are measured in a round; what answers at once takes a third of it.
    pub measured: Duration,
    /// What is done concurrently where something is.
    pub at_once: u16,
    /// Whether it is too short to rely on.
    pub quick: bool,
    /// Whether spans are collected, of a tenth of the orders.
    pub traces: bool,
}

impl Plan {
    /// When `load` is measured.
    #[must_use]
    pub(crate) fn window(&self, load: Load) -> Window {
        let answers_at_once = !load.subject.lasts();
        let measured = if answers_at_once { self.measured / 3 } else { self.measured };
        let warm_up = if answers_at_once || load.at_once == 1 { BRIEF } else { WARM_UP };
        Window { warm_up, measured }
    }

    /// What a measurement by this plan of the workspace `root` is made of, with programs in the folder `binaries`.
    ///
    /// # Errors
    /// When Git or a file cannot be read.
    pub fn setting(&self, root: &Path, binaries: &Path) -> Result<Setting, BenchError> {
        let profile = binaries.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Setting {
            date: now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            commit: git::commit(root)?,
            profile,
            dapr: dapr(root)?,
            machine: Machine::read(),
            pairs: self.pairs,
            seconds: self.measured.as_secs(),
            quick: self.quick,
            traces: self.traces,
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a report says when it was made")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The version of Dapr that the workspace pins.
fn dapr(root: &Path) -> Result<String, BenchError> {
    let path = root.join("tools/dapr/go.mod");
    let text = fs::read_to_string(&path).map_err(BenchError::file(&path))?;
    let version =
        text.split_once("github.com/dapr/dapr v").map(|(_, rest)| rest.split_whitespace());
    Ok(version.and_then(|mut words| words.next()).unwrap_or("unknown").to_owned())
}
