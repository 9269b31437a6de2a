//! On `notifications`: mails each notification once.

use axum::Router;
use shared::domain::event::{CloudEvent, Topic};
use shared::host::{self, Service, SystemClock};
use shared::operations::email::{Entry, NotificationMailer};
use shared::ports::{Clock, Documents, Later, Mailer, Publisher};
use shared::sidecar::delivery::{DeliveryError, on};
use shared::sidecar::later;
use std::process::ExitCode;

const NAME: &str = env!("CARGO_PKG_NAME");

#[tokio::main]
async fn main() -> ExitCode {
    host::run(NAME, |setup| {
        let sidecar = setup.sidecar();
        let (inbox, mailer, later) = (sidecar.inbox(), sidecar.mailer(), sidecar.later());
        let room = NotificationMailer::new(inbox, mailer, later, SystemClock);
        let tasks = room.tasks();
        let app = app(room, sidecar.publisher()).merge(later::host(sidecar));
        Ok(Service::from(app).waits_for(tasks))
    })
    .await
}

fn app<I, M, L, C, P>(room: NotificationMailer<I, M, L, C>, publisher: P) -> Router
where
    I: Documents<String, Entry>,
    M: Mailer,
    L: Later,
    C: Clock,
    P: Publisher,
{
    on(Topic::Notifications, NAME, publisher, move |event: CloudEvent| {
        let room = room.clone();
        async move { Ok::<_, DeliveryError>(room.deliver(event).await??) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::domain::event::{Notice, NotificationRequested};
    use shared::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeLater, FakeMailer};
    use shared::testing::orders::{at, euro, placed_order};
    use shared::testing::{conforms, send};

    const ROUTE: &str = "POST /events/notifications";

    fn function(mailer: &FakeMailer) -> Router {
        let (inbox, later) = (FakeDocuments::default(), FakeLater::default());
        let room = NotificationMailer::new(inbox, mailer.clone(), later, FakeClock(at(0)));
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
