//! The ceilings, as their client sees them.

use super::{DEADLINE, Outcome};
use crate::BenchError;
use crate::ceiling::{NAME, chain};
use crate::load::Subject;
use dapr_durabletask::client::TaskHubGrpcClient;
use local::Cluster;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

/// Where the ceilings are.
#[derive(Debug)]
pub(super) struct Ceilings {
    pub(super) bare: String,
    pub(super) invocation: String,
    pub(super) sidecar: String,
    grpc: Channel,
}

impl Ceilings {
    pub(super) fn of(cluster: &Cluster) -> Result<Self, BenchError> {
        let port = cluster.sidecar_grpc_port(NAME);
        let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}"));
        let grpc = endpoint.map_err(BenchError::request("connection"))?.connect_lazy();
        let caller = cluster.sidecar_url("gateway");
        Ok(Self {
            bare: format!("{}/bare", cluster.url(NAME)),
            invocation: format!("{caller}/v1.0/invoke/{NAME}/method/bare"),
            sidecar: cluster.sidecar_url(NAME),
            grpc,
        })
    }

    pub(super) async fn workflow(&self, subject: Subject) -> Result<Outcome, BenchError> {
        const START: &str = "start of a workflow";
        let waited = if let Subject::Chain(activities) = subject { Some(activities) } else { None };
        let name = chain(waited.unwrap_or_default());
        let mut client = TaskHubGrpcClient::from_channel(self.grpc.clone());
        let id = Some(Uuid::now_v7().to_string());
        let start = client.schedule_new_orchestration(&name, None, id, None);
        let id = start.await.map_err(BenchError::request(START))?;
        if waited.is_some() {
            let end = client.wait_for_orchestration_completion(&id, false, Some(DEADLINE));
            end.await.map_err(BenchError::request("end of a workflow"))?;
        }
        Ok(Outcome::Done)
    }
}
