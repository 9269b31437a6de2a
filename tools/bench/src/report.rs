//! What was measured, as JSON and as tables.

mod place;
mod rows;
mod table;
mod tables;

pub use self::place::write_between;
#[cfg(test)]
pub(crate) use self::rows::tests::sample;
pub use self::rows::{Comparison, Row, compared, rows};
pub use self::table::Table;
pub use self::tables::tables;
pub(crate) use self::tables::{comparisons, heading, interval, number};

use crate::BenchError;
use crate::block::Sample;
use crate::counters::Machine;
use crate::load::Load;
use crate::loops::Latency;
use crate::meter::Work;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Where and how something was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Setting {
    /// When it began, in UTC.
    pub date: String,
    /// The commit, with `-dirty` if files differed from it.
    pub commit: String,
    /// The profile of the programs.
    pub profile: String,
    /// The version of Dapr.
    pub dapr: String,
    /// The machine, before anything was started.
    pub machine: Machine,
    /// The number of pairs; of starts, where those are measured.
    pub pairs: usize,
    /// The seconds of each measurement; none of starts, which take as long as they take.
    pub seconds: u64,
    /// Whether it was too short to rely on.
    pub quick: bool,
    /// Whether spans were collected, of a tenth of the orders.
    pub traces: bool,
}

/// Latencies at a rate below the capacity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenSample {
    /// The load; its concurrency is that of the capacity.
    pub load: Load,
    /// The percentage of the capacity.
    pub percent: u8,
    /// Arrivals per second.
    pub per_second: f64,
    /// How long each took, from the time at which it was to begin.
    pub latency: Latency,
    /// What was done.
    pub done: u64,
    /// What was rejected.
    pub rejected: u64,
    /// What was begun late.
    pub late: u64,
    /// What was not begun.
    pub dropped: u64,
}

/// All that was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Where and how.
    pub setting: Setting,
    /// The CPU time of each process without any load, in milliseconds per second.
    pub idle: BTreeMap<String, f64>,
    /// The work of an order.
    pub work: Work,
    /// Every block, in order.
    pub samples: Vec<Sample>,
    /// The blocks of each load.
    pub rows: Vec<Row>,
    /// The ratios of pairs.
    pub comparisons: Vec<Comparison>,
    /// The latencies below the capacity.
    pub open: Vec<OpenSample>,
}

/// Writes `report` as JSON to the file `path`.
///
/// # Errors
/// When it cannot be written.
pub fn write_json(report: &impl Serialize, path: &Path) -> Result<(), BenchError> {
    let text = serde_json::to_string_pretty(report).map_err(BenchError::counter("the report"))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text + "\n"))
        .map_err(BenchError::file(path))
}
