//! On `notifications`: mails each notification once.

use axum::Router;
use shared::domain::event::{CloudEvent, NotificationRequested, Topic};
use shared::host::{self, SystemClock};
use shared::operations::email::{Mailed, NotificationMailer};
use shared::ports::{Clock, Documents, Mailer, Publisher};
use shared::sidecar::delivery::{DeliveryError, on};
use std::process::ExitCode;

const NAME: &str = env!("CARGO_PKG_NAME");

#[tokio::main]
async fn main() -> ExitCode {
    host::run(NAME, |setup| {
        let sidecar = setup.sidecar();
        let room = NotificationMailer::new(sidecar.inbox(), sidecar.mailer(), SystemClock);
        Ok(app(room, sidecar.publisher()))
    })
    .await
}

fn app<I, M, C, P>(room: NotificationMailer<I, M, C>, publisher: P) -> Router
where
    I: Documents<String, Mailed>,
    M: Mailer,
    C: Clock,
    P: Publisher,
{
    on(Topic::Notifications, NAME, publisher, move |event: CloudEvent| {
        let room = room.clone();
        async move {
            let request = event.data::<NotificationRequested>()?.ok_or_else(|| event.unknown())?;
            Ok::<_, DeliveryError>(room.mail(event.id, request).await?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::domain::event::Notice;
    use shared::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeMailer};
    use shared::testing::orders::{at, euro, placed_order};
    use shared::testing::{conforms, send};

    const ROUTE: &str = "POST /events/notifications";

    fn function(mailer: &FakeMailer) -> Router {
        let room =
            NotificationMailer::new(FakeDocuments::default(), mailer.clone(), FakeClock(at(0)));
        app(room, FakeBroker::default())
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(function(&FakeMailer::default()), &[], &[ROUTE]).await;
    }

    #[tokio::test]
    async fn a_notification_delivered_twice_is_mailed_once() {
        let (mailer, placed) = (FakeMailer::default(), placed_order());
        let notice = Notice::Receipt { amount: euro(1_999) };
        let (to, name) = (placed.order.email, placed.order.ship_to.name);
        let request = NotificationRequested { order_id: placed.order_id, to, name, notice };
        let (event, function) = (json!(CloudEvent::of(&request, at(0))), function(&mailer));
        for _ in 0..2 {
            let (_, verdict) = send(function.clone(), ROUTE, &event).await;
            assert_eq!(verdict["status"], "SUCCESS");
        }
        assert_eq!((mailer.sent().len(), mailer.sent()[0].to.as_str()), (1, "ann@example.com"));
    }
}
