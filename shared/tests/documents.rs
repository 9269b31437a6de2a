//! Documents as released versions wrote them, in `tests/documents/<version>`: later versions read
//! them, and read them with fields that they do not know. A release adds its own
//! (`UPDATE=1 cargo test -p shared --test documents`) and changes none that is there.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::domain::order::{Order, Progress};
use shared::domain::placing::PlacedOrder;
use shared::domain::saga::{Cause, Outcome, Step, Stop};
use shared::domain::shipment::{Shipment, ShipmentState};
use shared::domain::{PaymentId, Refusal, TrackingId};
use shared::testing::orders::{at, euro, placed_order};
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: &str = "tests/documents";

fn order(last: Outcome) -> Value {
    let placed = placed_order();
    let (payment_id, tracking_id) =
        (PaymentId::of(&placed.order_id), TrackingId::of(&placed.order_id));
    let mut order = Order::new(placed);
    for progress in [
        Progress::Reserved { total: euro(1300) },
        Progress::Paid { payment_id },
        Progress::Shipped { tracking_id },
        Progress::Ended(last),
    ] {
        order.note(&progress, at(1));
    }
    json!(order)
}

fn cause() -> Cause {
    let refusal = Refusal::CountryNotServed { country: "AQ".to_owned() };
    Cause { step: Step::Ship, stop: Stop::Refused(refusal) }
}

/// Documents of this version, by the name of their files.
fn samples() -> [(&'static str, Value); 5] {
    let left = vec![Step::RefundPayment];
    let shipment = Shipment::new(placed_order().order_id, ShipmentState::Booked);
    [
        ("placed", json!(placed_order())),
        ("order.completed", order(Outcome::Fulfilled)),
        ("order.cancelled", order(Outcome::Cancelled { cause: cause() })),
        ("order.stuck", order(Outcome::Stuck { cause: cause(), left })),
        ("shipment", json!(shipment)),
    ]
}

fn record() {
    let folder = Path::new(DOCUMENTS).join(env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(&folder).expect("a folder can be made");
    for (name, sample) in samples() {
        fs::write(folder.join(format!("{name}.json")), format!("{sample:#}\n"))
            .expect("a sample can be written");
    }
}

fn files() -> Vec<PathBuf> {
    let versions = fs::read_dir(DOCUMENTS).expect("the folder is there").map(listed);
    let files = versions.flat_map(|version| fs::read_dir(version).expect("a version is a folder"));
    files.map(listed).collect()
}

fn listed(file: std::io::Result<fs::DirEntry>) -> PathBuf {
    file.expect("a file is listed").path()
}

/// The document with a field in every object that no version knows.
fn with_unknown_fields(document: Value) -> Value {
    match document {
        Value::Array(items) => items.into_iter().map(with_unknown_fields).collect(),
        Value::Object(fields) => {
            let known = fields.into_iter().map(|(name, value)| (name, with_unknown_fields(value)));
            // An enum's variant is an object of one field.
            let is_variant = |fields: &serde_json::Map<_, _>| {
                fields.len() == 1
                    && fields.keys().all(|name: &String| VARIANTS.contains(&name.as_str()))
            };
            let mut fields: serde_json::Map<_, _> = known.collect();
            if !is_variant(&fields) {
                fields.insert("of-a-later-version".to_owned(), json!({"since": 2}));
            }
            Value::Object(fields)
        }
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
    }
}

const VARIANTS: [&str; 3] = ["cancelled", "stuck", "refused"];

/// Reads a document as `T` and writes it again.
fn again<T: DeserializeOwned + Serialize>(document: &Value) -> Value {
    json!(serde_json::from_value::<T>(document.clone()).expect("it is readable"))
}

fn read(file: &Path, document: &Value) -> Value {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name.split('.').next().unwrap_or_default() {
        "placed" => again::<PlacedOrder>(document),
        "order" => again::<Order>(document),
        "shipment" => again::<Shipment>(document),
        other => panic!("say what {other} is read as"),
    }
}

/// Whether `all` holds everything that `part` holds; what a later version adds does not matter.
fn holds(all: &Value, part: &Value) -> bool {
    match (all, part) {
        (Value::Object(all), Value::Object(part)) => {
            part.iter().all(|(name, value)| all.get(name).is_some_and(|found| holds(found, value)))
        }
        (Value::Array(all), Value::Array(part)) => {
            all.len() == part.len() && all.iter().zip(part).all(|(all, part)| holds(all, part))
        }
        (all, part) => all == part,
    }
}

#[test]
fn every_document_that_a_release_wrote_is_read_with_what_later_ones_add() {
    if option_env!("UPDATE").is_some() {
        record();
    }
    assert!(!files().is_empty());
    for file in files() {
        let document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let read_again = read(&file, &document);
        assert!(holds(&read_again, &document), "{}: {read_again}", file.display());
        assert_eq!(read(&file, &with_unknown_fields(document)), read_again, "{}", file.display());
    }
}
