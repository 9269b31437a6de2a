//! The house rules that the compiler does not check.

use generate::workspace::{files, functions};
use tests::checks::tidy::{
    FOLDERS, Manifest, Source, assert_none, circles, dangling_references, documents,
    foreign_layers, impure_code, names_crate, names_environment, odd_imports, pages_with_words,
    sources, test_helpers,
};

/// Markers of unfinished work, and of disabled checks.
const FORBIDDEN: [&str; 8] =
    ["#[allow", "#![allow", "#[ignore", "FIXME", "TODO", "dbg!", "todo!", "unimplemented!"];

/// Words that standard terms replaced, in names, comments and messages.
const REPLACED: [&str; 36] = [
    "Till",
    "Cashier",
    "Mailroom",
    "Journal",
    "Hold",
    "Wrong",
    "Broken",
    "PaidOtherwise",
    "ReservedOtherwise",
    "dressed",
    "told_to_stop",
    "bury",
    "in_time",
    "news",
    "befall",
    "befalls",
    "lest",
    "mended",
    "whoever",
    "Whoever",
    "anybody",
    "everybody",
    "Everybody",
    "somebody",
    "Somebody",
    "told",
    "driven",
    "prolonged",
    "Door",
    "Shelf",
    "Patience",
    "Onlooker",
    "AtHand",
    "go_on",
    "goes_on",
    "look_at",
];

/// The layers of `shared`, and those that each may name. Tests may also name `testing`.
const MAY_NAME: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("observe", &[]),
    ("ports", &["domain"]),
    ("operations", &["domain", "observe", "ports"]),
    ("http", &["domain", "observe", "ports"]),
    ("provider", &["domain", "observe", "ports"]),
    ("key_vault", &["ports"]),
    ("oidc", &["domain", "ports"]),
    ("sidecar", &["domain", "http", "observe", "operations", "ports"]),
    ("host", &["domain", "http", "observe", "ports", "sidecar"]),
    (
        "wiring",
        &[
            "domain",
            "host",
            "http",
            "key_vault",
            "observe",
            "oidc",
            "operations",
            "ports",
            "provider",
            "sidecar",
        ],
    ),
];

#[test]
fn a_layer_names_only_inner_layers() {
    for (own, may_name) in MAY_NAME {
        assert_none(layer(own).iter().flat_map(|file| foreign_layers(file, own, may_name)));
    }
}

#[test]
fn every_module_of_shared_is_a_layer() {
    let modules = sources("shared/src").filter(|file| file.path == "shared/src/lib.rs");
    let declared = |file: &Source| -> Vec<String> {
        let lines = file.code.lines().filter_map(|line| line.strip_prefix("pub mod "));
        lines.map(|name| name.trim_end_matches(';').to_owned()).collect()
    };
    let mut placed: Vec<_> = MAY_NAME.map(|(layer, _)| layer.to_owned()).into();
    placed.push("testing".to_owned());
    placed.sort_unstable();
    assert_eq!(modules.flat_map(declared).collect::<Vec<_>>(), placed);
}

#[test]
fn only_tests_name_fakes() {
    let shared = sources("shared/src").filter(|file| !is_in(file, "testing"));
    assert_none(shared.flat_map(test_helpers));
}

#[test]
fn the_domain_does_no_io_and_reads_no_clock() {
    assert_none(layer("domain").into_iter().flat_map(impure_code));
}

#[test]
fn only_the_sidecar_names_dapr() {
    let others = deployed().filter(|file| !is_in(file, "sidecar"));
    assert_none(others.flat_map(|file| names_crate(file, &["dapr", "dapr_durabletask"])));
}

#[test]
fn only_the_vault_names_azure() {
    let azure = ["azure_core", "azure_identity", "azure_security_keyvault_secrets"];
    let others = deployed().filter(|file| !is_in(file, "key_vault"));
    assert_none(others.flat_map(|file| names_crate(file, &azure)));
}

#[test]
fn only_the_host_names_the_environment() {
    let others = deployed().filter(|file| !is_in(file, "host"));
    assert_none(others.flat_map(names_environment));
}

