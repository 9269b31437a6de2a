//! Who may operate workflows: the function that hosts them, and no other.

use super::{NAMESPACE, Violations};
use dapr_durabletask::api::Result;
use dapr_durabletask::client::TaskHubGrpcClient;
use dapr_durabletask::proto_public::history_event::EventType;
use dapr_durabletask::proto_public::{
    EventRaisedEvent, ExecutionResumedEvent, ExecutionStartedEvent, ExecutionSuspendedEvent,
    ExecutionTerminatedEvent, HistoryEvent, WorkflowInstance,
};
use dapr_durabletask::worker::TaskHubGrpcWorker;
use local::mesh::Mesh;
use prost::Message;
use reqwest::Client;
use std::time::Duration;
use tests::system::wait::until;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The function that hosts workflows.
const HOST: &str = "order-saga";

/// The name of a workflow that waits, and its id.
const WAITS: &str = "waits";

/// The longest until all sidecars know who hosts workflows.
const LIMIT: Duration = Duration::from_secs(30);

/// An operation as the actor of a workflow takes it: its name, the actor's method and the body.
type Operation = (&'static str, &'static str, Vec<u8>);

/// The violations when every one of `functions` operates the workflows of the host.
pub(super) async fn violations(mesh: &Mesh, functions: &[&str]) -> Violations {
    let mut worker = TaskHubGrpcWorker::new(&mesh.grpc_url(HOST));
    worker.registry_mut().add_named_orchestrator(WAITS, |context| async move {
        context.wait_for_external_event("end").await
    });
    let stop = CancellationToken::new();
    let _stopped_at_end = stop.clone().drop_guard();
    tokio::spawn(async move { worker.start(stop).await });
    let mut host = TaskHubGrpcClient::new(&mesh.grpc_url(HOST)).await.expect("it responds");
    until("the host schedules", LIMIT, async || schedule(&mut host).await.then_some(())).await;
    let (mut violations, http) = (Violations::new(), Client::new());
    for other in functions.iter().filter(|function| **function != HOST) {
        for operation in operations() {
            violations.extend(unless_denied(mesh, &http, other, &operation).await);
        }
    }
    let own = operate(&mut host).await;
    violations.extend(own.err().map(|error| format!("{HOST} may not operate its own: {error}")));
    violations
}

/// Whether the workflow of the host is scheduled. Without a worker, scheduling hangs, and may succeed late.
async fn schedule(host: &mut TaskHubGrpcClient) -> bool {
    let id = Some(WAITS.to_owned());
    let schedule = host.schedule_new_orchestration(WAITS, None, id, None);
    match timeout(Duration::from_secs(5), schedule).await {
        Ok(Err(error)) => error.to_string().contains("already exists"),
        Ok(Ok(_)) => true,
        Err(_) => false,
    }
}

/// Every other operation, by the host.
async fn operate(host: &mut TaskHubGrpcClient) -> Result<()> {
    host.get_orchestration_state(WAITS, false).await?;
    host.raise_orchestration_event(WAITS, "other", None).await?;
    host.suspend_orchestration(WAITS, None).await?;
    host.resume_orchestration(WAITS, None).await?;
    host.terminate_orchestration(WAITS, None, false).await?;
    host.wait_for_orchestration_completion(WAITS, false, Some(LIMIT)).await?;
    host.purge_orchestration(WAITS, false).await.map(|_| ())
}

/// The request by which a workflow is started.
#[derive(Clone, PartialEq, Message)]
struct Start {
    #[prost(message, optional, tag = "1")]
    event: Option<HistoryEvent>,
}

fn operations() -> Vec<Operation> {
    let event = |event| HistoryEvent { event_type: Some(event), ..HistoryEvent::default() };
    // Without an instance, Dapr's engine would crash where no policy denies it.
    let instance = WorkflowInstance { instance_id: WAITS.to_owned(), execution_id: None };
    let started = ExecutionStartedEvent {
        name: WAITS.to_owned(),
        workflow_instance: Some(instance),
        ..Default::default()
    };
    let start = Start { event: Some(event(EventType::ExecutionStarted(started))) };
    let add = |name, it| (name, "AddWorkflowEvent", event(it).encode_to_vec());
    vec![
        ("schedule", "CreateWorkflowInstance", start.encode_to_vec()),
        ("get", "WaitForRuntimeStatus", Vec::new()),
        add("raise", EventType::EventRaised(EventRaisedEvent::default())),
        add("pause", EventType::ExecutionSuspended(ExecutionSuspendedEvent::default())),
        add("resume", EventType::ExecutionResumed(ExecutionResumedEvent::default())),
        add("terminate", EventType::ExecutionTerminated(ExecutionTerminatedEvent::default())),
        ("purge", "PurgeWorkflowState", Vec::new()),
        ("rerun", "RerunWorkflowInstance", Vec::new()),
    ]
}

/// What an operation by `function` results in, if it is not denied.
async fn unless_denied(
    mesh: &Mesh,
    http: &Client,
    function: &str,
    (operation, method, body): &Operation,
) -> Option<String> {
    let actor = format!("dapr.internal.{NAMESPACE}.{HOST}.workflow/{WAITS}");
    let url = format!("{}/v1.0/actors/{actor}/method/{method}", mesh.http_url(function));
    let what = format!("{function} knows the host of workflows");
    let (status, text) = until(&what, LIMIT, async || {
        let answer = http.post(&url).body(body.clone()).send().await.expect("it responds");
        let (status, text) = (answer.status(), answer.text().await.expect("it is complete"));
        (!text.contains("did not find address for actor")).then_some((status, text))
    })
    .await;
    let denied = text.contains("denied by workflow access policy");
    (!denied).then(|| format!("{function} is not denied to {operation}: {status} {text}"))
}
