//! CPU time and the machine, as Linux's [proc(5)](https://man7.org/linux/man-pages/man5/proc.5.html) shows them;
//! nothing elsewhere.
#![expect(clippy::float_arithmetic, reason = "times are fractions")]

use crate::stats::float;
use local::{Cluster, Process};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;

/// Milliseconds of a tick: every architecture shows 100 ticks per second to programs.
const TICK: f64 = 10.0;

/// The milliseconds of CPU time that each process of a shop has used, by its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cpu(pub BTreeMap<String, f64>);

impl Cpu {
    /// Those of the processes of `cluster`.
    #[must_use]
    pub fn read(cluster: &Cluster) -> Self {
        let of = |process: &Process| {
            Some((process.name().to_owned(), used(&process.pid()?.to_string())?))
        };
        Self(cluster.processes().filter_map(of).collect())
    }

    /// What was used since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self(super::since(&self.0, &before.0))
    }
}

/// The milliseconds of CPU time that this process has used.
#[must_use]
pub fn own_cpu() -> f64 {
    used("self").unwrap_or_default()
}

fn used(pid: &str) -> Option<f64> {
    ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The fields `utime` and `stime`, the 14th and 15th. The second is the program's name, in parentheses, and may
/// contain both spaces and parentheses.
fn ticks(stat: &str) -> Option<f64> {
    let mut rest = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut field = || rest.next()?.parse::<u64>().ok().map(float);
    Some((field()? + field()?) * TICK)
}

/// The machine, and how much it had to do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The model of its processor.
    pub processor: String,
    /// Its cores.
    pub cores: usize,
    /// Its memory, in MiB.
    pub memory: u64,
    /// The version of its kernel.
    pub kernel: String,
    /// The load averages of the last minute, five and fifteen.
    pub load: String,
}

impl Machine {
    /// This one, now.
    #[must_use]
    pub fn read() -> Self {
        let read = |file: &str| fs::read_to_string(format!("/proc/{file}")).unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let memory = field(&read("meminfo"), "MemTotal").split(' ').next().map(str::parse::<u64>);
        let load = read("loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ");
        Self {
            processor: field(&read("cpuinfo"), "model name"),
            cores,
            memory: memory.and_then(Result::ok).unwrap_or_default() / 1024,
            kernel: read("sys/kernel/osrelease").trim().to_owned(),
            load,
        }
    }

    /// The milliseconds of CPU time that other machines on the same host have taken from this one.
    #[must_use]
    pub fn stolen() -> f64 {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let stolen =
            stat.lines().next().and_then(|all| all.split_whitespace().nth(8)?.parse().ok());
        stolen.map(float).unwrap_or_default() * TICK
    }
}

/// The value of the first line `name : value`.
pub(super) fn field(text: &str, name: &str) -> String {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let value = lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned());
    value.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_found_after_any_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 9 0 0 0 150 25 0 0 20 0 4 0 100 0";
        assert_eq!(ticks(stat), Some(1_750.0));
        assert_eq!(ticks("7 (a"), None);
    }

    #[test]
    fn a_field_is_named_before_its_colon() {
        let text = "vendor_id\t: x\nmodel name\t: A b\nmodel name\t: C\nMemTotal:   2048 kB\n";
        assert_eq!([field(text, "model name"), field(text, "MemTotal")], ["A b", "2048 kB"]);
        assert_eq!(field(text, "none"), "");
    }
}
