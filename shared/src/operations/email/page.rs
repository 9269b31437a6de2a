//! The text of a notification.

use crate::domain::Money;
use crate::domain::event::{Notice, NotificationRequested};
use crate::ports::{Mail, OrFail, Result};
use askama::Template;
use iso_currency::Currency;

/// The page of a mail.
#[derive(Template)]
#[template(path = "mail.html")]
struct Page<'a> {
    subject: &'a str,
    request: &'a NotificationRequested,
}

/// The mail for `request`.
///
/// # Errors
/// Never: the page is rendered from plain data.
pub(super) fn mail(request: &NotificationRequested) -> Result<Mail> {
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
pub(super) mod tests {
    use super::*;
    use crate::domain::TrackingId;
    use crate::testing::orders::{euro, placed_order};

    pub(in crate::operations::email) fn request(
        name: &str,
        notice: Notice,
    ) -> NotificationRequested {
        let placed = placed_order();
        let name = name.to_owned().try_into().unwrap();
        NotificationRequested { order_id: placed.order_id, to: placed.order.email, name, notice }
    }

    fn money(amount: i64, currency: &str) -> Money {
        Money::new(amount, currency.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_subject_says_what_the_mail_is_about_and_names_the_order() {
        let order = placed_order().order_id;
        let tracking_id = TrackingId::of(&order);
        for (notice, says) in [
            (Notice::OrderReceived { items: vec![] }, "We have received your order"),
            (Notice::OrderShipped { tracking_id }, "Your order is on its way"),
            (Notice::OrderCompleted { total: euro(1) }, "Your order is completed"),
            (
                Notice::OrderCancelled { reason: "why".into(), refunded: None },
                "Your order is cancelled",
            ),
            (Notice::Receipt { amount: euro(1) }, "Receipt"),
            (Notice::Refund { amount: euro(1) }, "Refund"),
        ] {
            let mail = mail(&request("Ann", notice)).unwrap();
            assert_eq!(mail.subject, format!("{says} (order {order})"));
        }
    }

    #[test]
    fn markup_in_a_name_is_text() {
        let mail = mail(&request("<script>alert(1)</script>", Notice::Refund { amount: euro(1) }))
            .unwrap();
        assert!(!mail.html.contains("<script>") && mail.html.contains("alert(1)"));
    }

    #[test]
    fn a_cancelled_order_says_why_and_what_was_refunded() {
        let (reason, refunded) = ("We do not ship to AQ.".to_owned(), Some(euro(4_000)));
        let text =
            mail(&request("Ann", Notice::OrderCancelled { reason: reason.clone(), refunded }))
                .unwrap()
                .html;
        assert!(text.contains(&reason) && text.contains("EUR 40.00"), "{text}");
        let text =
            mail(&request("Ann", Notice::OrderCancelled { reason, refunded: None })).unwrap().html;
        assert!(text.contains("not been charged"), "{text}");
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
