//! The real Azure CLI parses every command line of the scripts and of the documents, without running them, so that
//! invalid arguments are detected before a deployment.

use generate::workspace::{files, read, root};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use tests::checks::program::not_checked;
use tests::deploy::{BOTH, Sandbox, TO_ACA};

/// The version of the Azure CLI.
const VERSION: &str = "2.91.0";

#[test]
fn the_azure_cli_accepts_every_command_line() {
    let mut lines = of_the_scripts();
    lines.extend(of_the_documents());
    assert!(lines.len() > 40, "{lines:?}");
    let Some(output) = read_by_azure_cli(&lines) else { return };
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn the_azure_cli_rejects_an_invalid_command_line() {
    let wrong = [
        "az group create --name x",
        "az group create --name x --location y --colour red",
        "az aks create-all",
        "az group list --query '[bad'",
    ];
    let lines = wrong.into_iter().chain(["az group list"]).map(str::to_owned).collect();
    let Some(output) = read_by_azure_cli(&lines) else { return };
    let text = text(&output);
    assert!(text.contains("read 5 command lines and refused 4"), "{text}");
}

/// The commands that the scripts run in a sandbox, and those of their messages.
fn of_the_scripts() -> BTreeSet<String> {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("made/deleted-vault"), "").expect("there is room");
    let without = [("NEVER_READY", "order-saga"), ("WORKFLOW_SECONDS", "0")];
    let ended = sandbox.run(
        "deploy-aca",
        &TO_ACA,
        &[&without[..], &[("UNREGISTERED", "Microsoft.App")]].concat(),
    );
    assert_eq!(ended.code, Some(69), "{}", ended.text);
    for (task, arguments) in BOTH {
        let stage_of_task = Sandbox::new();
        assert_eq!(stage_of_task.run(task, arguments, &[]).code, Some(0));
        assert_eq!(stage_of_task.run(task, &["--what-if"], &[]).code, Some(0));
        append(&sandbox, &stage_of_task);
    }
    assert_eq!(sandbox.run("destroy-aca", &["--yes"], &[]).code, Some(0));
    let typed = fs::read_to_string(sandbox.path("typed")).expect("calls are noted");
    let mut lines: BTreeSet<_> =
        typed.lines().filter(|it| it.starts_with("az ")).map(str::to_owned).collect();
    for (task, arguments) in BOTH {
        let shown = sandbox.run(task, &[arguments, &["--dry-run"]].concat(), &[]).text;
        let commands = shown.lines().filter_map(|line| line.strip_prefix("+ "));
        lines.extend(commands.filter(|it| it.starts_with("az ")).map(str::to_owned));
    }
    lines
}

fn append(to: &Sandbox, from: &Sandbox) {
    let typed = fs::read_to_string(from.path("typed")).expect("calls are noted");
    let mut file =
        fs::OpenOptions::new().append(true).open(to.path("typed")).expect("calls are noted");
    file.write_all(typed.as_bytes()).expect("there is room");
}

/// The commands in the documents.
fn of_the_documents() -> BTreeSet<String> {
    let documents = ["infra", "docs"].into_iter().flat_map(files);
    let documents = documents
        .chain(["README.md".to_owned()])
        .filter(|path| Path::new(path).extension().is_some_and(|it| it == "md"));
    let texts = documents.map(|path| read(&path).replace("\\\n", " "));
    let commands = |text: String| {
        let lines = text.lines().map(str::trim_start).filter(|line| line.starts_with("az "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    texts.flat_map(commands).collect()
}

/// The errors of the Azure CLI for these lines; none, with a report, where it cannot be installed.
fn read_by_azure_cli(lines: &BTreeSet<String>) -> Option<Output> {
    // One at a time: the first call installs it.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock();
    let mut command = Command::new(root().join("makew"));
    command.args(["--pypi", "azure-cli", VERSION, "python", "tests/src/deploy/az_reads.py"]);
    let mut reader = command
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("makew runs");
    let mut input = reader.stdin.take().expect("it is piped");
    let text: Vec<_> = lines.iter().map(String::as_str).collect();
    // Unused where the Azure CLI is not available.
    let _ = input.write_all(text.join("\n").as_bytes());
    drop(input);
    let output = reader.wait_with_output().expect("it ends");
    if output.status.code() == Some(69) {
        not_checked(
            "the command lines for Azure: the Azure CLI is not available here: python3 or its packages are missing",
        );
        return None;
    }
    Some(output)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
