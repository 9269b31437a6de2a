//! No process outlives its parent, which is this program, run again with [`PARENT`], so that it can be
//! killed.

use libtest_mimic::{Arguments, Failed, Trial};
use local::guard::Guard;
use rustix::process::{Pid, Signal, getpgid, kill_process, test_kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// The argument that makes this program the parent, which then prints the process ids of its children
/// and of its guard.
const PARENT: &str = "--parent";

/// How soon the children of a killed parent must have ended.
const LIMIT: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(PARENT) {
        let family = Family::new();
        let members: Vec<_> = family.members.iter().map(ToString::to_string).collect();
        println!("{}", members.join(" "));
        loop {
            std::thread::park();
        }
    }
    let trials = vec![
        Trial::test("a_parent_that_is_killed_leaves_no_process", a_killed_parent),
        Trial::test("a_guard_that_is_dropped_leaves_no_process", a_dropped_guard),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A guard and two children, one of which is paused.
struct Family {
    guard: Guard,
    children: Vec<Child>,
    members: Vec<Pid>,
}

impl Family {
    fn new() -> Self {
        let guard = Guard::start().expect("there is a shell");
        let spawn = || {
            let mut command = Command::new("sh");
            command.args(["-c", "trap '' HUP TERM; sleep 1000 & wait"]);
            guard.adopt(&mut command);
            // A child that remains after a failure must not keep the pipe of this test's output open.
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().expect("there is a shell")
        };
        let children = vec![spawn(), spawn()];
        let mut members: Vec<Pid> = children.iter().map(Pid::from_child).collect();
        kill_process(members[1], Signal::STOP).expect("the child runs");
        members.push(getpgid(Some(members[0])).expect("the child runs"));
        Self { guard, children, members }
    }
}

fn a_killed_parent() -> Result<(), Failed> {
    let mut parent = Command::new(std::env::current_exe()?)
        .arg(PARENT)
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(parent.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let members: Vec<Pid> =
        line.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect();
    assert_eq!((members.len(), members.iter().any(|pid| has_ended(*pid))), (3, false));
    parent.kill()?;
    parent.wait()?;
    assert_all_end(&members)
}

fn a_dropped_guard() -> Result<(), Failed> {
    let Family { guard, mut children, members } = Family::new();
    drop(guard);
    for child in &mut children {
        child.wait()?;
    }
    assert_all_end(&members)
}

fn assert_all_end(members: &[Pid]) -> Result<(), Failed> {
    let began = Instant::now();
    while !members.iter().all(|pid| has_ended(*pid)) {
        if began.elapsed() > LIMIT {
            // Ends the processes that the failure below names.
            for pid in members {
                let _ = kill_process(*pid, Signal::KILL);
            }
            return Err(format!("some of {members:?} are still running").into());
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// Whether a process has ended, reaped or not.
fn has_ended(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    test_kill_process(pid).is_err() || stat.contains(") Z ")
}
