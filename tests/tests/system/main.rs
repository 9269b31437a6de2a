//! The whole system on real Dapr, and the invariants of money and stock after each test.
//!
//! Three clusters: one with reservations that expire soon, so that tests can wait for this; one with credentials
//! in a vault, which retries undos only a few times; and one with the shipped settings, for outages of minutes,
//! whose tests run concurrently with those of the others.

mod abandoned;
mod access;
mod amounts;
mod authorization;
mod bad_requests;
mod browser;
mod cancellations;
mod controls;
mod counts;
mod dead_letters;
mod deliveries;
mod faults;
mod fuzzing;
mod harness;
mod histories;
mod limits;
mod lists;
mod load;
mod mails;
mod orders;
mod outages;
mod overload;
mod payments;
mod processes;
mod recovery;
mod redis;
mod refunds;
mod replicas;
mod rollouts;
mod rotation;
mod start;
mod stock;
mod traces;
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
            controls: true,
            ..options(&[("UNDO_TRIES", "6")], &replicas::REPLICATED)
        },
        Options { broker: Broker::Own, ..Options::default() },
    ]);
    let (waiting, exclusive) = trials(&systems);
    // One thread for each waiting test, and one for all others, which run one at a time.
    let threads = waiting.len() + 1;
    let trials = waiting.into_iter().chain(exclusive).collect();
    let arguments = Arguments { test_threads: Some(threads), ..Arguments::from_args() };
    let conclusion = libtest_mimic::run(&arguments, trials);
    for system in systems {
        system.stop(conclusion.has_failed());
    }
    conclusion.exit_code()
}

/// The tests that mostly wait, and the others.
fn trials([brief, vault, shipped]: &[System; 3]) -> (Vec<Trial>, Vec<Trial>) {
    let mut waiting = outages::trials(shipped);
    waiting.extend(abandoned::waiting(brief));
    let mut exclusive = Vec::new();
    for module in [
        access::trials,
        orders::trials,
        stock::trials,
        payments::trials,
        amounts::trials,
        refunds::trials,
        cancellations::trials,
        bad_requests::trials,
        fuzzing::trials,
        faults::trials,
        abandoned::trials,
        watching::trials,
        rollouts::trials,
        mails::trials,
        deliveries::trials,
        dead_letters::trials,
        traces::trials,
        processes::trials,
        start::trials,
    ] {
        exclusive.extend(module(brief));
    }
    // The order matters: a rotation replaces the initial payment key, and the gateway accepts a new key of the
    // issuer at once only if it has not requested the keys for a minute.
    for module in [
        counts::trials,
        browser::trials,
        controls::trials,
        recovery::trials,
        lists::trials,
        load::trials,
        limits::trials,
        overload::trials,
        replicas::trials,
        histories::trials,
        rotation::trials,
        authorization::trials,
    ] {
        exclusive.extend(module(vault));
    }
    (waiting, exclusive)
}

/// A cluster with changed settings, in which some functions can have a second process.
fn options(settings: &[(&str, &str)], seconds: &[&str]) -> Options {
    Options {
        env: settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        seconds: seconds.iter().map(|name| (*name).to_owned()).collect(),
        ..Options::default()
    }
}
