//! The whole system on real Dapr: one cluster for nearly all tests, one test after another, and the
//! invariants of money and stock after each.

mod bad_requests;
mod deliveries;
mod faults;
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

use libtest_mimic::{Arguments, Failed, Trial};
use local::cluster::{Cluster, Credentials, Options};
use std::process::ExitCode;
use std::sync::Arc;
use tests::system::invariants;
use tests::system::shop::Shop;
use tokio::runtime::Runtime;

/// Wraps a test: gives it its own shop, and checks the invariants after it.
macro_rules! trials {
    ($system:expr, $($module:ident: $($test:ident),+;)+) => {
        vec![$($({
            let system = $system.clone();
            let name = concat!(stringify!($module), "::", stringify!($test));
            Trial::test(name, move || system.run(async |shop| $module::$test(&shop).await))
        }),+),+]
    };
}

/// A cluster that comes up with the first test that needs it.
#[derive(Clone)]
struct System {
    runtime: Arc<Runtime>,
    credentials: Credentials,
    /// Settings of every function that differ from those as shipped.
    settings: &'static [(&'static str, &'static str)],
    cluster: Arc<tokio::sync::OnceCell<Arc<Cluster>>>,
    http: reqwest::Client,
}

impl System {
    fn run(&self, test: impl AsyncFnOnce(Shop)) -> Result<(), Failed> {
        self.runtime.block_on(async {
            let cluster =
                self.cluster.get_or_try_init(|| self.start()).await.map_err(Failed::from)?;
            let shop = Shop::new(cluster.clone(), self.http.clone());
            shop.no_payment_faults().await;
            test(shop.clone()).await;
            shop.no_payment_faults().await;
            invariants::check(&shop).await;
            Ok(())
        })
    }

    async fn start(&self) -> Result<Arc<Cluster>, String> {
        let log = ("RUST_LOG", "info,dapr_durabletask=warn,tower_http=debug");
        let env = self.settings.iter().chain([&log]);
        let env = env.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let seconds = rollouts::REPLICATED.map(str::to_owned).into();
        let options = Options { env, credentials: self.credentials, seconds, ..Options::default() };
        Cluster::start(options).await.map(Arc::new).map_err(|error| error.to_string())
    }

    fn stop(self, failed: bool) {
        if let Some(cluster) = self.cluster.get() {
            if failed {
                cluster.keep();
                eprintln!("the logs are in {}", cluster.folder().join("logs").display());
            }
            self.runtime.block_on(cluster.stop());
        }
    }
}

