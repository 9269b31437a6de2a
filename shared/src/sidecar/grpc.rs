//! The gRPC API of the sidecar.

use crate::observe;
use dapr::dapr::proto::runtime::v1::dapr_client::DaprClient;
use dapr_durabletask::client::TaskHubGrpcClient;
use std::time::Duration;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// The timeout of a call.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);

/// The timeout of a mail. A mail that is sent after a timeout would be sent twice, so this is longer
/// than mail servers usually stall.
pub(super) const MAIL_DEADLINE: Duration = Duration::from_mins(5);

/// A channel to the sidecar that connects on first use, and reconnects.
#[derive(Debug, Clone)]
pub(super) struct Grpc {
    channel: Channel,
    patient: Channel,
    address: String,
}

impl Grpc {
    pub(super) fn new(port: u16) -> Self {
        let address = format!("http://127.0.0.1:{port}");
        let endpoint = Endpoint::from_shared(address.clone()).expect("a loopback address is a URI");
        let endpoint = endpoint.connect_timeout(Duration::from_secs(1));
        let channel = endpoint.clone().timeout(DEADLINE).connect_lazy();
        let patient = endpoint.timeout(MAIL_DEADLINE).connect_lazy();
        Self { channel, patient, address }
    }

    /// For calls whose result must be awaited.
    pub(super) fn patient(&self) -> Dapr {
        DaprClient::with_interceptor(self.patient.clone(), in_trace as Interceptor)
    }

    pub(super) fn dapr(&self) -> Dapr {
        DaprClient::with_interceptor(self.channel.clone(), in_trace as Interceptor)
    }

    pub(super) fn workflows(&self) -> TaskHubGrpcClient {
        TaskHubGrpcClient::from_channel(self.channel.clone())
    }

    /// For a wait with another bound.
    pub(super) fn patient_workflows(&self) -> TaskHubGrpcClient {
        TaskHubGrpcClient::from_channel(self.patient.clone())
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

/// A client whose calls propagate the trace context of their caller.
pub(super) type Dapr = DaprClient<InterceptedService<Channel, Interceptor>>;

type Interceptor = fn(Request<()>) -> Called;

type Called = Result<Request<()>, Status>;

#[expect(clippy::unnecessary_wraps, reason = "an interceptor may refuse")]
fn in_trace(mut request: Request<()>) -> Called {
    observe::inject_metadata(request.metadata_mut());
    Ok(request)
}
