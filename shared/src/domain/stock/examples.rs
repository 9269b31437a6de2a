//! Boundary cases of the laws of stock.

use super::laws::{ask, at, offer, order, price, stock};
use super::*;

#[test]
fn an_order_keeps_the_price_it_reserved_at() {
    let mut stock = stock(5);
    let held = stock.reserve(&ask(1, 2), at(0)).unwrap();
    let dearer = Money::new(900, price().currency()).unwrap();
    stock.set(Offer { unit_price: dearer, ..offer(5) }).unwrap();
    assert_eq!(stock.reserve(&ask(1, 2), at(9)), Ok(held));
}

#[test]
fn a_price_the_customer_did_not_see_is_refused() {
    let seen = Money::new(400, price().currency()).unwrap();
    let refused = stock(5).reserve(&Reserve { seen_price: Some(seen), ..ask(1, 1) }, at(0));
    assert_eq!(
        refused,
        Err(Refusal::PriceChanged { product_id: "mug".parse().unwrap(), unit_price: price() })
    );
}

#[test]
fn a_price_other_than_the_reserved_one_is_refused_even_if_it_is_current() {
    let mut stock = stock(5);
    stock.reserve(&ask(1, 1), at(0)).unwrap();
    let dearer = Money::new(900, price().currency()).unwrap();
    stock.set(Offer { unit_price: dearer, ..offer(5) }).unwrap();
    let saw = |seen| Reserve { seen_price: Some(seen), ..ask(1, 1) };
    let changed = Refusal::PriceChanged { product_id: "mug".parse().unwrap(), unit_price: price() };
    assert_eq!(stock.reserve(&saw(dearer), at(0)), Err(changed));
    assert_eq!(stock.reserve(&saw(price()), at(0)).unwrap().unit_price, price());
}

#[test]
fn the_last_piece_can_be_reserved_and_set() {
    let mut stock = stock(2);
    assert!(matches!(stock.reserve(&ask(1, 3), at(0)), Err(Refusal::OutOfStock { .. })));
    stock.reserve(&ask(1, 2), at(0)).unwrap();
    stock.set(offer(2)).unwrap();
    let below = Refusal::BelowReserved { product_id: "mug".parse().unwrap(), reserved: 2 };
    assert_eq!(stock.set(offer(1)), Err(below));
}

#[test]
fn a_reservation_expires_in_its_second_unless_it_is_committed() {
    let mut stock = stock(5);
    stock.reserve(&ask(1, 1), at(0)).unwrap();
    stock.reserve(&ask(2, 1), at(0)).unwrap();
    stock.commit(&order(1)).unwrap();
    stock.expire(at(2));
    assert_eq!(stock.level().reserved, 2);
    stock.expire(at(3));
    assert_eq!(stock.level().reserved, 1);
}

#[test]
fn a_lapsed_reservation_is_renewed_while_stock_is_available_at_its_price() {
    let mut lapsed = stock(5);
    lapsed.reserve(&ask(1, 5), at(0)).unwrap();
    lapsed.expire(at(3));
    let mut again = lapsed.clone();
    assert_eq!((again.commit(&order(1)), again.level().reserved), (Ok(()), 5));
    let mut dearer = lapsed.clone();
    let unit_price = Money::new(900, price().currency()).unwrap();
    dearer.set(Offer { unit_price, ..offer(5) }).unwrap();
    let product_id: ProductId = "mug".parse().unwrap();
    let changed = Refusal::PriceChanged { product_id: product_id.clone(), unit_price };
    assert_eq!(dearer.commit(&order(1)), Err(changed));
    lapsed.reserve(&ask(2, 1), at(3)).unwrap();
    assert_eq!(lapsed.commit(&order(1)), Err(Refusal::ReservationExpired { product_id }));
}

#[test]
fn a_released_reservation_is_never_renewed() {
    let mut stock = stock(5);
    stock.reserve(&ask(1, 1), at(0)).unwrap();
    stock.expire(at(3));
    stock.release(&order(1));
    assert!(matches!(stock.commit(&order(1)), Err(Refusal::ReservationExpired { .. })));
}

