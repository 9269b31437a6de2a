//! The memory and the disk space that a shop takes.
#![expect(clippy::float_arithmetic, reason = "sizes are shown as fractions of MiB")]

use super::cpu::field;
use crate::BenchError;
use crate::stats::float;
use local::{Cluster, Process};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::{fs, io};

/// The store of the scheduler, which is a part of its process.
pub const ETCD: &str = "etcd";

/// The store of everything else.
pub const REDIS: &str = "redis";

/// The bytes by which `st_blocks` counts, whatever the blocks of the file system are.
const BLOCK: u64 = 512;

/// What a shop takes at a moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Footprint {
    /// The resident memory of each process, in MiB, by its name.
    pub memory: BTreeMap<String, f64>,
    /// The bytes that the files of each store take on disk. Those that are allocated in advance count.
    pub disk: BTreeMap<String, f64>,
}

impl Footprint {
    /// What `cluster` takes now.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(cluster: &Cluster) -> Result<Self, BenchError> {
        let memory =
            |process: &Process| Some((process.name().to_owned(), resident(process.pid()?)?));
        let disk = |store: &str| {
            let folder = cluster.data(store);
            let bytes = on_disk(&folder).map_err(BenchError::file(&folder))?;
            Ok((store.to_owned(), float(bytes)))
        };
        Ok(Self {
            memory: cluster.processes().filter_map(memory).collect(),
            disk: [ETCD, REDIS].into_iter().map(disk).collect::<Result<_, BenchError>>()?,
        })
    }
}

/// The resident memory of a process, in MiB; None if there is no such process, or no `/proc`.
#[must_use]
pub fn resident(pid: u32) -> Option<f64> {
    in_status(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn in_status(status: &str) -> Option<f64> {
    let kibibytes: u64 = field(status, "VmRSS").strip_suffix(" kB")?.parse().ok()?;
    Some(float(kibibytes) / 1_024.0)
}

/// The bytes that `path` takes, with all that is in it. A file that is deleted meanwhile takes none.
fn on_disk(path: &Path) -> io::Result<u64> {
    let found = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        found => found?,
    };
    let own = found.blocks() * BLOCK;
    if !found.is_dir() {
        return Ok(own);
    }
    let inside = fs::read_dir(path)?.map(|entry| on_disk(&entry?.path()));
    Ok(own + inside.sum::<io::Result<u64>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_in_mebibytes() {
        let status = "Name:\ta\nVmPeak:\t  9999 kB\nVmRSS:\t    2560 kB\nThreads:\t3\n";
        assert_eq!((in_status(status), in_status("Name:\ta\n")), (Some(2.5), None));
    }

    #[test]
    fn a_folder_takes_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let empty = on_disk(folder.path()).unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/file"), vec![7; 100_000]).unwrap();
        assert!(on_disk(folder.path()).unwrap() >= empty + 100_000);
        assert_eq!(on_disk(&folder.path().join("nothing")).unwrap(), 0);
    }
}
