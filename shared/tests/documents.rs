//! Documents as released versions wrote them, in `tests/documents/<version>`: later versions read
//! them, and read them with fields that they do not know. A release adds its own
//! (`UPDATE=1 cargo test -p shared --test documents`) and changes none that is there.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::domain::caller::Caller;
use shared::domain::dead_letter::{DeadLetter, Handling, LetterAction, Subscription};
use shared::domain::order::{
    Cancellation, Canceller, HandledLetter, NewOrderRefund, Order, Progress, Resumption,
};
use shared::domain::payment::{
    Charge, Owner, Payment, PaymentState, Refund, RefundId, RefundState,
};
use shared::domain::placing::PlacedOrder;
use shared::domain::saga::{Cause, Outcome, Step, Stop};
use shared::domain::shipment::{Shipment, ShipmentState};
use shared::domain::stock::{Adjust, Command, Put, Stock, turn};
use shared::domain::{PaymentId, Refusal, TrackingId};
use shared::http::orders::OrderRequest;
use shared::testing::orders::{
    at, euro, new_order_json, offer, placed_order, product, put_on_sale, reserve,
};
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

/// What the API no longer accepts, by where it is in a request.
fn no_longer_accepted() -> [(&'static str, Value); 6] {
    [
        ("/email", json!("j\u{f6}rg@b\u{fc}cher.example")),
        ("/payment_method", json!("card 4242")),
        ("/ship_to/name", json!("Ann ".repeat(30))),
        ("/ship_to/country", json!("Deutschland")),
        ("/items/0/quantity", json!(5_000)),
        ("/items/0/unit_price", json!({"amount": 550, "currency": "HRK"})),
    ]
}

fn replace(document: &mut Value, pointer: &str, value: Value) {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer has a slash");
    document.pointer_mut(parent).expect("the parent is there")[field] = value;
}

/// An order that was placed when the rules were others.
fn order_of_other_rules() -> Value {
    let mut order = order(Outcome::Fulfilled);
    for (pointer, value) in no_longer_accepted() {
        replace(&mut order, &format!("/placed/order{pointer}"), value);
    }
    order
}

fn payment(state: PaymentState) -> Payment {
    let order = placed_order();
    let payment_method = order.order.payment_method;
    let charge = Charge { order_id: order.order_id, amount: euro(1300), payment_method };
    Payment { state, spent_keys: 1, ..Payment::intended(Owner::Order, charge) }
}

fn refunded() -> Value {
    let refund = |refund_id, amount, state| Refund {
        refund_id,
        amount: euro(amount),
        state,
        spent_keys: 1,
        updated_at: Some(at(2)),
    };
    let id = PaymentId::of(&placed_order().order_id);
    let refunds = vec![
        refund(RefundId::for_key(&id, "sample"), 300, RefundState::Succeeded),
        refund(RefundId::undo(), 1000, RefundState::Pending),
    ];
    json!(Payment { refunds, called_off: true, ..payment(charged()) })
}

fn charged() -> PaymentState {
    PaymentState::Charged { reference: "pi_1".to_owned() }
}

/// A product of which an order has a reservation, another's is committed, and a third one's lapsed.
fn stock() -> Value {
    let (mut stock, lamp) = (None, product("lamp"));
    let id = |id: &str| id.to_owned().try_into().expect("an id is a text");
    let put = Put { id: id("put"), ..put_on_sale(offer(euro(650), 100)) };
    let reason = "two were broken".to_owned().try_into().expect("a reason is a text");
    let commit = "committed".parse().expect("the name is an id");
    for (command, second) in [
        (Command::Put(put), 0),
        (Command::Adjust(Adjust { delta: -2, reason, id: id("adjust") }), 1),
        (Command::Reserve(reserve("lapsed", 1)), 2),
        (Command::Reserve(reserve("committed", 2)), 3),
        (Command::Commit(commit), 4),
        (Command::Reserve(reserve("reserved", 3)), 90),
    ] {
        turn(&mut stock, &lamp, &command, at(second)).expect("the stock takes the command");
    }
    json!(stock)
}

/// An order with all that staff can do noted in it, and the letter about it that they dropped.
fn handled() -> (Value, Value) {
    let sam = "sam orders.admin".parse::<Caller>().expect("it is a caller").customer_id;
    let reason = "the lamp was broken".to_owned().try_into().ok();
    let mut order = Order::new(placed_order());
    let (by, staff) = (Some(sam.clone()), Some(sam.clone()));
    order.note_resumption(Resumption { by: by.clone(), reason: reason.clone(), at: at(1) });
    let cancelled = Cancellation { by: Canceller::Staff, staff, reason: reason.clone(), at: at(2) };
    order.cancel(cancelled).expect("it is not shipped");
    let payment_id = PaymentId::of(&order.placed.order_id);
    for progress in [
        Progress::Reserved { total: euro(1300) },
        Progress::Paid { payment_id: payment_id.clone() },
        Progress::Ended(Outcome::Fulfilled),
    ] {
        order.note(&progress, at(3));
    }
    let ask = NewOrderRefund { amount: Some(euro(300)), reason: reason.clone() };
    let refund = RefundId::for_key(&payment_id, "sample");
    order.ask_refund(&refund, &ask, Some(&sam), at(4)).expect("it was paid");
    let of = Subscription { topic: "orders".to_owned(), function: "notify-order".to_owned() };
    let event = br#"{"specversion": "1.0", "id": "1", "type": "order.exploded"}"#;
    let mut letter = DeadLetter::new(of, event, at(4));
    letter
        .handle(Handling { action: LetterAction::Drop, by, reason, at: at(5) })
        .expect("it is open");
    order.note_letter(HandledLetter::last(&letter).expect("it was handled"));
    (json!(order), json!(letter))
}

/// Documents of this version, by the name of their files.
fn samples() -> [(&'static str, Value); 13] {
    let left = vec![Step::RefundPayment];
    let (order_handled, letter) = handled();
    let shipment = Shipment::new(placed_order().order_id, ShipmentState::Booked);
    [
        ("placed", json!(placed_order())),
        ("order.completed", order(Outcome::Fulfilled)),
        ("order.cancelled", order(Outcome::Cancelled { cause: cause() })),
        ("order.stuck", order(Outcome::Stuck { cause: cause(), left })),
        ("order.of-other-rules", order_of_other_rules()),
        ("payment.created", json!(payment(PaymentState::Created { intent: "pi_1".to_owned() }))),
        ("payment.charged", json!(payment(charged()))),
        ("payment.refused", json!(payment(PaymentState::Refused(Refusal::PaymentVoided)))),
        ("payment.refunded", refunded()),
        ("stock", stock()),
        ("shipment", json!(shipment)),
        ("order.handled", order_handled),
        ("dead-letter", letter),
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
            let known = fields.into_iter().map(|(name, value)| {
                let value = match name.as_str() {
                    name if MAPS.contains(&name) => entries(&value),
                    MESSAGE => value,
                    _ => with_unknown_fields(value),
                };
                (name, value)
            });
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

const VARIANTS: [&str; 5] = ["cancelled", "stuck", "refused", "created", "charged"];

fn entries(map: &Value) -> Value {
    let entries = map.as_object().expect("it is an object").iter();
    entries.map(|(key, entry)| (key.clone(), with_unknown_fields(entry.clone()))).collect()
}

/// Fields that hold entries by their keys.
const MAPS: [&str; 2] = ["open", "lapsed"];

/// The field that holds what another program wrote, whatever that is.
const MESSAGE: &str = "message";

/// Reads a document as `T` and writes it again.
fn again<T: DeserializeOwned + Serialize>(document: &Value) -> Value {
    json!(serde_json::from_value::<T>(document.clone()).expect("it is readable"))
}

fn read(name: &str, document: &Value) -> Value {
    match name.split('.').next().unwrap_or_default() {
        "placed" => again::<PlacedOrder>(document),
        "order" => again::<Order>(document),
        "payment" => again::<Payment>(document),
        "stock" => again::<Stock>(document),
        "shipment" => again::<Shipment>(document),
        "dead-letter" => again::<DeadLetter>(document),
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
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let read_again = read(name, &document);
        assert!(holds(&read_again, &document), "{}: {read_again}", file.display());
        assert_eq!(read(name, &with_unknown_fields(document)), read_again, "{}", file.display());
    }
}

#[test]
fn the_documents_of_this_version_are_read_as_they_were_written() {
    for (name, document) in samples() {
        assert_eq!(read(name, &document), document, "{name}");
        assert_eq!(read(name, &with_unknown_fields(document.clone())), document, "{name}");
    }
}

#[test]
fn what_is_read_from_a_document_is_rejected_in_a_request() {
    let rejected = |body| serde_json::from_value::<OrderRequest>(body).is_err();
    assert!(!rejected(new_order_json()));
    for (pointer, value) in no_longer_accepted() {
        let mut body = new_order_json();
        replace(&mut body, pointer, value);
        assert!(rejected(body), "{pointer}");
    }
}
