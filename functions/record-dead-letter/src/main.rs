//! On the topics of dead letters: records the messages that other functions gave up on.

use axum::Router;
use shared::host;
use shared::ports::DeadLetters;
use shared::sidecar::dead_letters::on;
use shared::wiring::dead_letters;
use std::process::ExitCode;

/// The subscriptions of all event functions.
const SUBSCRIPTIONS: &str = include_str!("subscriptions.json");

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(dead_letters(setup)))).await
}

fn app(letters: impl DeadLetters) -> Router {
    on(SUBSCRIPTIONS, letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::testing::fakes::fake_dead_letters;
    use shared::testing::{conforms, send};

    const ROUTE: &str = "POST /events/notifications-send-email-dead";

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(fake_dead_letters().0), &[], &[ROUTE]).await;
    }

    #[tokio::test]
    async fn what_a_function_gave_up_on_waits_for_somebody() {
        let (letters, _) = fake_dead_letters();
        // "nonsense", as the sidecar delivers it.
        let delivery = json!({"data_base64": "bm9uc2Vuc2U="});
        let (_, verdict) = send(app(letters.clone()), ROUTE, &delivery).await;
        assert_eq!(verdict["status"], "SUCCESS");
        let page = letters.page(None, 9).await.unwrap();
        let letter = &page.letters[0];
        assert_eq!(
            (letter.subscription.function.as_str(), &letter.message),
            ("send-email", &json!("nonsense"))
        );
        let (_, subscribed) = send(app(letters), "GET /dapr/subscribe", &Value::Null).await;
        assert!(subscribed.as_array().is_some_and(|all| all.len() >= 5), "{subscribed}");
    }
}
