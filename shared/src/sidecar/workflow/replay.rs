//! The workflow against synthetic history, without a sidecar. What it calls, with which input and
//! in which order, is pinned as text: running workflows replay against it.

use super::*;
use crate::domain::saga::Stop;
use crate::testing::orders::{euro, placed_order};
use dapr_durabletask::proto_public::history_event::EventType;
use dapr_durabletask::proto_public::prost_types::Timestamp;
use dapr_durabletask::proto_public::workflow_action::WorkflowActionType;
use dapr_durabletask::proto_public::{
    ExecutionStartedEvent, HistoryEvent, TaskCompletedEvent, TaskFailedEvent, TaskFailureDetails,
    TaskScheduledEvent, TimerCreatedEvent, TimerFiredEvent, WorkflowAction, WorkflowStartedEvent,
};
use dapr_durabletask::worker::{OrchestrationExecutor, OrchestratorFn, WorkerOptions};
use serde_json::{Value, json};
use std::sync::Arc;

/// The result of an activity: a value, or none when it fails.
type ActivityAnswer = Option<Value>;

/// A workflow engine without time and without infrastructure.
pub(super) struct FakeEngine<F> {
    answer: F,
    now: Timestamp,
    past: Vec<HistoryEvent>,
    new: Vec<HistoryEvent>,
    calls: Vec<String>,
}

impl<F: FnMut(&str) -> ActivityAnswer> FakeEngine<F> {
    pub(super) fn new(answer: F) -> Self {
        let now = Timestamp { seconds: 1_800_000_000, nanos: 0 };
        let mut engine = Self { answer, now, past: vec![], new: vec![], calls: vec![] };
        let started = EventType::WorkflowStarted(WorkflowStartedEvent::default());
        engine.happen(started);
        engine.happen(EventType::ExecutionStarted(ExecutionStartedEvent {
            name: NAME.to_owned(),
            input: Some(json!(saga_input()).to_string()),
            ..ExecutionStartedEvent::default()
        }));
        engine
    }

    /// Runs the workflow to its end, and returns its history.
    pub(super) async fn history(mut self) -> Vec<HistoryEvent> {
        self.turns().await;
        self.past
    }

    /// Runs the workflow to its end, and returns its calls and its outcome.
    async fn run(mut self) -> (String, Outcome) {
        let result = self.turns().await;
        (self.calls.join("\n"), serde_json::from_str(&result).unwrap())
    }

    /// Each turn replays the workflow from its beginning; returns its result.
    async fn turns(&mut self) -> String {
        let saga: OrchestratorFn = Arc::new(|context| Box::pin(order_saga(context)));
        loop {
            let (past, new) = (self.past.clone(), self.new.clone());
            let options = WorkerOptions::default();
            let turn = OrchestrationExecutor::execute(
                &saga,
                "id",
                past,
                new,
                String::new(),
                &options,
                None,
            );
            let actions = turn.await.unwrap().actions;
            self.past.append(&mut self.new);
            for action in actions {
                if let Some(result) = self.execute(action) {
                    return result;
                }
            }
            let started = EventType::WorkflowStarted(WorkflowStartedEvent::default());
            self.new.insert(0, self.event(-1, started));
        }
    }

    /// Does what the workflow requests, and returns its result once it has ended.
    fn execute(&mut self, action: WorkflowAction) -> Option<String> {
        let kind = action.workflow_action_type.unwrap();
        if let WorkflowActionType::CompleteWorkflow(end) = kind {
            return end.result;
        } else if let WorkflowActionType::ScheduleTask(task) = kind {
            self.call(action.id, task.name, task.input);
        } else if let WorkflowActionType::CreateTimer(timer) = kind {
            self.wait(action.id, timer.fire_at.unwrap());
        } else {
            panic!("the saga does nothing else: {kind:?}");
        }
        None
    }

