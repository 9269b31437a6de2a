//! The whole system on real Dapr, and the invariants of money and stock after each test.
//!
//! Three clusters: one whose stock is held so briefly that an order can be seen to give up, one as
//! shipped whose credentials are in a vault, and one as shipped for outages of minutes, which are
//! waited for while the tests of the others go on.

mod bad_requests;
mod deliveries;
mod faults;
mod harness;
mod load;
mod mails;
mod orders;
mod outages;
mod payments;
mod processes;
mod redis;
mod refunds;
mod rollouts;
mod rotation;
mod start;
mod stock;
mod traces;
mod undriven;

use self::harness::System;
use libtest_mimic::Arguments;
use local::cluster::{Broker, Credentials, Options};
use std::process::ExitCode;

/// How long the hasty cluster holds stock.
const HASTE: (&str, &str) = ("RESERVATION_SECONDS", "30");

fn main() -> ExitCode {
    let provider = rustls::crypto::ring::default_provider().install_default();
    provider.expect("no other provider is installed");
    let systems = System::all([
        Options {
            env: [HASTE].map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            seconds: rollouts::REPLICATED.map(str::to_owned).into(),
            ..Options::default()
        },
        Options { credentials: Credentials::KeyVault, ..Options::default() },
        Options { broker: Broker::Own, ..Options::default() },
    ]);
    let [hasty, vaulted, shipped] = &systems;
    let mut trials = outages::trials(shipped);
    trials.extend(undriven::waiting(hasty));
    // One thread for each test that waits, and one for all others, which take turns.
    let threads = trials.len() + 1;
    for module in [
        orders::trials,
        stock::trials,
        payments::trials,
        refunds::trials,
        bad_requests::trials,
        faults::trials,
        undriven::trials,
        rollouts::trials,
        mails::trials,
        deliveries::trials,
        traces::trials,
        processes::trials,
        start::trials,
    ] {
        trials.extend(module(hasty));
    }
    trials.extend(load::trials(vaulted));
    trials.extend(rotation::trials(vaulted));
    let arguments = Arguments { test_threads: Some(threads), ..Arguments::from_args() };
    let conclusion = libtest_mimic::run(&arguments, trials);
    for system in systems {
        system.stop(conclusion.has_failed());
    }
    conclusion.exit_code()
}
