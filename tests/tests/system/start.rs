//! `local start`, as `./makew start` runs it.

use super::harness::trials;
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

trials![
    ctrl_c_stops_a_shop_and_leaves_no_process,
    a_shop_whose_parent_is_killed_leaves_no_process,
    a_start_on_ports_in_use_names_the_processes_that_hold_them,
];

fn local(shop: &Shop, arguments: &[&str]) -> Command {
    let mut command = Command::new(shop.cluster.binary("local"));
    command.args(arguments).kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A second shop beside the one under test, and its processes.
struct Second {
    local: Child,
    /// The printed commands that place a first order.
    first_order: String,
    pids: BTreeSet<String>,
}

async fn start(shop: &Shop) -> Second {
    let mut command = local(shop, &["start", "--private", "--no-build"]);
    let mut local = command.stderr(Stdio::null()).spawn().expect("the program starts");
    let mut lines = BufReader::new(local.stdout.take().expect("stdout is piped")).lines();
    let mut printed = Vec::new();
    let ready = async {
        while !printed.last().is_some_and(|line: &String| line.contains("\"ship_to\"")) {
            let line = lines.next_line().await.expect("stdout is text");
            printed.push(line.expect("it does not end before it is ready"));
        }
    };
    timeout(Duration::from_mins(1), ready).await.expect("it is ready in time");
    assert!(printed[0].starts_with("saga-shop is ready: http://127.0.0.1:"), "{printed:?}");
    let commands = printed.iter().skip_while(|line| !line.starts_with("STAFF="));
    let first_order = commands.cloned().collect::<Vec<_>>().join("\n");
    let pid = local.id().expect("it runs").to_string();
    let mut pids = BTreeSet::from([pid]);
    while pids.len() < {
        pids.extend(children(&pids));
        pids.len()
    } {}
    Second { local, first_order, pids }
}

/// The children of `parents`.
fn children(parents: &BTreeSet<String>) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("there is /proc").filter_map(Result::ok);
    let names = processes.filter_map(|process| process.file_name().into_string().ok());
    names
        .filter(|process| parent(process).is_some_and(|parent| parents.contains(&parent)))
        .collect()
}

/// The parent of a process ([proc(5)](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)).
fn parent(process: &str) -> Option<String> {
    let stat = fs::read_to_string(Path::new("/proc").join(process).join("stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(1).map(str::to_owned)
}

async fn none_is_left(pids: &BTreeSet<String>) {
    let has_exited = |process: &String| {
        let stat =
            fs::read_to_string(Path::new("/proc").join(process).join("stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    until("no process is left", Duration::from_secs(10), async || {
        pids.iter().all(has_exited).then_some(())
    })
    .await;
}

fn signal(process: &Child, signal: rustix::process::Signal) {
    let pid = process.id().and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed()));
    rustix::process::kill_process(pid.expect("it runs"), signal).expect("it runs");
}

async fn ctrl_c_stops_a_shop_and_leaves_no_process(shop: &Shop) {
    let mut second = start(shop).await;
    let ordered = Command::new("bash").args(["-c", &second.first_order]).output();
    let answer = String::from_utf8(ordered.await.expect("bash runs").stdout).expect("it is text");
    assert!(answer.contains(r#""product_id":"lamp""#), "{answer}");
    assert!(answer.contains("HTTP/1.1 202 Accepted"), "{answer}");
    assert!(second.pids.len() > 2 * shop.cluster.functions().len(), "{:?}", second.pids);
    signal(&second.local, rustix::process::Signal::INT);
    let status = timeout(Duration::from_secs(10), second.local.wait()).await;
    assert_eq!(status.expect("it ends in time").expect("it ended").code(), Some(0));
    none_is_left(&second.pids).await;
}

async fn a_shop_whose_parent_is_killed_leaves_no_process(shop: &Shop) {
    let second = start(shop).await;
    signal(&second.local, rustix::process::Signal::KILL);
    none_is_left(&second.pids).await;
}

async fn a_start_on_ports_in_use_names_the_processes_that_hold_them(shop: &Shop) {
    // Held by this test, or by a shop that already runs on this machine.
    let _port = TcpListener::bind("127.0.0.1:8000");
    let output = local(shop, &["start", "--no-build"]).output();
    let output = timeout(Duration::from_secs(20), output)
        .await
        .expect("it ends in time")
        .expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("8000 of gateway: held by ") && errors.contains("(process "),
        "{errors}"
    );
}