    fn call(&mut self, id: i32, name: String, input: Option<String>) {
        let order = placed_order();
        let shown = input.clone().unwrap_or_default();
        let shown = shown
            .replace(&serde_json::to_string(&order).unwrap(), "ORDER")
            .replace(order.order_id.as_str(), "ID");
        self.calls.push(format!("{name} {shown}"));
        let result = (self.answer)(&name);
        let scheduled = TaskScheduledEvent { name, input, ..TaskScheduledEvent::default() };
        self.past.push(self.event(id, EventType::TaskScheduled(scheduled)));
        self.happen(match result {
            Some(result) => EventType::TaskCompleted(TaskCompletedEvent {
                task_scheduled_id: id,
                result: Some(result.to_string()),
                ..TaskCompletedEvent::default()
            }),
            None => EventType::TaskFailed(TaskFailedEvent {
                task_scheduled_id: id,
                failure_details: Some(TaskFailureDetails::default()),
                ..TaskFailedEvent::default()
            }),
        });
    }

    fn wait(&mut self, id: i32, until: Timestamp) {
        let millis = (until.seconds - self.now.seconds) * 1000
            + i64::from(until.nanos - self.now.nanos) / 1_000_000;
        self.calls.push(format!("wait {millis} ms"));
        let created = TimerCreatedEvent { fire_at: Some(until), ..TimerCreatedEvent::default() };
        self.past.push(self.event(id, EventType::TimerCreated(created)));
        self.now = until;
        self.happen(EventType::TimerFired(TimerFiredEvent { fire_at: Some(until), timer_id: id }));
    }

    fn happen(&mut self, happened: EventType) {
        self.new.push(self.event(-1, happened));
    }

    fn event(&self, event_id: i32, happened: EventType) -> HistoryEvent {
        HistoryEvent {
            event_id,
            timestamp: Some(self.now),
            router: None,
            event_type: Some(happened),
        }
    }
}

fn saga_input() -> SagaInput {
    SagaInput { order: placed_order(), forward_seconds: 720, undo_tries: UNDO_TRIES }
}

pub(super) fn well(step: &str) -> Value {
    match step {
        "reserve" => json!({"result": {"Ok": {"all": {"total": euro(700)}}}}),
        _ => json!({"result": {"Ok": null}}),
    }
}

/// Every step succeeds but one, which is refused.
pub(super) fn refuses_at(refused: &str, step: &str) -> Value {
    let refusal = json!({"type": "country-not-served", "country": "AQ"});
    if step == refused { json!({"result": {"Err": refusal}}) } else { well(step) }
}

/// Every step succeeds but some, which fail.
pub(super) fn fails_at(failing: &[&str], step: &str) -> Option<Value> {
    (!failing.contains(&step)).then(|| well(step))
}

/// The waits among `calls`, in milliseconds.
fn waits(calls: &str) -> Vec<i64> {
    let millis = |call: &str| call.strip_prefix("wait ")?.strip_suffix(" ms")?.parse().ok();
    calls.lines().filter_map(millis).collect()
}

#[tokio::test]
async fn a_successful_order_calls_its_steps_in_order() {
    let (calls, outcome) = FakeEngine::new(|step| Some(well(step))).run().await;
    let expected = r#"create ORDER
reserve {"order_id":"ID","part":{"products":0,"sum":null}}
pay {"order_id":"ID","total":{"amount":700,"currency":"EUR"}}
ship "ID"
complete "ID""#;
    assert_eq!((calls.as_str(), outcome), (expected, Outcome::Fulfilled));
}

#[tokio::test]
async fn an_order_of_many_products_is_reserved_in_parts() {
    let mut tries = 0;
    let parts = |step: &str| match step {
        "reserve" if tries == 0 => {
            tries += 1;
            Some(json!({"result": {"Ok": {"part": {"products": 60, "sum": euro(400)}}}}))
        }
        step => Some(well(step)),
    };
    let (calls, outcome) = FakeEngine::new(parts).run().await;
    let expected = r#"
reserve {"order_id":"ID","part":{"products":60,"sum":{"amount":400,"currency":"EUR"}}}
pay {"order_id":"ID","total":{"amount":700,"currency":"EUR"}}"#;
    assert!(calls.contains(expected), "{calls}");
    assert_eq!(outcome, Outcome::Fulfilled);
}

