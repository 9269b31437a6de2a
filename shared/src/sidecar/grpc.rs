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
    long_running: Channel,
    address: String,
}

impl Grpc {
    pub(super) fn new(port: u16) -> Self {
        let address = format!("http://127.0.0.1:{port}");
        let endpoint = Endpoint::from_shared(address.clone()).expect("a loopback address is a URI");
        let endpoint = endpoint.connect_timeout(Duration::from_secs(1));
        let channel = endpoint.clone().timeout(DEADLINE).connect_lazy();
        let long_running = endpoint.timeout(MAIL_DEADLINE).connect_lazy();
        Self { channel, long_running, address }
    }

    /// A client for calls that may take longer, such as mails.
    pub(super) fn long_running(&self) -> Dapr {
        DaprClient::with_interceptor(self.long_running.clone(), in_trace as Interceptor)
    }

    pub(super) fn dapr(&self) -> Dapr {
        DaprClient::with_interceptor(self.channel.clone(), in_trace as Interceptor)
    }

    pub(super) fn workflows(&self) -> TaskHubGrpcClient {
        TaskHubGrpcClient::from_channel(self.channel.clone())
    }

    /// A client for calls of workflows with a separate timeout.
    pub(super) fn long_running_workflows(&self) -> TaskHubGrpcClient {
        TaskHubGrpcClient::from_channel(self.long_running.clone())
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
