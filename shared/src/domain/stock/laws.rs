//! Laws of stock, for every sequence of commands.

use super::*;
use crate::domain::Currency;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Command {
    Reserve(u8, u8),
    Commit(u8),
    Release(u8),
    Settle(u8),
    Expire,
    Set(u8),
}

/// The simplest thing that could be right: one list of holds and two counters.
#[derive(Default)]
struct Model {
    holds: BTreeMap<u8, (u32, bool, i64)>,
    supplied: i64,
    sold: i64,
}

fn any_command() -> impl Strategy<Value = Command> {
    let order = 0..6_u8;
    prop_oneof![
        4 => (order.clone(), 1..5_u8).prop_map(|(order, quantity)| Command::Reserve(order, quantity)),
        3 => order.clone().prop_map(Command::Commit),
        2 => order.clone().prop_map(Command::Release),
        2 => order.prop_map(Command::Settle),
        1 => Just(Command::Expire),
        1 => (0..30_u8).prop_map(Command::Set),
    ]
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn order(number: u8) -> OrderId {
    format!("order-{number}").parse().unwrap()
}

fn price() -> Money {
    Money::new(500, "EUR".parse::<Currency>().unwrap()).unwrap()
}

fn offer(on_hand: u8) -> Offer {
    let name = String::from("Mug").try_into().unwrap();
    Offer { name, unit_price: price(), on_hand: i64::from(on_hand).try_into().unwrap() }
}

fn send(number: u8, quantity: u8, now: i64) -> Reserve {
    let quantity = i64::from(quantity).try_into().unwrap();
    Reserve { order_id: order(number), quantity, seen_price: None, expires_at: at(now + 3) }
}

fn stock(on_hand: u8) -> Stock {
    Stock::new("mug".parse().unwrap(), offer(on_hand))
}

impl Model {
    fn run(&mut self, stock: &mut Stock, command: &Command, now: i64) {
        match *command {
            Command::Reserve(number, quantity) => {
                if stock.reserve(&send(number, quantity, now)).is_ok() {
                    self.holds.entry(number).or_insert((quantity.into(), false, now + 3));
                }
            }
            Command::Commit(number) => {
                let held = self.holds.get_mut(&number);
                assert_eq!(stock.commit(&order(number)).is_ok(), held.is_some());
                if let Some(hold) = held {
                    hold.1 = true;
                }
            }
            Command::Release(number) => {
                stock.release(&order(number));
                self.holds.remove(&number);
            }
            Command::Settle(number) => {
                stock.settle(&order(number));
                if self.holds.get(&number).is_some_and(|hold| hold.1) {
                    self.sold += i64::from(self.holds.remove(&number).unwrap().0);
                }
            }
            Command::Expire => {
                stock.expire(at(now));
                self.holds.retain(|_, hold| hold.1 || hold.2 > now);
            }
            Command::Set(on_hand) => {
                if stock.set(offer(on_hand)).is_ok() {
                    self.supplied = i64::from(on_hand) + self.sold;
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn supplied_is_available_and_open_and_sold(commands in prop::collection::vec(any_command(), 0..60)) {
        let mut stock = stock(10);
        let mut model = Model { supplied: 10, ..Model::default() };
        for (now, command) in (0_i64..).zip(&commands) {
            model.run(&mut stock, command, now);
            let level = stock.level();
            let open: u32 = model.holds.values().map(|hold| hold.0).sum();
            prop_assert_eq!(level.reserved, open);
            prop_assert_eq!(level.available + level.reserved, level.on_hand);
            prop_assert_eq!(i64::from(level.available + open) + model.sold, model.supplied);
        }
    }

    #[test]
    fn repeating_a_command_changes_nothing(before in prop::collection::vec(any_command(), 0..20), command in any_command()) {
        let mut once = stock(10);
        let mut model = Model::default();
        for command in &before {
            model.run(&mut once, command, 0);
        }
        model.run(&mut once, &command, 0);
        let mut twice = once.clone();
        model.run(&mut twice, &command, 0);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn releasing_what_was_reserved_changes_nothing(before in prop::collection::vec(any_command(), 0..20)) {
        let mut stock = stock(10);
        let mut model = Model::default();
        for command in &before {
            model.run(&mut stock, command, 0);
        }
        let untouched = stock.clone();
        if stock.reserve(&send(9, 1, 0)).is_ok() {
            stock.release(&order(9));
        }
        prop_assert_eq!(stock, untouched);
    }
}

#[test]
fn an_order_keeps_the_price_it_reserved_at() {
    let mut stock = stock(5);
    let held = stock.reserve(&send(1, 2, 0)).unwrap();
    let dearer = Money::new(900, price().currency()).unwrap();
    stock.set(Offer { unit_price: dearer, ..offer(5) }).unwrap();
    assert_eq!(stock.reserve(&send(1, 2, 9)), Ok(held));
}

#[test]
fn a_price_the_customer_did_not_see_is_refused() {
    let seen = Money::new(400, price().currency()).unwrap();
    let refused = stock(5).reserve(&Reserve { seen_price: Some(seen), ..send(1, 1, 0) });
    assert_eq!(
        refused,
        Err(Refusal::PriceChanged { product_id: "mug".parse().unwrap(), unit_price: price() })
    );
}

#[test]
fn a_reservation_expires_unless_it_is_committed() {
    let mut stock = stock(5);
    stock.reserve(&send(1, 1, 0)).unwrap();
    stock.reserve(&send(2, 1, 0)).unwrap();
    stock.commit(&order(1)).unwrap();
    stock.expire(at(3));
    assert_eq!(stock.level().reserved, 1);
    assert!(matches!(stock.commit(&order(2)), Err(Refusal::ReservationExpired { .. })));
}

#[test]
fn only_the_saga_gives_back_what_is_committed() {
    let mut stock = stock(5);
    stock.reserve(&send(1, 2, 0)).unwrap();
    stock.reserve(&send(2, 2, 0)).unwrap();
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
    stock.reserve(&send(1, 1, 0)).unwrap();
    assert_eq!(stock.plan_sweep(at(0)), Some(at(3)));
    stock.reserve(&send(2, 1, 1)).unwrap();
    assert_eq!(stock.plan_sweep(at(1)), None);
    stock.swept();
    stock.expire(at(3));
    assert_eq!(stock.plan_sweep(at(3)), Some(at(4)));
}
