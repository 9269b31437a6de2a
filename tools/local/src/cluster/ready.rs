//! Waiting for processes that were restarted.

use super::{Cluster, SIDECAR, START_LIMIT};
use crate::LocalError;
use crate::process::Process;
use futures::future::try_join_all;

/// How many sidecars that ended [`Cluster::wait_ready`] starts again.
const RESTARTS: u32 = 3;

impl Cluster {
    /// Waits until every process is ready, for example after some were restarted. A sidecar that ends meanwhile
    /// is started again, as a platform does: its function may have shut it down.
    ///
    /// # Errors
    /// When one is not running, or is not ready in time.
    pub async fn wait_ready(&self) -> Result<(), LocalError> {
        let ran: Vec<_> = self.processes().filter(|it| it.alive()).map(Process::name).collect();
        let mut restarts = RESTARTS;
        loop {
            let ready = self.processes().map(|process| process.ready(START_LIMIT));
            let ready = try_join_all(ready).await;
            let ended = |name: &String| ran.contains(&name.as_str()) && name.ends_with(SIDECAR);
            match ready {
                Err(LocalError::Ended { name, .. }) if restarts > 0 && ended(&name) => {
                    restarts -= 1;
                    self.process(&name).start().await?;
                }
                ready => return ready.map(|_| ()),
            }
        }
    }
}
