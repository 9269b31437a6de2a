//! The histories of workflows as Dapr stores them. `UPDATE=1` records them for the replay tests of
//! `shared`, which is done for each release.

use super::harness::trials;
use dapr_durabletask::client::TaskHubGrpcClient;
use dapr_durabletask::proto_public::HistoryEvent;
use dapr_durabletask::proto_public::history_event::EventType;
use local::workspace;
use prost::Message;
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![recorded_histories_match_those_that_dapr_stores];

async fn recorded_histories_match_those_that_dapr_stores(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    for (outcome, country) in [("completed", "DE"), ("cancelled", "AQ")] {
        let mut body = shop.order(&[(&lamp, 1)]);
        body["ship_to"]["country"] = json!(country);
        let order = shop.place(&body).await;
        assert_eq!(shop.ended(&order).await.body["status"], outcome);
        let stored = history(shop, &order).await;
        let file = file(outcome);
        if option_env!("UPDATE").is_some() {
            let bytes = stored.iter().flat_map(Message::encode_length_delimited_to_vec);
            fs::write(&file, bytes.collect::<Vec<_>>()).expect("histories are writable");
        }
        assert_eq!(activities(&stored), activities(&recorded(&file)), "UPDATE=1 records it");
    }
}

fn file(outcome: &str) -> PathBuf {
    let name = format!("order-saga.{outcome}.dapr.bin");
    workspace::root().join("shared/tests/histories").join(env!("CARGO_PKG_VERSION")).join(name)
}

/// The history of a workflow that has ended.
async fn history(shop: &Shop, order: &str) -> Vec<HistoryEvent> {
    let address = format!("http://127.0.0.1:{}", shop.cluster.sidecar_grpc_port("order-saga"));
    let mut engine = TaskHubGrpcClient::new(&address).await.expect("the engine answers");
    until("the workflow has ended", Duration::from_secs(20), async || {
        let events = engine.get_instance_history(order).await.ok()?;
        let ended = matches!(events.last()?.event_type, Some(EventType::ExecutionCompleted(_)));
        ended.then_some(events)
    })
    .await
}

fn recorded(file: &PathBuf) -> Vec<HistoryEvent> {
    let bytes = fs::read(file).unwrap_or_default();
    let (mut rest, mut events) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let event = HistoryEvent::decode_length_delimited(&mut rest);
        events.push(event.expect("a history is a list of events"));
    }
    events
}

/// The distinct activities that the workflow scheduled: how many times each is scheduled depends on timing.
fn activities(history: &[HistoryEvent]) -> Vec<&str> {
    let mut names = Vec::new();
    for event in history {
        match &event.event_type {
            Some(EventType::TaskScheduled(task)) if !names.contains(&task.name.as_str()) => {
                names.push(task.name.as_str());
            }
            _ => {}
        }
    }
    names
}
