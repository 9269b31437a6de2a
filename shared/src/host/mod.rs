//! The process around a function: settings, log, serving, health, drain and exit code.

mod clock;
mod connections;
pub(crate) mod router;
mod serve;
pub mod settings;
mod telemetry;

pub use clock::SystemClock;
pub use settings::limits::MAX_STREAMS;
pub use settings::{
    CORS_ORIGINS, InvalidSettings, PAYMENT_SWEEP, RESERVATION, SERVED_COUNTRIES, UNDO_TRIES,
};

use self::settings::{DAPR_GRPC_PORT, DAPR_HTTP_PORT, Environment, Setting, Together};
use crate::ports::Failure;
use crate::sidecar::Sidecar;
use axum::Router;
use axum::http::HeaderValue;
use futures::future::BoxFuture;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// `EX_USAGE` of sysexits.h: the settings are at fault.
const USAGE: u8 = 64;

/// What a function does: the requests that it serves and, if it hosts workflows, its worker.
pub struct Service {
    router: Router,
    worker: Option<Worker>,
    tasks: TaskTracker,
    public: bool,
    /// Whose pages may call it from a browser.
    origins: Vec<HeaderValue>,
}

type Worker = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, Result<(), Failure>> + Send>;

impl Service {
    /// Takes calls from everybody, not from its sidecar alone.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// Lets pages of these `origins`, such as `https://shop.example`, call it from a browser.
    #[must_use]
    pub fn called_from(mut self, origins: Vec<HeaderValue>) -> Self {
        self.origins = origins;
        self
    }

    /// Waits for `tasks` before the process ends, however long the requests last that began them.
    #[must_use]
    pub fn waits_for(mut self, tasks: TaskTracker) -> Self {
        self.tasks = tasks;
        self
    }

    /// Runs `worker` beside the requests until its token is cancelled.
    #[must_use]
    pub fn with_worker<F>(
        mut self,
        worker: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        self.worker = Some(Box::new(|stop| Box::pin(worker(stop))));
        self
    }
}

impl From<Router> for Service {
    fn from(router: Router) -> Self {
        Self { router, worker: None, tasks: TaskTracker::new(), public: false, origins: vec![] }
    }
}

/// What a function is built from: its settings and its sidecar.
pub struct Setup {
    sidecar: Sidecar,
    stopping: CancellationToken,
}

impl Setup {
    /// The value of `setting` in the environment.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn read<T>(&self, setting: &Setting<T>) -> Result<T, InvalidSettings> {
        setting.read(&Environment)
    }

    /// The sidecar of this function.
    #[must_use]
    pub fn sidecar(&self) -> &Sidecar {
        &self.sidecar
    }

    /// Is cancelled when the process is asked to stop.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }
}

/// Runs the function called `name`, which `build` makes, until the process is asked to stop.
///
/// The exit code is 0 after a clean stop, 64 when settings cannot be used, else 1.
pub async fn run<S: Into<Service>>(
    name: &'static str,
    build: impl FnOnce(&Setup) -> Result<S, InvalidSettings>,
) -> ExitCode {
    // One that was installed before serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let process = serve::Process::read(name, &Environment);
    let ports = (DAPR_HTTP_PORT.read(&Environment), DAPR_GRPC_PORT.read(&Environment)).together();
    // Without ports the sidecar is on none, so that faults of other settings are found too.
    let (http, grpc) = ports.clone().unwrap_or_default();
    let stopping = CancellationToken::new();
    let setup = Setup { sidecar: Sidecar::new(http, grpc), stopping };
    match (process, ports, build(&setup)).together() {
        Ok((process, _, service)) => process.run(service.into(), setup).await,
        Err(invalid) => {
            invalid.iter().for_each(|fault| eprintln!("{name}: {fault}"));
            ExitCode::from(USAGE)
        }
    }
}
