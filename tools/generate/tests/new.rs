//! A new function of each kind, in a copy of the workspace: it is in every generated file without another
//! edit, builds and conforms.

use generate::workspace::{files, root};
use std::fs;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A function of each kind: its name, its options, and the files that must name it beside [`ALL`].
const FUNCTIONS: [(&str, &[&str], &[&str]); 3] = [
    ("gift-card", &["--kind", "http", "--service", "order"], &[]),
    (
        "count-payments",
        &["--kind", "event", "--service", "payment", "--topic", "payments", "--uses", "orders"],
        &["components/local/pubsub.yaml", "components/azure/orders.yaml", "infra/components.json"],
    ),
    (
        "basket",
        &["--kind", "actor", "--service", "order"],
        &[
            "components/azure/basket-store.yaml",
            "infra/components.json",
            "infra/aks/components/basket-store.yaml",
        ],
    ),
];

/// The files that name every function.
const ALL: [&str; 6] = [
    "Cargo.lock",
    "README.md",
    "dapr.yaml",
    "infra/aks/identities.tsv",
    "infra/functions.json",
    "infra/functions.tsv",
];

#[test]
fn a_new_function_of_each_kind_is_generated_for_builds_and_conforms() {
    let copy = Copy::new();
    for (name, options, more) in FUNCTIONS {
        let made = copy.new_function(name, options);
        assert!(made.status.success(), "{}", text(&made));
        for path in ALL.iter().chain(more) {
            assert!(copy.read(path).contains(name), "{path} does not name {name}");
        }
        let manifest = copy.read(&format!("infra/aks/functions/{name}.yaml"));
        assert!(manifest.contains("kind: Deployment"), "{manifest}");
    }
    let again = copy.generate(&[]);
    assert!(again.status.success() && again.stdout.is_empty(), "{}", text(&again));

    let formatted = copy.run(Command::new(env!("CARGO")).args(["fmt", "--all", "--check"]));
    assert!(formatted.status.success(), "{}", text(&formatted));
    let packages = FUNCTIONS.iter().flat_map(|(name, ..)| ["--package", name]);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--quiet", "--offline", "--locked"]).args(packages);
    // The dependencies are built there already.
    cargo.arg("--target-dir").arg(root().join("target"));
    let tested = copy.run(&mut cargo);
    assert!(tested.status.success(), "{}", text(&tested));
    assert_eq!(text(&tested).matches("2 passed").count(), FUNCTIONS.len(), "{}", text(&tested));
}

#[test]
fn invalid_arguments_are_rejected_and_nothing_is_written() {
    let copy = Copy::new();
    let http = ["--kind", "http", "--service", "order"];
    for (name, options, fault) in [
        ("stock", &http[..], "functions/stock exists already"),
        ("Gift", &http, "lower-case letters"),
        ("gift", &["--kind", "event", "--service", "order"], "--topic"),
        ("gift", &["--kind", "http", "--service", "orders"], "unknown variant"),
        (
            "gift",
            &["--kind", "http", "--service", "order", "--uses", "no-such"],
            "no component no-such",
        ),
        ("gift", &["--kind", "http", "--service", "order", "--topic", "orders"], "event only"),
    ] {
        let rejected = copy.new_function(name, options);
        assert!(!rejected.status.success(), "{name}");
        assert!(text(&rejected).contains(fault), "{}", text(&rejected));
        assert!(!copy.0.path().join("functions/gift").exists());
    }
}

/// A copy of the workspace's files.
struct Copy(TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Self(tempfile::tempdir().expect("there is room"));
        for path in files(".") {
            let to = copy.0.path().join(&path);
            fs::create_dir_all(to.parent().expect("it is in a folder")).expect("there is room");
            fs::copy(root().join(&path), to).expect("there is room for a copy");
        }
        copy
    }

    fn new_function(&self, name: &str, options: &[&str]) -> Output {
        let description = ["--description", "Shows a greeting."];
        self.generate(&[&["new", name], options, &description].concat())
    }

    fn generate(&self, arguments: &[&str]) -> Output {
        self.run(Command::new(env!("CARGO_BIN_EXE_generate")).args(arguments))
    }

    fn run(&self, command: &mut Command) -> Output {
        command.current_dir(self.0.path()).output().expect("it runs")
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
