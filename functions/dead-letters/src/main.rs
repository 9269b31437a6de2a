//! `GET /api/dead-letters` and `…/{letter_id}`, `POST …/resend` and `…/drop`: what staff do with dead letters.

use axum::Router;
use shared::http::dead_letters;
use shared::ports::DeadLetters;
use shared::{host, wiring};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(wiring::dead_letters(setup)))).await
}

fn app(letters: impl DeadLetters) -> Router {
    dead_letters::routes(letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Extension;
    use serde_json::{Value, json};
    use shared::domain::dead_letter::{DeadLetter, Subscription};
    use shared::domain::order::Order;
    use shared::http::caller::FromSidecar;
    use shared::ports::{Documents, document};
    use shared::testing::fakes::{FakeDocuments, fake_dead_letters, fake_dead_letters_of};
    use shared::testing::orders::placed_order;
    use shared::testing::{conforms, send, send_with};

    const LIST: &str = "GET /api/dead-letters";

    async fn give_up(letters: &impl DeadLetters, message: &Value) -> DeadLetter {
        let of = Subscription { topic: "orders".to_owned(), function: "notify-order".to_owned() };
        letters.record(of, message.to_string().as_bytes()).await.unwrap()
    }

    fn event(id: &str) -> Value {
        json!({"specversion": "1.0", "id": id, "source": "saga-shop", "type": "order.exploded"})
    }

    #[tokio::test]
    async fn it_conforms() {
        let handles = ["POST /api/dead-letters/a/resend", "POST /api/dead-letters/a/drop"];
        let routes = [LIST, "GET /api/dead-letters/a"];
        conforms(app(fake_dead_letters().0), &handles, &routes).await;
    }

    #[tokio::test]
    async fn a_letter_is_listed_without_its_message_and_shown_with_it() {
        let (letters, _) = fake_dead_letters();
        let mut poison = event("1");
        poison["deadletterreason"] = json!("its type is unknown here");
        let letter = give_up(&letters, &poison).await;
        let expected = json!({
            "letter_id": letter.letter_id, "function": "notify-order", "topic": "orders",
            "reason": "its type is unknown here", "status": "open", "failures": 1,
            "event_id": "1", "event_type": "order.exploded",
            "created_at": "2027-01-15T08:00:00Z", "updated_at": "2027-01-15T08:00:00Z"
        });
        let (_, page) = send(app(letters.clone()), LIST, &Value::Null).await;
        assert_eq!(page, json!({"dead_letters": [expected]}));
        let route = format!("{LIST}/{}", letter.letter_id);
        let (_, mut shown) = send(app(letters), &route, &Value::Null).await;
        assert_eq!(shown["message"].take(), event("1"));
    }

    #[tokio::test]
    async fn a_letter_is_resent_or_dropped_for_good_and_leaves_the_list() {
        let (letters, broker) = fake_dead_letters();
        let mut ids = Vec::new();
        for message in [event("1"), event("2"), json!("no event")] {
            ids.push(give_up(&letters, &message).await.letter_id);
        }
        for (id, what, status, said) in [
            (&ids[0], "resend", 200, "resent"),
            (&ids[0], "resend", 200, "resent"),
            (&ids[0], "drop", 409, "dead-letter-resent"),
            (&ids[1], "drop", 200, "dropped"),
            (&ids[1], "drop", 200, "dropped"),
            (&ids[1], "resend", 409, "dead-letter-dropped"),
            (&ids[2], "resend", 409, "not-an-event"),
        ] {
            let route = format!("POST /api/dead-letters/{id}/{what}");
            let (answered, body) = send(app(letters.clone()), &route, &json!({})).await;
            assert_eq!(answered, status, "{route}: {body}");
            assert_eq!(body[if status == 200 { "status" } else { "code" }], said);
        }
        assert_eq!(broker.published(), [("orders".to_owned(), event("1"))]);
        let (_, page) = send(app(letters), LIST, &Value::Null).await;
        let left = page["dead_letters"].as_array().unwrap().iter();
        assert_eq!(left.map(|letter| &letter["letter_id"]).collect::<Vec<_>>(), [&json!(ids[2])]);
    }

    #[tokio::test]
    async fn who_resends_a_letter_and_why_stands_in_it_and_in_its_order() {
        let (orders, placed) = (FakeDocuments::default(), placed_order());
        orders.save(&placed.order_id, &Order::new(placed.clone()), None).await.unwrap();
        let (letters, _) = fake_dead_letters_of(&orders);
        let mut message = event("1");
        message["subject"] = json!(placed.order_id);
        let letter = give_up(&letters, &message).await;
        let called = app(letters).layer(Extension(FromSidecar));
        let (staff, path) = (
            [("shop-caller", "sam orders.admin")],
            format!("/api/dead-letters/{}", letter.letter_id),
        );
        let resend = format!("POST {path}/resend");
        let unknown = json!({"reason": "fixed", "by": "bob"});
        let (status, problem) = send_with(called.clone(), &resend, &staff, &unknown).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("by")));
        let long = json!({"reason": "x".repeat(201)});
        assert_eq!(send_with(called.clone(), &resend, &staff, &long).await.0, 422);
        let asked = json!({"reason": "the template is fixed"});
        assert_eq!(send_with(called.clone(), &resend, &staff, &asked).await.0, 200);
        let handling = json!({
            "action": "resend", "by": "sam", "reason": "the template is fixed",
            "at": "2027-01-15T08:00:00Z"
        });
        let (_, shown) = send(called, &format!("GET {path}"), &Value::Null).await;
        assert_eq!(shown["handlings"], json!([handling]));
        let order = document(&orders, &placed.order_id).await.unwrap().unwrap();
        let mut noted = handling;
        (noted["letter_id"], noted["event_type"], noted["function"]) =
            (json!(letter.letter_id), json!("order.exploded"), json!("notify-order"));
        assert_eq!(json!(order.handled_letters), json!([noted]));
    }

    #[tokio::test]
    async fn a_list_is_read_page_by_page() {
        let (letters, _) = fake_dead_letters();
        for id in ["1", "2", "3"] {
            give_up(&letters, &event(id)).await;
        }
        let (_, first) = send(app(letters.clone()), &format!("{LIST}?limit=2"), &Value::Null).await;
        let next = first["next"].as_str().unwrap();
        let (_, rest) =
            send(app(letters.clone()), &format!("{LIST}?after={next}"), &Value::Null).await;
        assert_eq!(
            (rest["dead_letters"].as_array().unwrap().len(), &rest["next"]),
            (1, &Value::Null)
        );
        for (query, field) in [("after=x", "after"), ("limit=101", "limit"), ("page=2", "page")] {
            let route = format!("{LIST}?{query}");
            let (status, problem) = send(app(letters.clone()), &route, &Value::Null).await;
            assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)));
        }
    }

    #[tokio::test]
    async fn an_unknown_letter_is_not_found() {
        for route in [
            "GET /api/dead-letters/a",
            "POST /api/dead-letters/a/resend",
            "POST /api/dead-letters/a/drop",
        ] {
            let (status, problem) = send(app(fake_dead_letters().0), route, &json!({})).await;
            assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("unknown-dead-letter")));
        }
    }
}
