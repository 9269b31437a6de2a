//! Events are a promise to others: their schemas are committed, and so are events as they were once
//! published, which must stay readable forever.

use serde_json::{Value, json};
use shared::domain::event::schema::schemas;
use shared::domain::event::{
    CloudEvent, Event, NotificationRequested, OrderCancelled, OrderCompleted, OrderCreated,
    OrderPaid, OrderRefunded, OrderReserved, OrderShipped, OrderStuck, PaymentCharged,
    PaymentDeclined, PaymentRefunded, Poison,
};
use std::fs;
use std::path::{Path, PathBuf};

fn schema_file(name: &str) -> PathBuf {
    Path::new("../schemas").join(format!("{name}.json"))
}

/// Every event that was ever published, by file name.
fn published() -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir("tests/events").expect("the folder is there");
    let path = |file: std::io::Result<fs::DirEntry>| file.expect("a file is listed").path();
    let read =
        |path: PathBuf| (path.display().to_string(), fs::read(&path).expect("it is readable"));
    files.map(path).map(read).collect()
}

/// Reads an event's data as the type that it names; returns whether there is such a type.
fn read(event: &CloudEvent) -> Result<bool, Poison> {
    fn is<E: Event>(event: &CloudEvent) -> Result<bool, Poison> {
        event.data::<E>().map(|data| data.is_some())
    }
    let readers = [
        is::<OrderCreated>,
        is::<OrderReserved>,
        is::<OrderPaid>,
        is::<OrderShipped>,
        is::<OrderCompleted>,
        is::<OrderCancelled>,
        is::<OrderStuck>,
        is::<OrderRefunded>,
        is::<PaymentCharged>,
        is::<PaymentDeclined>,
        is::<PaymentRefunded>,
        is::<NotificationRequested>,
    ];
    readers.iter().map(|reader| reader(event)).try_fold(false, |known, read| Ok(known | read?))
}

#[test]
fn the_schemas_are_those_of_the_code() {
    for (name, schema) in schemas() {
        let (file, schema) = (schema_file(&name), format!("{schema:#}\n"));
        let committed = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(committed, schema, "{} is stale: run `./makew generate`", file.display());
    }
    assert_eq!(
        fs::read_dir("../schemas").unwrap().count(),
        schemas().len(),
        "schemas without an event"
    );
}

#[test]
fn yesterdays_events_are_readable() {
    let published = published();
    for (file, event) in &published {
        let event = CloudEvent::read(event).unwrap_or_else(|poison| panic!("{file}: {poison}"));
        assert_eq!(read(&event), Ok(true), "{file}");
    }
    for (name, _) in schemas() {
        let example = Value::String(name.clone());
        let named = |(_, event): &(String, Vec<u8>)| {
            serde_json::from_slice::<Value>(event).unwrap()["dataschema"] == example
        };
        assert!(published.iter().any(named), "there is no example of {name} in tests/events");
    }
}

#[test]
fn every_field_that_a_schema_requires_is_missed() {
    for (file, event) in published() {
        let event = CloudEvent::read(&event).unwrap();
        let (_, schema) =
            schemas().into_iter().find(|(name, _)| *name == event.dataschema).unwrap();
        for field in schema["required"].as_array().unwrap() {
            let mut less = event.clone();
            less.data.as_object_mut().unwrap().remove(field.as_str().unwrap());
            assert!(matches!(read(&less), Err(Poison::BadData(_))), "{file} without {field}");
        }
        let mut more = event.clone();
        more.data["added_later"] = json!({"anything": [1, 2]});
        assert_eq!(read(&more), Ok(true), "{file} with a field more");
    }
}
