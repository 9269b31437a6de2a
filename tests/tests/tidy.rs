//! The rules of the house that the compiler does not know.

use generate::workspace::{files, functions};
use tests::checks::tidy::{
    Manifest, Source, assert_none, circles, dead_ends, documents, foreign_layers, names_crate,
    names_environment, names_world, odd_imports, sources, test_helpers,
};

/// Where the project's Rust is.
const FOLDERS: [&str; 4] = ["functions", "shared", "tests", "tools"];

/// What is left to do, or shuts an eye.
const FORBIDDEN: [&str; 8] =
    ["#[allow", "#![allow", "#[ignore", "FIXME", "TODO", "dbg!", "todo!", "unimplemented!"];

/// Words that gave way to the field's, in names, and to plain ones, in comments.
const REPLACED: [&str; 20] = [
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
];

/// The layers of `shared`, and those that each may name. Tests may name `testing` besides.
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
fn every_module_of_shared_has_its_place_among_the_layers() {
    let modules = sources("shared/src").into_iter().filter(|file| file.path == "shared/src/lib.rs");
    let declared = |file: Source| -> Vec<String> {
        let lines = file.code.lines().filter_map(|line| line.strip_prefix("pub mod "));
        lines.map(|name| name.trim_end_matches(';').to_owned()).collect()
    };
    let mut placed: Vec<_> = MAY_NAME.map(|(layer, _)| layer.to_owned()).into();
    placed.push("testing".to_owned());
    placed.sort_unstable();
    assert_eq!(modules.flat_map(declared).collect::<Vec<_>>(), placed);
}

#[test]
fn fakes_are_named_by_tests_alone() {
    let shared = sources("shared/src").into_iter().filter(|file| !is_in(file, "testing"));
    assert_none(shared.flat_map(|file| test_helpers(&file)));
}

#[test]
fn the_domain_does_no_io_and_knows_no_clock() {
    assert_none(layer("domain").iter().flat_map(names_world));
}

#[test]
fn the_sidecar_alone_names_dapr() {
    let others = deployed().filter(|file| !is_in(file, "sidecar"));
    assert_none(others.flat_map(|file| names_crate(&file, &["dapr", "dapr_durabletask"])));
}

#[test]
fn the_vault_alone_names_azure() {
    let azure = ["azure_core", "azure_identity", "azure_security_keyvault_secrets"];
    let others = deployed().filter(|file| !is_in(file, "key_vault"));
    assert_none(others.flat_map(|file| names_crate(&file, &azure)));
}

#[test]
fn the_host_alone_names_the_environment() {
    let others = deployed().filter(|file| !is_in(file, "host"));
    assert_none(others.flat_map(|file| names_environment(&file)));
}

#[test]
fn every_file_says_first_what_it_is() {
    let silent = all().filter(|file| !file.text.starts_with("//! "));
    assert_none(silent.map(|file| file.offence(1)));
}

#[test]
fn imports_are_written_in_one_style() {
    assert_none(all().flat_map(|file| odd_imports(&file)));
}

#[test]
fn no_file_is_longer_than_300_lines() {
    assert_none(all().filter(|file| file.text.lines().count() > 300).map(|file| file.offence(301)));
}

#[test]
fn the_main_of_a_function_fits_in_40_lines() {
    let long = sources("functions").into_iter().filter(|file| file.lines_before_tests() > 40);
    assert_none(long.map(|file| file.offence(41)));
}

#[test]
fn nothing_is_left_to_do_or_ignored() {
    assert_none(all().flat_map(|file| file.lines_with(&FORBIDDEN)));
}

#[test]
fn words_that_were_replaced_do_not_come_back() {
    assert_none(all().flat_map(|file| file.lines_with_words(&REPLACED)));
}

#[test]
fn a_function_is_its_manifest_and_one_file() {
    for function in functions() {
        let folder = format!("functions/{}", function.name);
        let expected = ["Cargo.toml", "src/main.rs"].map(|file| format!("{folder}/{file}"));
        assert_eq!(files(&folder), expected);
    }
}

#[test]
fn every_function_is_tested_for_what_all_functions_do() {
    let functions = sources("functions").into_iter();
    let untested = functions.filter(|file| !file.code.contains("conforms"));
    assert_none(untested.map(|file| file.offence(1)));
}

#[test]
fn modules_import_each_other_in_no_circle() {
    let folders = FOLDERS.into_iter().flat_map(manifests).map(|manifest| manifest.folder("src"));
    assert_none(folders.flat_map(|folder| circles(&sources(&folder), &folder)));
}

#[test]
fn functions_never_depend_on_functions() {
    let functions: Vec<_> = functions().into_iter().map(|function| function.name).collect();
    assert_none(manifests("functions").flat_map(|manifest| manifest.depends_on(&functions)));
}

#[test]
fn every_crate_takes_the_versions_of_the_workspace() {
    let manifests = FOLDERS.into_iter().flat_map(manifests);
    assert_none(manifests.flat_map(|manifest| manifest.own_versions()));
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let manifests = FOLDERS.into_iter().flat_map(manifests);
    assert_none(manifests.filter_map(|manifest| manifest.own_lints()));
}

#[test]
fn documents_point_only_to_what_exists() {
    let documents = documents();
    assert!(documents.contains(&"ARCHITECTURE.md".to_owned()), "{documents:?}");
    assert_none(documents.iter().flat_map(|document| dead_ends(document)));
}

/// The files of a layer of `shared`.
fn layer(name: &str) -> Vec<Source> {
    let files: Vec<_> =
        sources("shared/src").into_iter().filter(|file| is_in(file, name)).collect();
    assert!(!files.is_empty(), "shared has no {name}");
    files
}

fn is_in(file: &Source, layer: &str) -> bool {
    ["/", "."].iter().any(|end| file.path.starts_with(&format!("shared/src/{layer}{end}")))
}

/// The files of what runs in the shop, which tools and tests do not.
fn deployed() -> impl Iterator<Item = Source> {
    ["functions", "shared/src"].into_iter().flat_map(sources)
}

fn all() -> impl Iterator<Item = Source> {
    FOLDERS.into_iter().flat_map(sources)
}

fn manifests(folder: &str) -> impl Iterator<Item = Manifest> {
    let manifests = files(folder).into_iter();
    manifests.filter_map(|path| Some(Manifest::of(path.strip_suffix("/Cargo.toml")?)))
}