#[tokio::test]
async fn an_order_that_is_refused_is_undone() {
    let refused = |step: &str| Some(refuses_at("ship", step));
    let (calls, outcome) = FakeEngine::new(refused).run().await;
    let expected = r#"create ORDER
reserve {"order_id":"ID","part":{"products":0,"sum":null}}
pay {"order_id":"ID","total":{"amount":700,"currency":"EUR"}}
ship "ID"
release-stock {"order_id":"ID","cause":{"step":"ship","stop":{"refused":{"type":"country-not-served","country":"AQ"}}}}
refund-payment {"order_id":"ID","cause":{"step":"ship","stop":{"refused":{"type":"country-not-served","country":"AQ"}}}}
cancel-shipment {"order_id":"ID","cause":{"step":"ship","stop":{"refused":{"type":"country-not-served","country":"AQ"}}}}
close {"order":ORDER,"outcome":{"cancelled":{"cause":{"step":"ship","stop":{"refused":{"type":"country-not-served","country":"AQ"}}}}}}"#;
    assert_eq!(calls, expected);
    assert!(matches!(outcome, Outcome::Cancelled { .. }));
}

#[tokio::test]
async fn a_step_that_fails_is_tried_until_its_time_is_over_and_then_undone() {
    let fails = |step: &str| fails_at(&["reserve"], step);
    let (calls, outcome) = FakeEngine::new(fails).run().await;
    let waits = waits(&calls);
    assert_eq!(waits[..7], [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    let seconds = waits.iter().sum::<i64>() / 1000;
    assert!((720..=735).contains(&seconds), "{seconds} seconds");
    let undone = r#"release-stock {"order_id":"ID","cause":{"step":"reserve","stop":"failed"}}
close {"order":ORDER,"outcome":{"cancelled":{"cause":{"step":"reserve","stop":"failed"}}}}"#;
    assert!(calls.ends_with(undone), "{calls}");
    assert!(matches!(outcome, Outcome::Cancelled { cause: Cause { stop: Stop::Failed, .. } }));
}

#[tokio::test]
async fn the_time_for_the_steps_up_to_the_shipment_is_one_for_all_of_them() {
    let mut tries = 0;
    let fails = |step: &str| match step {
        "reserve" if tries < 40 => {
            tries += 1;
            None
        }
        "pay" => None,
        step => Some(well(step)),
    };
    let (calls, _) = FakeEngine::new(fails).run().await;
    let seconds = waits(&calls).iter().sum::<i64>() / 1000;
    assert!((720..=735).contains(&seconds), "{seconds} seconds");
}

#[tokio::test]
async fn a_failing_undo_is_retried_for_a_day_then_named_and_delays_no_other() {
    let fails = |step: &str| fails_at(&["pay", "refund-payment"], step);
    let (calls, outcome) = FakeEngine::new(fails).run().await;
    let (before, undos) = calls.split_once("release-stock").unwrap();
    let hours = waits(undos).iter().sum::<i64>() / 3_600_000;
    assert!((20..=25).contains(&hours), "{hours} hours");
    assert!(!before.contains("refund-payment"));
    assert!(matches!(outcome, Outcome::Stuck { left, .. } if left == [Step::RefundPayment]));
}

#[tokio::test]
async fn unpublished_events_are_published_at_the_end_and_undo_nothing() {
    let silent = |step: &str| {
        let mut done = well(step);
        done["unpublished"] = json!(step == "reserve" || step == "complete");
        Some(done)
    };
    let (calls, outcome) = FakeEngine::new(silent).run().await;
    let published = r#"complete "ID"
publish {"order_id":"ID","steps":["reserve","complete"]}"#;
    assert!(calls.ends_with(published), "{calls}");
    assert_eq!(outcome, Outcome::Fulfilled);
}

#[tokio::test]
async fn an_order_is_the_same_when_its_events_are_never_published() {
    let silent = |step: &str| {
        let mut done = well(step);
        done["unpublished"] = json!(true);
        (step != PUBLISH).then_some(done)
    };
    let (_, outcome) = FakeEngine::new(silent).run().await;
    assert_eq!(outcome, Outcome::Fulfilled);
}