#[expect(clippy::too_many_lines, reason = "a list of the tests, a line for each")]
fn main() -> ExitCode {
    // Faults in one test would be faults in another, so tests take turns.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let provider = rustls::crypto::ring::default_provider().install_default();
    provider.expect("no other provider is installed");
    let runtime = Runtime::new().expect("a runtime starts");
    let system = System {
        runtime: Arc::new(runtime),
        credentials: Credentials::File,
        settings: &[("RESERVATION_SECONDS", "30")],
        cluster: Arc::default(),
        http: reqwest::Client::new(),
    };
    let vaulted =
        System { credentials: Credentials::KeyVault, cluster: Arc::default(), ..system.clone() };
    let shipped = System { settings: &[], cluster: Arc::default(), ..system.clone() };
    let mut trials = trials![system,
        orders:
            an_order_completes_and_is_charged_its_total_once,
            an_order_is_found_right_after_it_was_accepted,
            a_declined_card_cancels_the_order_and_charges_nothing,
            a_country_that_is_not_served_cancels_the_order_and_refunds_it,
            one_sold_out_item_of_three_leaves_nothing_reserved,
            a_changed_price_cancels_the_order_before_any_charge,
            products_in_two_currencies_cancel_the_order,
            ten_of_50_concurrent_orders_for_the_last_10_items_complete,
            one_key_is_one_order_however_often_it_is_sent;
        stock:
            stock_is_set_checked_reserved_and_released,
            stock_is_set_under_its_etag_and_adjusted_while_orders_run,
            a_reservation_that_expires_is_given_back;
        payments:
            a_payment_is_made_once_and_refunded_in_parts,
            a_declined_payment_is_made_by_another_method,
            a_caller_neither_touches_nor_hinders_the_payment_of_an_order,
            saved_failures_and_forgotten_keys_charge_an_order_once,
            a_processing_charge_is_awaited,
            an_order_is_cancelled_only_once_its_refund_has_succeeded,
            nothing_is_charged_for_orders_that_are_cancelled_while_the_provider_is_away,
            a_stalled_provider_delays_an_order_and_charges_it_once,
            a_charge_whose_answer_was_lost_is_found_again,
            orders_wait_for_their_reservation_under_a_wrong_key_and_the_log_says_what_to_fix;
        refunds:
            staff_refund_a_completed_order_in_parts_and_no_more_than_was_paid,
            an_order_that_runs_or_was_cancelled_is_not_refunded,
            a_refund_that_takes_its_time_is_shown_as_pending_until_it_is_asked_about,
            a_refund_amid_which_its_function_was_killed_is_done_once_when_it_is_repeated,
            a_refund_that_nobody_repeats_is_brought_to_its_end_by_the_sweep;
        bad_requests:
            each_bad_request_is_a_problem_and_changes_nothing,
            unknown_ids_are_not_found,
            only_a_sidecar_may_call_a_function;
        faults:
            orders_survive_the_death_of_the_workflow_host,
            orders_survive_the_death_of_the_workflow_hosts_sidecar,
            orders_survive_the_death_of_the_stock_host,
            orders_survive_the_death_of_process_payment,
            orders_survive_the_death_of_the_scheduler,
            a_killed_function_is_a_temporary_503;
        rollouts:
            stopping_one_of_two_processes_loses_no_request;
        mails:
            a_completed_order_sends_four_mails,
            a_cancelled_order_says_why_and_what_was_refunded,
            markup_in_a_name_is_text_in_the_mail,
            the_events_of_an_order_are_published_in_order_under_its_ids,
            events_delivered_twice_are_mailed_once_to_their_customer;
        deliveries:
            orders_do_not_wait_for_mail,
            every_mail_arrives_once_after_the_mail_server_was_down,
            no_mail_is_lost_when_send_email_is_killed,
            no_mail_is_lost_when_the_broker_is_killed,
            no_mail_is_lost_when_the_sidecar_of_notify_order_is_killed,
            poison_is_a_dead_letter_with_its_reason_and_delays_nothing,
            a_dead_letter_that_is_resent_after_the_fix_is_mailed,
            a_hundred_undeliverable_mails_delay_no_other,
            a_mail_that_is_deferred_arrives_once_when_it_is_taken,
            a_function_publishes_to_no_topic_but_those_of_its_manifest,
            operators_see_how_many_messages_wait_for_a_function;
        traces:
            a_completed_order_is_one_tree_from_the_click_to_the_mail,
            the_undos_of_a_declined_order_are_in_its_trace,
            each_try_of_a_step_is_a_span_with_its_number,
            an_event_delivered_again_is_a_second_span_of_the_same_trace,
            an_order_that_survived_a_kill_is_one_trace_without_doubled_steps,
            the_measures_of_30_orders_are_those_of_the_mix,
            a_collector_that_hangs_fails_or_is_gone_changes_nothing;
        processes:
            every_function_is_healthy_and_ready,
            every_event_function_subscribes_to_the_topic_of_its_manifest,
            every_function_completes_a_request_in_flight_when_it_is_asked_to_stop,
            every_function_rejects_bad_settings_and_names_all_of_them;
        start:
            ctrl_c_stops_a_shop_and_leaves_no_process,
            a_shop_whose_parent_is_killed_leaves_no_process,
            a_start_on_ports_that_are_taken_says_who_holds_them;
    ];
    trials.extend(trials![vaulted,
        rotation:
            the_key_is_replaced_under_200_running_payments_and_none_fails,
            an_event_that_is_delivered_again_replaces_nothing,
            a_rotation_that_was_cut_short_ends_with_one_new_key,
            no_key_is_in_a_log;
    ]);
    trials.extend(trials![shipped,
        outages:
            of_two_orders_with_the_same_products_in_opposite_order_one_completes,
            orders_of_100_products_complete,
            orders_outlast_a_carrier_that_is_away,
            orders_outlast_stock_and_payments_that_are_away,
            orders_outlast_a_store_and_a_broker_that_are_away,
            an_order_whose_workflow_was_ended_is_driven_on_when_it_is_resumed,
            a_stuck_order_is_ended_when_it_is_resumed;
    ]);
    let conclusion = libtest_mimic::run(&arguments, trials);
    for system in [system, vaulted, shipped] {
        system.stop(conclusion.has_failed());
    }
    conclusion.exit_code()
}
