//! The laws of the book.

use super::*;
use crate::payment::ledger::{MovementKind, Outcome};
use crate::payment::objects::AutomaticMethods;
use crate::payment::requests::{Method, NewRefund};
use crate::payment::settlement::Delay;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Create {
        amount: u64,
        token: &'static str,
        confirm: bool,
    },
    Confirm {
        nth: usize,
        token: &'static str,
    },
    Cancel {
        nth: usize,
    },
    Refund {
        nth: usize,
        amount: Option<u64>,
    },
    /// From now on, payments and refunds settle later, or immediately.
    Delay {
        payments: Option<PaymentEnd>,
        refunds: Option<RefundEnd>,
    },
    /// Advances the clock by these seconds.
    Wait(i64),
}

const TOKENS: [&str; 5] = [
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_authenticationRequired",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let token = || proptest::sample::select(&TOKENS[..]);
    let payment_end =
        proptest::sample::select(vec![None, Some(PaymentEnd::Succeed), Some(PaymentEnd::Fail)]);
    let refund_end = proptest::sample::select(vec![
        None,
        Some(RefundEnd::Succeed),
        Some(RefundEnd::Fail),
        Some(RefundEnd::Cancel),
        Some(RefundEnd::RequireAction),
    ]);
    let step =
        prop_oneof![
            (1..1000_u64, token(), any::<bool>())
                .prop_map(|(amount, token, confirm)| Step::Create { amount, token, confirm }),
            (0..6_usize, token()).prop_map(|(nth, token)| Step::Confirm { nth, token }),
            (0..6_usize).prop_map(|nth| Step::Cancel { nth }),
            (0..6_usize, proptest::option::of(1..1000_u64))
                .prop_map(|(nth, amount)| Step::Refund { nth, amount }),
            (payment_end, refund_end)
                .prop_map(|(payments, refunds)| Step::Delay { payments, refunds }),
            (0..30_i64).prop_map(Step::Wait),
        ];
    proptest::collection::vec(step, 0..40)
}

fn confirmation(token: &str) -> Confirmation {
    let card = Card::of(token).expect("the token is one of Stripe's");
    let method = Some(Method { token: token.to_owned(), card });
    Confirmation { method, has_return_url: false }
}

fn new_intent(amount: u64, token: &str, confirm: bool) -> NewIntent {
    NewIntent {
        amount,
        currency: "eur".to_owned(),
        automatic_payment_methods: AutomaticMethods { allow_redirects: "never", enabled: true },
        description: None,
        metadata: BTreeMap::new(),
        confirm,
        confirmation: confirmation(token),
    }
}

/// A book with a clock and a plan.
#[derive(Default)]
struct Bench {
    book: Book,
    plan: SettlementPlan,
    seconds: i64,
}

impl Bench {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds).expect("the steps take minutes")
    }

    fn nth(&self, nth: usize) -> String {
        self.book.entries.keys().nth(nth).cloned().unwrap_or_default()
    }

    /// Takes a step, which the book may reject.
    fn take(&mut self, step: &Step) {
        let now = self.now();
        match *step {
            Step::Create { amount, token, confirm } => {
                let new = new_intent(amount, token, confirm);
                let _ = self.book.create(new, now, &mut self.plan);
            }
            Step::Confirm { nth, token } => {
                let id = self.nth(nth);
                let _ = self.book.confirm(&id, confirmation(token), now, &mut self.plan);
            }
            Step::Cancel { nth } => {
                let id = self.nth(nth);
                let _ = self.book.cancel(&id, None, now);
            }
            Step::Refund { nth, amount } => {
                let payment_intent = self.nth(nth);
                let metadata = BTreeMap::new();
                let new = NewRefund { payment_intent, amount, reason: None, metadata };
                let _ = self.book.refund(new, now, &mut self.plan);
            }
            Step::Delay { payments, refunds } => {
                self.plan = SettlementPlan {
                    payments: payments.map(|then| Delay { next: None, after_seconds: 5, then }),
                    refunds: refunds.map(|then| Delay { next: None, after_seconds: 5, then }),
                };
            }
            Step::Wait(seconds) => self.seconds += seconds,
        }
        let now = self.now();
        self.book.settle(now);
    }
}

/// What an intent charged and refunded, by its movements.
fn moved(book: &Book, intent: &str) -> (u64, u64) {
    let mut last = BTreeMap::new();
    for movement in book.movements.iter().filter(|movement| movement.payment_intent == intent) {
        last.insert((movement.kind == MovementKind::Charge, movement.id.clone()), movement);
    }
    let sum = |of_charges: bool| {
        last.iter()
            .filter(|((is_charge, _), movement)| {
                *is_charge == of_charges && movement.status == MovementStatus::Succeeded
            })
            .map(|(_, movement)| movement.amount)
            .sum()
    };
    (sum(true), sum(false))
}

proptest! {
    #[test]
    fn the_ledger_adds_up_after_every_step(steps in steps()) {
        let mut bench = Bench::default();
        for step in steps {
            bench.take(&step);
            for payment in bench.book.payments() {
                let expected = (payment.charged(), payment.refunded);
                prop_assert_eq!(moved(&bench.book, &payment.payment_intent), expected);
                prop_assert!(payment.refunded <= payment.charged());
            }
            prop_assert!(bench.book.movements.is_sorted_by_key(|movement| movement.at));
        }
    }

    #[test]
    fn an_end_is_final(before in steps(), after in steps()) {
        let mut bench = Bench::default();
        for step in &before {
            bench.take(step);
        }
        let ended = |outcome| matches!(outcome, Outcome::Charged | Outcome::Canceled);
        let payments = bench.book.payments().into_iter().filter(|payment| ended(payment.outcome));
        let expected: Vec<_> =
            payments.map(|payment| (payment.payment_intent, payment.outcome)).collect();
        for step in &after {
            bench.take(step);
        }
        for (id, outcome) in expected {
            let payments = bench.book.payments();
            let payment = payments.iter().find(|payment| payment.payment_intent == id);
            prop_assert_eq!(payment.map(|payment| payment.outcome), Some(outcome));
        }
    }
}

#[test]
fn payments_are_listed_in_the_order_of_their_creation() {
    let mut bench = Bench::default();
    for amount in 1..=100 {
        bench.take(&Step::Create { amount, token: "pm_card_visa", confirm: true });
    }
    let amounts: Vec<u64> = bench.book.payments().iter().map(|it| it.amount).collect();
    assert_eq!(amounts, (1..=100).collect::<Vec<_>>());
}
