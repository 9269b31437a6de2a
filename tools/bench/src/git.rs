//! Git: which commit is measured, and other commits beside it.

use crate::BenchError;
use std::path::Path;
use std::process::Command;

/// The commit of the workspace `root`, shortened, with `-dirty` if files differ from it.
///
/// # Errors
/// When Git fails.
pub(crate) fn commit(root: &Path) -> Result<String, BenchError> {
    git(root, &["describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"])
}

/// Checks out `revision` in the folder `worktree`, which later calls use again.
///
/// # Errors
/// When there is no such revision.
pub(crate) fn check_out(root: &Path, revision: &str, worktree: &Path) -> Result<(), BenchError> {
    let id = git(root, &["rev-parse", "--verify", &format!("{revision}^{{commit}}")])?;
    let path = worktree.to_string_lossy();
    if worktree.join(".git").exists() {
        return git(worktree, &["checkout", "--quiet", "--force", "--detach", &id]).map(|_| ());
    }
    git(root, &["worktree", "prune"])?;
    git(root, &["worktree", "add", "--quiet", "--force", "--detach", &path, &id]).map(|_| ())
}

/// Removes the folder of [`check_out`].
///
/// # Errors
/// When Git fails.
pub(crate) fn remove(root: &Path, worktree: &Path) -> Result<(), BenchError> {
    let path = worktree.to_string_lossy();
    git(root, &["worktree", "remove", "--force", &path]).map(|_| ())
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, BenchError> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output();
    let output = output.map_err(BenchError::file(folder))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(BenchError::Git { command: arguments.join(" "), errors: text(&output.stderr) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_revision_is_checked_out_beside_another() {
        let folder = tempfile::tempdir().unwrap();
        let (root, worktree) = (folder.path().join("root"), folder.path().join("base"));
        fs::create_dir_all(&root).unwrap();
        git(&root, &["init", "--quiet"]).unwrap();
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet"];
        for (content, message) in [("1", "one"), ("2", "two")] {
            fs::write(root.join("file"), content).unwrap();
            git(&root, &["add", "file"]).unwrap();
            git(&root, &[&who[..], &["-m", message]].concat()).unwrap();
        }
        assert!(!commit(&root).unwrap().ends_with("-dirty"));
        fs::write(root.join("file"), "3").unwrap();
        assert!(commit(&root).unwrap().ends_with("-dirty"));
        for (revision, content) in [("HEAD~1", "1"), ("HEAD", "2")] {
            check_out(&root, revision, &worktree).unwrap();
            assert_eq!(fs::read_to_string(worktree.join("file")).unwrap(), content);
        }
        remove(&root, &worktree).unwrap();
        assert!(!worktree.exists());
        let error = check_out(&root, "nowhere", &worktree).unwrap_err().to_string();
        assert!(error.starts_with("git rev-parse --verify nowhere"), "{error}");
    }
}
