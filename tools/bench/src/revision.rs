//! Revisions of the workspace, each with its programs.

use crate::setting::Plan;
use crate::{BenchError, ceiling, git};
use local::progress::Progress;
use local::{Options, workspace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The profile of Cargo that programs are built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// As they are deployed.
    Release,
    /// As tests run them: several times slower.
    Dev,
}

impl Profile {
    /// The folder of its programs.
    fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }
}

/// A state of the workspace.
#[derive(Debug, Clone)]
pub struct Revision {
    /// Its root.
    pub root: PathBuf,
    /// The folder of its programs.
    pub binaries: PathBuf,
    /// Whether the ceilings run beside it.
    ceilings: bool,
}

impl Revision {
    /// The workspace as it is; its programs are those of this one's profile, unless another is given.
    #[must_use]
    pub fn head(profile: Option<Profile>) -> Self {
        let own = workspace::binaries();
        let binaries = profile.map_or(own.clone(), |profile| own.with_file_name(profile.folder()));
        Self { root: workspace::root(), binaries, ceilings: true }
    }

    /// A revision of Git beside `head`, built with the same profile, in folders that later calls use again.
    ///
    /// # Errors
    /// When there is no such revision.
    pub fn base(head: &Self, revision: &str) -> Result<Self, BenchError> {
        let target = head.binaries.parent().unwrap_or(Path::new("."));
        let root = target.join("bench/base");
        git::check_out(&head.root, revision, &root)?;
        let profile = head.binaries.file_name().unwrap_or_default();
        // Outside of the worktree, so that they stay when it is removed.
        let binaries = target.join("bench/build").join(profile);
        Ok(Self { root, binaries, ceilings: false })
    }

    /// The folder of results.
    #[must_use]
    pub fn results(&self) -> PathBuf {
        self.binaries.with_file_name("bench")
    }

    /// The same without the ceilings beside it.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { ceilings: false, ..self }
    }

    /// Removes the files of a [`Revision::base`], except its programs.
    ///
    /// # Errors
    /// When Git fails.
    pub fn remove(&self) -> Result<(), BenchError> {
        git::remove(&workspace::root(), &self.root)
    }

    /// The commit.
    ///
    /// # Errors
    /// When Git fails.
    pub fn commit(&self) -> Result<String, BenchError> {
        git::commit(&self.root)
    }

    /// How its shop is started.
    #[must_use]
    pub fn options(&self, plan: &Plan, build: bool) -> Options {
        let env = [
            ("RUST_LOG", "warn"),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.1"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Options {
            env: BTreeMap::from(env),
            workspace: self.root.clone(),
            binaries: self.binaries.clone(),
            guests: self.ceilings.then(ceiling::guest).into_iter().collect(),
            traces: plan.traces,
            build,
            progress: Progress::Shown,
            ..Options::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_in_the_folder_of_their_profile() {
        let own = Revision::head(None);
        assert_eq!(own.binaries, workspace::binaries());
        let release = Revision::head(Some(Profile::Release));
        assert!(release.binaries.ends_with("release"));
        assert_eq!(release.binaries.parent(), own.binaries.parent());
    }
}