#[test]
fn every_file_starts_with_its_documentation() {
    let undocumented = all().filter(|file| !file.text.starts_with("//! "));
    assert_none(undocumented.map(|file| file.offence(1)));
}

#[test]
fn imports_are_written_in_one_style() {
    assert_none(all().flat_map(odd_imports));
}

#[test]
fn no_file_is_longer_than_300_lines() {
    assert_none(all().filter(|file| file.text.lines().count() > 300).map(|file| file.offence(301)));
}

#[test]
fn the_main_of_a_function_fits_in_40_lines() {
    let long = sources("functions").filter(|file| file.lines_before_tests() > 40);
    assert_none(long.map(|file| file.offence(41)));
}

#[test]
fn nothing_is_unfinished_or_ignored() {
    assert_none(others().flat_map(|file| file.lines_with(&FORBIDDEN)));
}

#[test]
fn replaced_words_are_not_used() {
    assert_none(others().flat_map(|file| file.lines_with_words(&REPLACED)));
    assert_none(pages_with_words(&REPLACED));
}

#[test]
fn a_function_is_its_manifest_and_one_file() {
    for function in functions() {
        let folder = format!("functions/{}", function.name);
        let expected = ["Cargo.toml", "src/main.rs"].map(|file| format!("{folder}/{file}"));
        let subscriptions = format!("{folder}/src/subscriptions.json");
        let written = files(&folder).into_iter().filter(|file| *file != subscriptions);
        assert_eq!(written.collect::<Vec<_>>(), expected, "but for what is generated");
    }
}

#[test]
fn every_function_is_tested_for_conformance() {
    let untested = sources("functions").filter(|file| !file.code.contains("conforms"));
    assert_none(untested.map(|file| file.offence(1)));
}

#[test]
fn modules_have_no_circular_imports() {
    let folders = FOLDERS.into_iter().flat_map(manifests).map(|manifest| manifest.folder("src"));
    assert_none(folders.flat_map(|folder| circles(sources(&folder), &folder)));
}

#[test]
fn functions_never_depend_on_functions() {
    let functions: Vec<_> = functions().into_iter().map(|function| function.name).collect();
    assert_none(manifests("functions").flat_map(|manifest| manifest.depends_on(&functions)));
}

#[test]
fn every_crate_inherits_the_versions_of_the_workspace() {
    let manifests = FOLDERS.into_iter().flat_map(manifests);
    assert_none(manifests.flat_map(|manifest| manifest.own_versions()));
}

#[test]
fn every_crate_inherits_the_lints_of_the_workspace() {
    let manifests = FOLDERS.into_iter().flat_map(manifests);
    assert_none(manifests.filter_map(|manifest| manifest.own_lints()));
}

#[test]
fn references_in_documents_exist() {
    let documents = documents();
    assert!(documents.contains(&"ARCHITECTURE.md".to_owned()), "{documents:?}");
    assert_none(documents.iter().flat_map(|document| dangling_references(document)));
}

/// The files of a layer of `shared`.
fn layer(name: &str) -> Vec<&'static Source> {
    let files: Vec<_> = sources("shared/src").filter(|file| is_in(file, name)).collect();
    assert!(!files.is_empty(), "shared has no {name}");
    files
}

fn is_in(file: &Source, layer: &str) -> bool {
    ["/", "."].iter().any(|end| file.path.starts_with(&format!("shared/src/{layer}{end}")))
}

/// The files of the crates that are deployed, which tools and tests are not.
fn deployed() -> impl Iterator<Item = &'static Source> {
    ["functions", "shared/src"].into_iter().flat_map(sources)
}

fn all() -> impl Iterator<Item = &'static Source> {
    FOLDERS.into_iter().flat_map(sources)
}

/// All files but this one, which names what is forbidden.
fn others() -> impl Iterator<Item = &'static Source> {
    all().filter(|file| file.path != "tests/tests/tidy.rs")
}

fn manifests(folder: &str) -> impl Iterator<Item = Manifest> {
    let manifests = files(folder).into_iter();
    manifests.filter_map(|path| Some(Manifest::of(path.strip_suffix("/Cargo.toml")?)))
}
