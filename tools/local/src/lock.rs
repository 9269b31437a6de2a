//! File locks.

use crate::LocalError;
use crate::wait::ticks;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

/// How often a lock that is held is retried.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// A lock; it is released when this is dropped and when the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Locks the file `path`, which is created if it is missing; None while another process holds it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>, LocalError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(LocalError::file("create", folder))?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(path);
        let file = file.map_err(LocalError::file("open", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(LocalError::file("lock", path)(source)),
        }
    }

    /// Locks the file `path` as soon as no other process holds it. Calls `waiting` after each attempt.
    pub(crate) async fn take(path: &Path, mut waiting: impl FnMut()) -> Result<Self, LocalError> {
        let mut ticks = ticks(RETRY_INTERVAL);
        loop {
            ticks.tick().await;
            if let Some(lock) = Self::try_take(path)? {
                return Ok(lock);
            }
            waiting();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_holder_at_a_time_has_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/lock");
        let first = Lock::try_take(&path).unwrap().unwrap();
        assert!(Lock::try_take(&path).unwrap().is_none());
        let mut first = Some(first);
        let second = Lock::take(&path, || drop(first.take())).await;
        assert!(second.is_ok());
    }
}
