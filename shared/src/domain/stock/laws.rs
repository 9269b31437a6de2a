//! Laws of stock, for every sequence of commands.

use super::*;
use crate::domain::Currency;
use proptest::prelude::*;
use std::cmp::Ordering::{Equal, Greater};

#[derive(Debug, Clone)]
enum Command {
    Reserve(u8, u8),
    Commit(u8),
    Release(u8),
    Withdraw(u8),
    Settle(u8),
    Expire,
    Set(u8),
}

/// The reference model: a list of reservations, a list of lapsed ones, and two counters.
#[derive(Default)]
struct Model {
    /// Pieces, whether they are committed, and the second in which they expire.
    holds: BTreeMap<u8, (u32, bool, i64)>,
    /// Pieces that can be reserved again.
    lapsed: BTreeMap<u8, u32>,
    supplied: i64,
    sold: i64,
}

fn any_command() -> impl Strategy<Value = Command> {
    let order = 0..6_u8;
    prop_oneof![
        4 => (order.clone(), 1..5_u8).prop_map(|(order, quantity)| Command::Reserve(order, quantity)),
        3 => order.clone().prop_map(Command::Commit),
        2 => order.clone().prop_map(Command::Release),
        1 => order.clone().prop_map(Command::Withdraw),
        2 => order.prop_map(Command::Settle),
        1 => Just(Command::Expire),
        1 => (0..30_u8).prop_map(Command::Set),
    ]
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn order(number: u8) -> OrderId {
    format!("order-{number}").parse().unwrap()
}

pub(super) fn price() -> Money {
    Money::new(500, "EUR".parse::<Currency>().unwrap()).unwrap()
}

pub(super) fn offer(on_hand: u8) -> Offer {
    let name = String::from("Mug").try_into().unwrap();
    Offer { name, unit_price: price(), on_hand: i64::from(on_hand).try_into().unwrap() }
}

/// An order reserves pieces for three seconds.
pub(super) fn ask(number: u8, quantity: u8) -> Reserve {
    let quantity = i64::from(quantity).try_into().unwrap();
    let hold_for = SignedDuration::from_secs(3);
    Reserve { order_id: order(number), quantity, seen_price: None, hold_for }
}

pub(super) fn stock(on_hand: u8) -> Stock {
    Stock::new("mug".parse().unwrap(), offer(on_hand))
}

impl Model {
    fn available(&self) -> i64 {
        let held: u32 = self.holds.values().map(|hold| hold.0).sum();
        self.supplied - self.sold - i64::from(held)
    }

    fn run(&mut self, stock: &mut Stock, command: &Command, now: i64) {
        match *command {
            Command::Reserve(number, quantity) => {
                if stock.reserve(&ask(number, quantity), at(now)).is_ok() {
                    self.lapsed.remove(&number);
                    self.holds.entry(number).or_insert((quantity.into(), false, now + 3));
                }
            }
            Command::Commit(number) => {
                assert_eq!(stock.commit(&order(number)).is_ok(), self.commit(number));
            }
            Command::Release(number) => {
                stock.release(&order(number));
                self.lapsed.remove(&number);
                self.holds.remove(&number);
            }
            Command::Withdraw(number) => {
                let committed = self.holds.get(&number).is_some_and(|hold| hold.1);
                assert_eq!(stock.withdraw(&order(number)).is_err(), committed);
                self.lapse(|id, hold| id == number && !hold.1);
            }
            Command::Settle(number) => {
                stock.settle(&order(number));
                if self.holds.get(&number).is_some_and(|hold| hold.1) {
                    self.sold += i64::from(self.holds.remove(&number).unwrap().0);
                }
            }
            Command::Expire => {
                stock.expire(at(now));
                self.lapse(|_, hold| !hold.1 && hold.2 <= now);
            }
            Command::Set(on_hand) => {
                let held: u32 = self.holds.values().map(|hold| hold.0).sum();
                assert_eq!(stock.set(offer(on_hand)).is_ok(), u32::from(on_hand) >= held);
                if u32::from(on_hand) >= held {
                    self.supplied = i64::from(on_hand) + self.sold;
                }
            }
        }
    }

    fn commit(&mut self, number: u8) -> bool {
        if let Some(pieces) = self.lapsed.get(&number).copied()
            && i64::from(pieces) <= self.available()
        {
            self.lapsed.remove(&number);
            self.holds.insert(number, (pieces, true, 0));
        }
        self.holds.get_mut(&number).map(|hold| hold.1 = true).is_some()
    }

    fn lapse(&mut self, ends: impl Fn(u8, &(u32, bool, i64)) -> bool) {
        let ended = self.holds.extract_if(.., |number, hold| ends(*number, hold));
        self.lapsed.extend(ended.map(|(number, hold)| (number, hold.0)));
    }
}

proptest! {
    #[test]
    fn what_was_supplied_is_available_reserved_or_sold(commands in prop::collection::vec(any_command(), 0..60)) {
        let mut stock = stock(10);
        let mut model = Model { supplied: 10, ..Model::default() };
        for (now, command) in (0_i64..).zip(&commands) {
            let before = stock.level();
            model.run(&mut stock, command, now);
            let level = stock.level();
            let same = Level { revision: before.revision, ..level.clone() } == before;
            prop_assert_eq!(level.revision.cmp(&before.revision), if same { Equal } else { Greater });
            let open: u32 = model.holds.values().map(|hold| hold.0).sum();
            prop_assert_eq!(level.reserved, open);
            prop_assert_eq!(level.available + level.reserved, level.on_hand);
            prop_assert_eq!(i64::from(level.available + open) + model.sold, model.supplied);
        }
    }

    #[test]
    fn repeating_a_command_changes_nothing(before in prop::collection::vec(any_command(), 0..20), command in any_command()) {
        let mut once = stock(10);
        let mut model = Model { supplied: 10, ..Model::default() };
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
        let mut model = Model { supplied: 10, ..Model::default() };
        for command in &before {
            model.run(&mut stock, command, 0);
        }
        let untouched = stock.clone();
        if stock.reserve(&ask(9, 1), at(0)).is_ok() {
            stock.release(&order(9));
            assert_eq!(stock.revision, untouched.revision + 2);
            stock.revision = untouched.revision;
        }
        prop_assert_eq!(stock, untouched);
    }
}
