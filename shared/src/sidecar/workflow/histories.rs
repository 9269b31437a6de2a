//! Histories of workflows as released versions wrote them, in `shared/tests/histories/<version>`:
//! each must replay, after every turn, for as long as a workflow of that version may run. A release
//! adds its own (`UPDATE=1 cargo test -p shared histories`, and for those that Dapr kept of real orders
//! `UPDATE=1 cargo test -p tests --test system -- histories`) and changes none that is there.

use super::replay::{FakeEngine, fails_at, refuses_at, well};
use super::*;
use dapr_durabletask::proto_public::history_event::EventType;
use dapr_durabletask::proto_public::workflow_action::WorkflowActionType;
use dapr_durabletask::proto_public::{HistoryEvent, OrchestrationStatus, WorkflowAction};
use dapr_durabletask::worker::{OrchestrationExecutor, OrchestratorFn, WorkerOptions};
use prost::Message;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const HISTORIES: &str = "tests/histories";

/// The result of each step of an order.
type Way = fn(&str) -> Option<Value>;

/// The histories that this version records, named after their ends.
fn ways() -> [(&'static str, Way); 3] {
    [
        ("completed", |step| Some(well(step))),
        ("cancelled", |step| Some(refuses_at("ship", step))),
        ("stuck", |step| fails_at(&["pay", "refund-payment"], step)),
    ]
}

async fn record() {
    let folder = Path::new(HISTORIES).join(env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(&folder).unwrap();
    for (name, way) in ways() {
        let history = FakeEngine::new(way).history().await;
        let bytes: Vec<_> =
            history.iter().flat_map(Message::encode_length_delimited_to_vec).collect();
        fs::write(folder.join(format!("{NAME}.{name}.bin")), bytes).unwrap();
    }
}

fn files() -> Vec<PathBuf> {
    let versions = fs::read_dir(HISTORIES).unwrap().map(|version| version.unwrap().path());
    let files = versions.flat_map(|version| fs::read_dir(version).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

fn events(file: &Path) -> Vec<HistoryEvent> {
    let bytes = fs::read(file).unwrap();
    let mut rest = bytes.as_slice();
    let mut events = Vec::new();
    while !rest.is_empty() {
        events.push(HistoryEvent::decode_length_delimited(&mut rest).unwrap());
    }
    events
}

/// What the workflow wants once it has replayed `past` and taken its next turn.
async fn turn(past: &[HistoryEvent], new: &[HistoryEvent]) -> Vec<WorkflowAction> {
    let saga: OrchestratorFn = Arc::new(|context| Box::pin(order_saga(context)));
    let (past, new) = (past.to_vec(), new.to_vec());
    let options = WorkerOptions::default();
    let turn =
        OrchestrationExecutor::execute(&saga, "id", past, new, String::new(), &options, None);
    turn.await.unwrap().actions
}

/// The outcome by which the workflow ends, if it does. One that does not fit its history fails.
fn end(actions: Vec<WorkflowAction>) -> Option<Outcome> {
    actions.into_iter().find_map(|action| {
        let WorkflowActionType::CompleteWorkflow(end) = action.workflow_action_type? else {
            return None;
        };
        assert_eq!(end.workflow_status(), OrchestrationStatus::Completed, "{end:?}");
        Some(serde_json::from_str(&end.result?).unwrap())
    })
}

#[tokio::test]
async fn every_recorded_history_replays_to_its_end() {
    if option_env!("UPDATE").is_some() {
        record().await;
    }
    let files = files();
    assert!(!files.is_empty());
    for file in files {
        let events = events(&file);
        let starts =
            |event: &HistoryEvent| matches!(event.event_type, Some(EventType::WorkflowStarted(_)));
        let mut turns: Vec<_> = (0..events.len()).filter(|at| starts(&events[*at])).collect();
        turns.push(events.len());
        let mut outcome = None;
        for bounds in turns.windows(2) {
            assert_eq!(outcome, None, "{} ends too early", file.display());
            let (past, new) = (&events[..bounds[0]], &events[bounds[0]..bounds[1]]);
            outcome = end(turn(past, new).await);
        }
        let name = file.file_name().unwrap().to_str().unwrap();
        let outcome = outcome.map(|outcome| format!("{NAME}.{}.", outcome.name()));
        assert!(outcome.is_some_and(|outcome| name.starts_with(&outcome)), "{name}");
    }
}
