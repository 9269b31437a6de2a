//! Mails: what a notification says, and that it is said once.

use crate::domain::Money;
use crate::domain::event::{Notice, NotificationRequested};
use crate::observe;
use crate::ports::{Clock, Documents, Failure, Mail, Mailer, OrFail, Result, document};
use askama::Template;
use iso_currency::Currency;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::Mutex;
use tracing::{Instrument, Span};

/// That a notification was mailed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailed {
    /// When.
    pub at: Timestamp,
}

/// Mails notifications, one at a time.
#[derive(Debug, Clone)]
pub struct NotificationMailer<I, M, C> {
    inbox: I,
    mailer: M,
    clock: C,
    turn: Arc<Mutex<()>>,
}

impl<I: Documents<String, Mailed>, M: Mailer, C: Clock> NotificationMailer<I, M, C> {
    /// A mailer that remembers in `inbox` what it mailed.
    pub fn new(inbox: I, mailer: M, clock: C) -> Self {
        Self { inbox, mailer, clock, turn: Arc::default() }
    }

    /// Mails the notification called `id`, unless it was mailed before. Only a crash between
    /// sending and remembering mails it twice.
    ///
    /// # Errors
    /// When the mail server or the inbox fails.
    pub async fn mail(&self, id: String, request: NotificationRequested) -> Result<()> {
        let room = self.clone();
        // A caller that gives up must not cut off what may be half sent: whoever comes next waits
        // for its turn, and finds out.
        let mailing = async move { room.mail_in_turn(&id, &request).await };
        let mailing = tokio::spawn(mailing.instrument(Span::current()));
        mailing.await.map_err(|panic| Failure::new("email", "mail a notification", panic))?
    }

    async fn mail_in_turn(&self, id: &String, request: &NotificationRequested) -> Result<()> {
        let _turn = self.turn.lock().await;
        if document(&self.inbox, id).await?.is_some() {
            return Ok(());
        }
        self.mailer.send(&mail(request)?).await?;
        observe::mailed();
        self.inbox.save(id, &Mailed { at: self.clock.now() }, None).await?;
        Ok(())
    }
}

/// The page of a mail.
#[derive(Template)]
#[template(path = "mail.html")]
struct Page<'a> {
    subject: &'a str,
    request: &'a NotificationRequested,
}

/// The mail that says what `request` asks for.
///
/// # Errors
/// Never: the page is made of plain data.
fn mail(request: &NotificationRequested) -> Result<Mail> {
    let subject = format!("{} (order {})", subject(&request.notice), request.order_id);
    let html = Page { subject: &subject, request }.render().or_fail("email", "write a mail")?;
    Ok(Mail { to: request.to.clone(), subject, html })
}

fn subject(notice: &Notice) -> &'static str {
    match notice {
        Notice::OrderReceived { .. } => "We have received your order",
        Notice::OrderShipped { .. } => "Your order is on its way",
        Notice::OrderCompleted { .. } => "Your order is completed",
        Notice::OrderCancelled { .. } => "Your order is cancelled",
        Notice::Receipt { .. } => "Receipt",
        Notice::Refund { .. } => "Refund",
    }
}

/// A sum of money as people read it, with as many decimals as its currency has: `EUR 19.99`.
#[must_use]
pub fn price(money: &Money) -> String {
    let code = money.currency();
    let decimals = Currency::from_code(code.as_str()).and_then(Currency::exponent).unwrap_or(2);
    let unit = 10_i64.pow(decimals.into());
    let (whole, part) = (money.amount() / unit, money.amount() % unit);
    match usize::from(decimals) {
        0 => format!("{code} {whole}"),
        width => format!("{code} {whole}.{part:0width$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::{FakeClock, FakeDocuments, FakeMailer};
    use crate::testing::orders::{at, euro, placed_order};

    fn request(name: &str, notice: Notice) -> NotificationRequested {
        let placed = placed_order();
        let name = name.to_owned().try_into().unwrap();
        NotificationRequested { order_id: placed.order_id, to: placed.order.email, name, notice }
    }

    fn money(amount: i64, currency: &str) -> Money {
        Money::new(amount, currency.parse().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_notification_is_mailed_once_however_often_it_is_delivered() {
        let mailer = FakeMailer::default();
        let room =
            NotificationMailer::new(FakeDocuments::default(), mailer.clone(), FakeClock(at(0)));
        let receipt = request("Ann", Notice::Receipt { amount: euro(1_999) });
        let again = || room.mail("1".to_owned(), receipt.clone());
        let (one, two, three) = tokio::join!(again(), again(), again());
        assert!(one.is_ok() && two.is_ok() && three.is_ok());
        room.mail("2".to_owned(), receipt.clone()).await.unwrap();
        assert_eq!(mailer.sent().len(), 2);
        assert!(mailer.sent()[0].html.contains("EUR 19.99"));
    }

    #[test]
    fn markup_in_a_name_is_text() {
        let mail = mail(&request("<script>alert(1)</script>", Notice::Refund { amount: euro(1) }))
            .unwrap();
        assert!(!mail.html.contains("<script>") && mail.html.contains("alert(1)"));
    }

    #[test]
    fn a_cancelled_order_tells_why_and_what_was_given_back() {
        let (reason, refunded) = ("We do not ship to AQ.".to_owned(), Some(euro(4_000)));
        let told =
            mail(&request("Ann", Notice::OrderCancelled { reason: reason.clone(), refunded }))
                .unwrap()
                .html;
        assert!(told.contains(&reason) && told.contains("EUR 40.00"), "{told}");
        let told =
            mail(&request("Ann", Notice::OrderCancelled { reason, refunded: None })).unwrap().html;
        assert!(told.contains("pay nothing for it"), "{told}");
    }

    #[test]
    fn a_price_has_the_decimals_of_its_currency() {
        assert_eq!(price(&money(1_999, "EUR")), "EUR 19.99");
        assert_eq!(price(&money(5, "USD")), "USD 0.05");
        assert_eq!(price(&money(1_999, "JPY")), "JPY 1999");
        assert_eq!(price(&money(1_999, "KWD")), "KWD 1.999");
        assert_eq!(price(&money(1_999, "XQX")), "XQX 19.99");
    }
}
