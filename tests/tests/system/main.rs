//! The whole system on real Dapr, and the invariants of money and stock after each test.
//!
//! Three clusters: one whose stock is held so briefly that an order can be seen to give up, one
//! whose credentials are in a vault, which tries undos a few times only, and one as shipped for
//! outages of minutes, which are waited for while the tests of the others go on.

mod amounts;
mod bad_requests;
mod cancellations;
mod deliveries;
mod documented;
mod door;
mod faults;
mod harness;
mod histories;
mod lists;
mod load;
mod mails;
mod orders;
mod outages;
mod payments;
mod processes;
mod redis;
mod refunds;
mod repaired;
mod replicas;
mod rollouts;
mod rotation;
mod start;
mod stock;
mod traces;
mod undriven;
mod watching;

use self::harness::System;
use libtest_mimic::{Arguments, Trial};
use local::cluster::{Broker, Credentials, Options};
use std::process::ExitCode;

fn main() -> ExitCode {
    let provider = rustls::crypto::ring::default_provider().install_default();
    provider.expect("no other provider is installed");
    let systems = System::all([
        options(
            &[("RESERVATION_SECONDS", "30"), ("PAYMENT_SWEEP_SECONDS", "20")],
            &rollouts::REPLICATED,
        ),
        Options {
            credentials: Credentials::KeyVault,
            ..options(&[("UNDO_TRIES", "6")], &replicas::REPLICATED)
        },
        Options { broker: Broker::Own, ..Options::default() },
    ]);
    let (waiting, busy) = trials(&systems);
    // One thread for each test that waits, and one for all others, which take turns.
    let threads = waiting.len() + 1;
    let trials = waiting.into_iter().chain(busy).collect();
    let arguments = Arguments { test_threads: Some(threads), ..Arguments::from_args() };
    let conclusion = libtest_mimic::run(&arguments, trials);
    for system in systems {
        system.stop(conclusion.has_failed());
    }
    conclusion.exit_code()
}

/// The tests that wait nearly all the time, and the others.
fn trials([hasty, vaulted, shipped]: &[System; 3]) -> (Vec<Trial>, Vec<Trial>) {
    let mut waiting = outages::trials(shipped);
    waiting.extend(undriven::waiting(hasty));
    let mut busy = Vec::new();
    for module in [
        orders::trials,
        stock::trials,
        payments::trials,
        amounts::trials,
        refunds::trials,
        cancellations::trials,
        bad_requests::trials,
        documented::trials,
        faults::trials,
        undriven::trials,
        watching::trials,
        rollouts::trials,
        mails::trials,
        deliveries::trials,
        traces::trials,
        processes::trials,
        start::trials,
    ] {
        busy.extend(module(hasty));
    }
    // A rotation replaces the payment key that is there at first; a fresh key of the issuer is taken at
    // once by a gateway that has not asked for a minute.
    for module in [
        repaired::trials,
        lists::trials,
        load::trials,
        replicas::trials,
        histories::trials,
        rotation::trials,
        door::trials,
    ] {
        busy.extend(module(vaulted));
    }
    (waiting, busy)
}

/// A cluster in which some settings are not as shipped, and some functions can have a second process.
fn options(settings: &[(&str, &str)], seconds: &[&str]) -> Options {
    Options {
        env: settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        seconds: seconds.iter().map(|name| (*name).to_owned()).collect(),
        ..Options::default()
    }
}