#[test]
fn lapsed_reservations_are_forgotten_after_a_day_and_oldest_first() {
    let mut stock = stock(5);
    stock.reserve(&ask(1, 1), at(0)).unwrap();
    stock.expire(at(3));
    let day = Stock::LAPSED_FOR.as_secs();
    stock.expire(at(3 + day - 1));
    assert_eq!(stock.clone().commit(&order(1)), Ok(()));
    stock.expire(at(3 + day));
    assert!(stock.commit(&order(1)).is_err());

    for (number, now) in (0..=Stock::MAX_LAPSED).zip(0..) {
        let order_id = format!("order-{number}").parse().unwrap();
        stock.reserve(&Reserve { order_id, ..ask(0, 1) }, at(now)).unwrap();
        stock.expire(at(now + 3));
    }
    assert_eq!((stock.clone().commit(&order(1)), stock.commit(&order(0)).is_err()), (Ok(()), true));
}

#[test]
fn as_many_reservations_as_the_document_can_hold_are_open_at_once() {
    let mut stock = Stock::new(
        "mug".parse().unwrap(),
        Offer { on_hand: 9_000.try_into().unwrap(), ..offer(0) },
    );
    let ask = |number: usize| Reserve {
        // The longest id.
        order_id: format!("{number:0>64}").parse().unwrap(),
        ..ask(0, 1)
    };
    for number in 0..Stock::MAX_OPEN {
        stock.reserve(&ask(number), at(0)).unwrap();
    }
    let full = stock.reserve(&ask(Stock::MAX_OPEN), at(0));
    assert!(matches!(full, Err(Refusal::TooManyReservations { .. })));
    stock.lapsed.extend(stock.open.clone().into_iter().take(Stock::MAX_LAPSED));
    assert!(serde_json::to_vec(&stock).unwrap().len() < Stock::MAX_BYTES);
    stock.release(&ask(0).order_id);
    stock.reserve(&ask(Stock::MAX_OPEN), at(0)).unwrap();
}

#[test]
fn only_the_saga_releases_what_is_committed() {
    let mut stock = stock(5);
    stock.reserve(&ask(1, 2), at(0)).unwrap();
    stock.reserve(&ask(2, 2), at(0)).unwrap();
    stock.commit(&order(1)).unwrap();
    let committed = Err(Refusal::ReservationCommitted { product_id: "mug".parse().unwrap() });
    assert_eq!((stock.withdraw(&order(1)), stock.withdraw(&order(2))), (committed, Ok(())));
    assert_eq!((stock.withdraw(&order(2)), stock.level().reserved), (Ok(()), 2));
    stock.release(&order(1));
    assert_eq!(stock.level().reserved, 0);
}

#[test]
fn the_reminder_is_set_once_for_all_reservations_before_it() {
    let mut stock = stock(5);
    assert_eq!(stock.plan_sweep(at(0)), None);
    stock.reserve(&ask(1, 1), at(0)).unwrap();
    assert_eq!(stock.plan_sweep(at(0)), Some(at(3)));
    stock.reserve(&ask(2, 1), at(1)).unwrap();
    assert_eq!(stock.plan_sweep(at(1)), None);
    stock.expire(at(3));
    stock.swept();
    assert_eq!(stock.plan_sweep(at(3)), Some(at(4)));
}

#[test]
fn a_reminder_that_should_have_fired_by_now_is_set_again() {
    let mut stock = stock(5);
    stock.reserve(&Reserve { hold_for: SignedDuration::from_secs(9), ..ask(1, 1) }, at(0)).unwrap();
    assert_eq!(stock.plan_sweep(at(0)), Some(at(9)));
    stock.reserve(&ask(2, 1), at(0)).unwrap();
    assert_eq!(stock.plan_sweep(at(0)), Some(at(3)), "an earlier expiry needs an earlier reminder");
    stock.release(&order(2));
    assert_eq!(stock.plan_sweep(at(2)), None);
    assert_eq!(
        stock.plan_sweep(at(3)),
        Some(at(9)),
        "it is lost if it has not fired in its second"
    );
}

#[test]
fn a_reminder_that_has_fired_is_forgotten() {
    let mut stock = stock(5);
    stock.reserve(&ask(1, 1), at(0)).unwrap();
    stock.plan_sweep(at(0));
    stock.swept();
    assert_eq!(stock.plan_sweep(at(0)), Some(at(3)));
}
