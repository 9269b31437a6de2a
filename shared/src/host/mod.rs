//! The process around a function: settings, log, serving, health, drain and exit code.

mod clock;
#[cfg(feature = "key-vault")]
mod rotation;
pub(crate) mod router;
mod serve;
pub mod settings;
mod telemetry;

pub use clock::SystemClock;
pub use settings::{RESERVATION, SERVED_COUNTRIES};

use self::settings::{Environment, Reader, Setting, Variables};
use crate::operations::payments::{PaymentService, Payments};
use crate::ports::Failure;
use crate::provider::StripeProvider;
use crate::sidecar::Sidecar;
use axum::Router;
use futures::future::BoxFuture;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// `EX_USAGE` of sysexits.h: the settings are at fault.
const USAGE: u8 = 64;

/// What a function does: the requests that it serves and, if it hosts workflows, its worker.
pub struct Service {
    router: Router,
    worker: Option<Worker>,
    public: bool,
}

type Worker = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, Result<(), Failure>> + Send>;

impl Service {
    /// Takes calls from everybody, not from its sidecar alone.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
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
        Self { router, worker: None, public: false }
    }
}

/// What a function is built from.
pub struct Setup {
    reader: Reader<Environment>,
    sidecar: Sidecar,
}

impl Setup {
    /// The value of `setting`; nothing, and the fault is told, when it cannot be used.
    pub fn read<T>(&mut self, setting: &Setting<T>) -> Option<T> {
        self.reader.read(setting)
    }

    /// The payments of the payment provider that the settings name; nothing, and the fault is told,
    /// when they name none.
    pub fn payments(&mut self) -> Option<impl Payments> {
        let address = self.read(&settings::PAYMENT_PROVIDER_URL)?;
        Some(PaymentService {
            documents: self.sidecar.payment_documents(),
            provider: StripeProvider::new(address, self.sidecar.secrets()),
            publisher: self.sidecar.publisher(),
            clock: SystemClock,
        })
    }

    /// The sidecar of this function.
    #[must_use]
    pub fn sidecar(&self) -> &Sidecar {
        &self.sidecar
    }
}

/// Runs the function called `name`, which `build` makes, until the process is told to stop. `build`
/// gives nothing when a setting that it needs is at fault.
///
/// The exit code is 0 after a clean stop, 64 when settings are at fault, else 1.
pub async fn run<S: Into<Service>>(
    name: &'static str,
    build: impl FnOnce(&mut Setup) -> Option<S>,
) -> ExitCode {
    // Whoever installed one before serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut reader = Reader::new(Environment);
    let process = serve::Process::read(name, &mut reader);
    let sidecar = sidecar(&mut reader);
    let mut setup = Setup { reader, sidecar };
    let service = build(&mut setup);
    match (process, service) {
        (Some(process), Some(service)) if setup.reader.invalid().is_empty() => {
            process.run(service.into(), setup.sidecar).await
        }
        _ => {
            for invalid in setup.reader.invalid() {
                eprintln!("{name}: {invalid}");
            }
            ExitCode::from(USAGE)
        }
    }
}

/// The sidecar; one on no port when a setting is at fault, so that the others can still be read.
fn sidecar(reader: &mut Reader<impl Variables>) -> Sidecar {
    let http = reader.read(&settings::DAPR_HTTP_PORT).unwrap_or_default();
    let grpc = reader.read(&settings::DAPR_GRPC_PORT).unwrap_or_default();
    Sidecar::new(http, grpc)
}
