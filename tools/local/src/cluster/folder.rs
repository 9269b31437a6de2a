//! The files of a cluster.

use super::Place;
use crate::LocalError;
use crate::lock::Lock;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, io};
use tempfile::TempDir;

/// The folder of a cluster: `logs`, `run`, `data`, `secrets.json`.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    secrets: PathBuf,
    keep: AtomicBool,
    /// Deletes a private folder.
    temporary: Option<TempDir>,
    /// Prevents a second cluster in a workspace's folder.
    _lock: Option<Lock>,
}

impl Folder {
    /// The folder for a cluster at `place`. Nothing in it is changed yet.
    pub(super) fn claim(place: Place, workspace: &Path, keep: bool) -> Result<Self, LocalError> {
        let (temporary, lock, root) = match place {
            Place::Private => {
                let temporary = tempfile::Builder::new().prefix("saga-shop-").tempdir();
                let parent = std::env::temp_dir();
                let temporary = temporary.map_err(LocalError::file("write in", &parent))?;
                let root = temporary.path().to_owned();
                (Some(temporary), None, root)
            }
            Place::Workspace => {
                let root = workspace.join(".local");
                let lock = Lock::try_take(&root.join("lock"))?;
                let lock = lock.ok_or_else(|| LocalError::AlreadyRunning(root.clone()))?;
                (None, Some(lock), root)
            }
        };
        let secrets = root.join("secrets.json");
        Ok(Self { root, secrets, keep: AtomicBool::new(keep), temporary, _lock: lock })
    }

    /// Removes the files of an earlier run, except data and secrets, and creates missing folders.
    pub(super) fn prepare(&self) -> Result<(), LocalError> {
        for folder in [self.logs(), self.run()] {
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(LocalError::file("remove", &folder)(error));
                }
                _ => {}
            }
        }
        let data = ["redis", "broker", "etcd"].map(|name| self.data(name));
        for folder in [self.logs(), self.resources()].iter().chain(&data) {
            fs::create_dir_all(folder).map_err(LocalError::file("create", folder))?;
        }
        Ok(())
    }

    /// Marks the data as in use by a scheduler. Returns whether it was still marked: the last scheduler was
    /// killed.
    ///
    /// # Errors
    /// When the marker cannot be written.
    pub(super) fn begin(&self) -> Result<bool, LocalError> {
        let marker = self.marker();
        let was_killed = marker.exists();
        fs::write(&marker, "").map_err(LocalError::file("write", &marker))?;
        Ok(was_killed)
    }

    /// Removes the marker, after the scheduler has stopped in order.
    pub(super) fn end(&self) {
        // If that fails, the next start shows a superfluous message.
        let _ = fs::remove_file(self.marker());
    }

    fn marker(&self) -> PathBuf {
        self.data("scheduler-runs")
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub(super) fn resources(&self) -> PathBuf {
        self.run().join("components")
    }

    pub(super) fn configuration(&self) -> PathBuf {
        self.run().join("config.yaml")
    }

    pub(super) fn data(&self, name: &str) -> PathBuf {
        self.root.join("data").join(name)
    }

    pub(super) fn secrets(&self) -> &Path {
        &self.secrets
    }

    /// The certificate of the Key Vault simulator's authority.
    pub(super) fn authority(&self) -> PathBuf {
        self.run().join("key-vault-ca.pem")
    }

    pub(super) fn log(&self, process: &str) -> PathBuf {
        self.logs().join(format!("{process}.log"))
    }

    pub(super) fn keep(&self) {
        self.keep.store(true, Ordering::Relaxed);
    }

    fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let keep = self.keep.load(Ordering::Relaxed) || std::thread::panicking();
        if let Some(temporary) = self.temporary.take()
            && keep
        {
            eprintln!("the logs of the run are kept in {}", temporary.keep().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_folder_is_deleted_unless_it_is_kept() {
        let nowhere = Path::new("/nowhere");
        let [deleted, kept] =
            [false, true].map(|keep| Folder::claim(Place::Private, nowhere, keep).unwrap());
        let paths = [&deleted, &kept].map(|folder| folder.root().to_owned());
        for folder in [deleted, kept] {
            folder.prepare().unwrap();
            assert!(folder.resources().is_dir());
        }
        assert_eq!(paths.each_ref().map(|path| path.exists()), [false, true]);
        fs::remove_dir_all(&paths[1]).unwrap();
    }

    #[test]
    fn a_folder_knows_whether_its_last_scheduler_was_killed() {
        let workspace = tempfile::tempdir().unwrap();
        let mut begun = Vec::new();
        for ends in [true, false, true, true] {
            let folder = Folder::claim(Place::Workspace, workspace.path(), false).unwrap();
            folder.prepare().unwrap();
            begun.push(folder.begin().unwrap());
            if ends {
                folder.end();
            }
        }
        assert_eq!(begun, [false, false, true, false]);
    }

    #[test]
    fn a_workspaces_folder_keeps_its_data_and_allows_one_cluster() {
        let workspace = tempfile::tempdir().unwrap();
        let claim = || Folder::claim(Place::Workspace, workspace.path(), false);
        let folder = claim().unwrap();
        folder.prepare().unwrap();
        let [log, data] = [folder.log("gateway"), folder.data("redis").join("appendonly.aof")];
        for file in [&log, &data] {
            fs::write(file, "old").unwrap();
        }
        assert!(matches!(claim(), Err(LocalError::AlreadyRunning(_))));
        drop(folder);
        claim().unwrap().prepare().unwrap();
        assert_eq!((log.exists(), data.exists()), (false, true));
    }
}
