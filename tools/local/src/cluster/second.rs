//! A second process of a function beside the first, under the same app id.

use super::{Cluster, START_LIMIT, sidecar_name};
use crate::LocalError;
use crate::process::Process;
use futures::future::{try_join, try_join_all};
use futures::join;
use std::process::ExitStatus;
use std::time::Duration;

/// The longest that both may take to stop: longer than the function waits and drains.
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// A second process of a function, and its sidecar.
pub struct Second<'a> {
    app: &'a Process,
    sidecar: &'a Process,
}

impl Cluster {
    /// The second process of `function`, which is not running yet.
    ///
    /// # Panics
    /// When there is none: see [`Options::seconds`](super::Options::seconds).
    #[must_use]
    pub fn second(&self, function: &str) -> Second<'_> {
        let name = format!("{function}.second");
        let of =
            |name: &str| self.seconds.get(name).unwrap_or_else(|| panic!("there is no {name}"));
        Second { app: of(&name), sidecar: of(&sidecar_name(&name)) }
    }
}

impl Second<'_> {
    /// Starts both, and waits until they are ready.
    ///
    /// # Errors
    /// When one does not run or takes too long.
    pub async fn start(&self) -> Result<(), LocalError> {
        try_join(self.app.start(), self.sidecar.start()).await?;
        try_join_all([self.app, self.sidecar].map(|it| it.ready(START_LIMIT))).await.map(|_| ())
    }

    /// Signals both to stop at the same time, as a platform does, and returns the exit statuses of the
    /// function and of the sidecar.
    pub async fn stop(&self) -> [Option<ExitStatus>; 2] {
        join!(self.app.stop(STOP_LIMIT), self.sidecar.stop(STOP_LIMIT)).into()
    }

    /// The output of the function so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.app.log()
    }
}
