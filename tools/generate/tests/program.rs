//! The program, in a copy of the workspace.

use generate::workspace::{files, root};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The folders that it reads and writes.
const FOLDERS: [&str; 6] = ["components", "docs", "functions", "infra", "schemas", "shared"];

const MANIFEST: &str = r#"
[package]
name = "notify-accounting"
description = "Books payments."

[package.metadata.function]
kind = "event"
service = "notification"
port = 8099
topic = "payments"
uses = ["orders", "pubsub"]
calls.ship-order = ["DELETE /shipments/{order_id}"]
"#;

#[test]
fn a_new_function_is_written_everywhere_from_its_folder_alone() {
    let copy = copy();
    assert_eq!(generate(copy.path()), [""; 0], "what is committed is current");
    let folder = copy.path().join("functions/notify-accounting");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(folder.join("src/main.rs"), "").unwrap();
    let expected = [
        "README.md",
        "components/azure/orders.yaml",
        "components/azure/pubsub.yaml",
        "components/local/orders.yaml",
        "components/local/pubsub.yaml",
        "dapr.yaml",
        "functions/record-dead-letter/src/subscriptions.json",
        "infra/aks/components/orders.yaml",
        "infra/aks/components/pubsub.yaml",
        "infra/aks/functions/notify-accounting.yaml",
        "infra/aks/functions/record-dead-letter.yaml",
        "infra/aks/functions/ship-order.yaml",
        "infra/aks/identities.tsv",
        "infra/components.json",
        "infra/functions.json",
        "infra/functions.tsv",
    ];
    assert_eq!(generate(copy.path()), expected.map(|path| format!("{path} is written")));
    for path in expected {
        let text = fs::read_to_string(copy.path().join(path)).unwrap();
        assert!(text.contains("notify-accounting"), "{path}");
    }

    fs::remove_dir_all(folder).unwrap();
    let removed = "infra/aks/functions/notify-accounting.yaml is removed".to_owned();
    assert!(generate(copy.path()).contains(&removed));
    assert_eq!(generate(copy.path()), [""; 0]);
}

/// Runs the program in a folder, and returns the lines that it prints, sorted.
fn generate(folder: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_generate")).current_dir(folder).output();
    let output = output.expect("the program runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), output.stderr);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&stderr));
    let mut lines: Vec<_> = stdout.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// A copy of the files that the program reads.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().expect("there is room for a copy");
    let below = FOLDERS.into_iter().flat_map(files);
    for path in below.chain(["README.md", "dapr.yaml"].map(str::to_owned)) {
        let file = copy.path().join(&path);
        fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("it can be made");
        fs::copy(root().join(path), file).expect("it can be copied");
    }
    copy
}
