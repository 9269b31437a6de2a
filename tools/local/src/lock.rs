//! A file that one process at a time may hold.

use crate::LocalError;
use crate::wait::ticks;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

/// How often it is tried to get a lock that another holds.
const TRY_EVERY: Duration = Duration::from_millis(250);

/// A lock; it is released when this is dropped and when the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// The lock of the file `path`, which is made where missing; nothing, while another holds it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>, LocalError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(LocalError::file("make", folder))?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(path);
        let file = file.map_err(LocalError::file("open", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(LocalError::file("lock", path)(source)),
        }
    }

    /// The lock of the file `path`, once no other process holds it.
    pub(crate) async fn take(path: &Path, mut waiting: impl FnMut()) -> Result<Self, LocalError> {
        let mut ticks = ticks(TRY_EVERY);
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
    async fn one_at_a_time_holds_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/lock");
        let first = Lock::try_take(&path).unwrap().unwrap();
        assert!(Lock::try_take(&path).unwrap().is_none());
        let mut first = Some(first);
        let second = Lock::take(&path, || drop(first.take())).await;
        assert!(second.is_ok());
    }
}
