//! Azure: functions, components and Bicep are consistent.
//!
//! With `UPDATE=1` these tests update stale snapshots, which needs the Bicep compiler.

use generate::azure::{COMPONENTS_JSON, FOLDER, FUNCTIONS_JSON};
use generate::workspace::{read, root};
use local::manifest;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::{env, fs};
use tests::checks::current::assert_current;
use tests::checks::infra::apps::ROTATION_SETTINGS;
use tests::checks::infra::compiler::{Compiled, Compiler, Folder};
use tests::checks::infra::components::generated;
use tests::checks::infra::mutations::MUTATIONS;
use tests::checks::infra::target::Target;
use tests::checks::infra::{Finding, Tree, detection, kusto};
use tests::checks::program::not_checked;

#[test]
fn the_components_on_azure_are_current() {
    for file in generated(&Tree::read()) {
        assert_current(&file);
    }
}

#[test]
fn bicep_files_components_and_functions_are_consistent() {
    assert_eq!(current().findings(), Vec::<Finding>::new());
}

#[test]
fn a_deployment_creates_exactly_what_the_functions_need() {
    let findings = current().compiled_findings(compiled());
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn the_mail_component_gets_the_port_of_the_mail_server() {
    let prod = compiled().snapshots.iter().find(|snapshot| snapshot.target == Target::Prod);
    let component = "Microsoft.App/managedEnvironments/daprComponents";
    let email = prod.and_then(|prod| prod.named(component, "email")).expect("prod sends mails");
    let settings = email["properties"]["metadata"].as_array().expect("it has settings");
    let port = settings.iter().find(|setting| setting["name"] == "port");
    assert_eq!(port.expect("it has a port")["value"], "2525", "MAIL_PORT of the deployment");
}

#[test]
fn numbers_in_the_cloud_default_to_those_of_the_settings() {
    let (settings, template) = (read("docs/settings.md"), read("infra/main.bicep"));
    let within = |text: &str, start: &str, end: &str| {
        let (_, rest) = text.split_once(start)?;
        rest.split_once(end).map(|(found, _)| found.to_owned())
    };
    let numbers = template.lines().filter_map(|line| {
        Some((within(line, "name: '", "', value: string(")?, within(line, "string(", ")")?))
    });
    let numbers: Vec<_> = numbers.collect();
    assert!(numbers.len() >= 8, "{numbers:?}");
    for (name, parameter) in numbers {
        let default = within(&settings, &format!("| `{name}` | `"), "`").expect("it is a setting");
        // The platform has an ingress of its own.
        let default = if name == "TRUSTED_PROXIES" { "1" } else { &default };
        assert!(template.contains(&format!("param {parameter} int = {default}\n")), "{name}");
        for stage in ["dev", "prod"] {
            let read_from = format!("int(readEnvironmentVariable('{name}', '{default}'))\n");
            let text = read(&format!("infra/{stage}.bicepparam"));
            assert!(text.contains(&format!("param {parameter} = {read_from}")), "{stage}: {name}");
        }
    }
}

#[test]
fn the_snapshots_are_current() {
    if compiler().is_none() {
        return;
    }
    for snapshot in &compiled().snapshots {
        let (path, text) = (snapshot.target.path(), snapshot.text());
        if updates() {
            write(&root().join(&path), &text);
        }
        assert!(read(&path) == text, "{path} is stale: run the tests `infra` with UPDATE=1");
    }
}

/// Whether to write stale snapshots: `./makew generate` has no compiler for them.
#[expect(clippy::disallowed_methods, reason = "this is no setting of a function")]
fn updates() -> bool {
    env::var("UPDATE").is_ok_and(|value| value == "1")
}

#[test]
fn the_compiler_and_its_linter_report_nothing() {
    let Some(compiler) = compiler() else { return };
    let folder = Folder::of(&current());
    assert_eq!(compiler.lint(folder.path()), "");
    for name in ["dev", "prod"] {
        assert_eq!(compiler.parameters(folder.path(), name), "", "{name}");
    }
}

#[test]
fn the_formatter_changes_nothing() {
    let Some(compiler) = compiler() else { return };
    let tree = current();
    let folder = Folder::of(&tree);
    assert_eq!(compiler.format(folder.path()), "");
    for (path, text) in tree.files("infra/", ".bicep").chain(tree.files("infra/", ".bicepparam")) {
        let formatted = fs::read_to_string(folder.path().join(path)).unwrap();
        assert_eq!(formatted, text, "{path}");
    }
}

#[test]
fn every_mutation_is_detected_by_its_check() {
    let undetected = detection::undetected(&current(), compiler());
    assert!(undetected.is_empty(), "{undetected:#?}");
    assert!(MUTATIONS.len() >= 40, "{}", MUTATIONS.len());
}

#[test]
fn the_log_query_language_service_accepts_every_query() {
    let queries: BTreeMap<_, _> = compiled().snapshots.iter().flat_map(kusto::queries).collect();
    assert!(queries.len() > 50, "{queries:?}");
    if let Some(findings) = kusto::findings(&queries) {
        assert_eq!(findings, "");
    }
}

#[test]
fn the_log_query_language_service_reports_an_unknown_column() {
    let wrong = "AppRequests | where Sucess == false".to_owned();
    if let Some(findings) = kusto::findings(&BTreeMap::from([("wrong".to_owned(), wrong)])) {
        assert!(findings.contains("wrong: The name 'Sucess'"), "{findings}");
    }
}

#[test]
fn a_new_function_is_deployed_without_another_edit() {
    let tree = with_function("notify-accounting", r#"topic = "payments""#);
    assert!(tree.text(FUNCTIONS_JSON).contains(r#""name": "notify-accounting""#));
    for component in ["orders", "pubsub"] {
        let yaml = tree.text(&format!("{FOLDER}/{component}.yaml"));
        assert!(yaml.contains("\n  - notify-accounting\n"), "{yaml}");
    }
    assert_eq!(tree.text(COMPONENTS_JSON).matches(r#""notify-accounting""#).count(), 2);
    assert_consistent(&tree);
}

#[test]
fn a_function_that_manages_secrets_is_deployed_without_another_edit() {
    let manifest = "topic = \"vault-reports\"\nmanages = [\"secrets\"]";
    let mut tree = with_function("replace-payment-key", manifest);
    assert!(!tree.text(&format!("{FOLDER}/secrets.yaml")).contains("replace-payment-key"));
    assert_consistent(&tree);

    let Some(compiler) = compiler() else { return };
    let settings = tree.text(ROTATION_SETTINGS).replace("AZURE_CLIENT_ID", "NONE");
    tree.put(ROTATION_SETTINGS, settings);
    let made = Compiled::new(compiler, &tree, &[Target::Prod], false).unwrap();
    let findings = tree.compiled_findings(&made);
    let unread = "replace-payment-key: no function reads AZURE_CLIENT_ID";
    assert!(findings.iter().any(|finding| finding.what == unread), "{findings:?}");
}

#[test]
fn a_function_with_a_name_that_azure_rejects_is_found() {
    let mut tree = current();
    tree.functions[0].name = "a-name-longer-than-container-apps-take".to_owned();
    tree.generate();
    let found = tree.findings();
    assert!(found.iter().any(|finding| finding.check == "names fit Azure's limits"), "{found:?}");
}

/// The workspace's files, with the generated ones updated: another test asserts that they are current.
fn current() -> Tree {
    let mut tree = Tree::read();
    tree.generate();
    tree
}

/// The Bicep compiler; if there is none, this is reported once.
fn compiler() -> Option<&'static Compiler> {
    static COMPILER: LazyLock<Option<Compiler>> = LazyLock::new(|| {
        let compiler = Compiler::find();
        if compiler.is_none() {
            not_checked("the Bicep was not compiled: `bicep` is not on PATH, and BICEP names none");
        }
        compiler
    });
    COMPILER.as_ref()
}

/// The compiled workspace, or the committed snapshots where there is no compiler.
fn compiled() -> &'static Compiled {
    static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
        let tree = current();
        let made = compiler().map(|compiler| Compiled::new(compiler, &tree, &Target::ALL, true));
        made.map_or_else(
            || Compiled::committed(&tree),
            |made| made.unwrap_or_else(|findings| panic!("{findings}")),
        )
    });
    &COMPILED
}

/// The workspace's files with one more event function, for which everything is generated. `manifest` is
/// the rest of its manifest.
fn with_function(name: &str, manifest: &str) -> Tree {
    let folder = Folder::new();
    let mut tree = current();
    for function in &tree.functions {
        let path = format!("functions/{}/Cargo.toml", function.name);
        write(&folder.path().join(&path), &read(&path));
    }
    let package = format!("[package]\nname = \"{name}\"\ndescription = \"Books payments.\"\n");
    let function = "[package.metadata.function]\nkind = \"event\"\nservice = \"payment\"\nport = 8099\n\
                    uses = [\"orders\", \"pubsub\"]\ncalls = {}";
    let toml = format!("{package}\n{function}\n{manifest}\n");
    write(&folder.path().join("functions").join(name).join("Cargo.toml"), &toml);
    tree.functions = manifest::functions(folder.path()).expect("every folder contains a manifest");
    let stale: Vec<_> = tree.findings().into_iter().map(|finding| finding.check).collect();
    assert!(stale.contains(&"functions.json is current"), "{stale:?}");
    tree.generate();
    tree
}

/// Asserts that `tree` is consistent, on Container Apps and on Kubernetes.
fn assert_consistent(tree: &Tree) {
    assert_eq!(tree.findings(), Vec::<Finding>::new());
    let Some(compiler) = compiler() else { return };
    let made = Compiled::new(compiler, tree, &[Target::Prod, Target::Aks], false);
    let made = made.unwrap_or_else(|findings| panic!("{findings}"));
    assert_eq!(tree.compiled_findings(&made), Vec::<Finding>::new());
}

fn write(file: &Path, text: &str) {
    let folder = file.parent().expect("a file is in a folder");
    fs::create_dir_all(folder).expect("the folder can be created");
    fs::write(file, text).expect("the file can be written");
}
