//! The dependencies between the layers of `shared`.

use super::paths::Path;
use super::{Offence, Source};

/// The modules of `shared`, outermost last.
const LAYERS: [&str; 12] = [
    "domain",
    "observe",
    "ports",
    "operations",
    "http",
    "provider",
    "key_vault",
    "oidc",
    "sidecar",
    "host",
    "wiring",
    "testing",
];

/// Whether a path does I/O or reads a clock: processes, files, the environment, the network, the time.
fn is_impure(path: &Path<'_>) -> bool {
    const CRATES: [&str; 6] = ["axum", "dapr", "dapr_durabletask", "reqwest", "tokio", "tonic"];
    const STD: [&str; 5] = ["env", "fs", "net", "process", "thread"];
    const CLOCKS: [&str; 2] = ["Instant", "SystemTime"];
    path.segments.iter().any(|segment| CLOCKS.contains(segment))
        || CRATES.iter().any(|name| path.starts_with(&[name]))
        || STD.iter().any(|module| path.starts_with(&["std", module]))
}

/// The lines where pure code does I/O or reads a clock. Its tests may.
#[must_use]
pub fn impure_code(source: &Source) -> Vec<Offence> {
    source.naming(|path| is_impure(path) && !source.is_test(path.line))
}

/// The lines that name the environment of the process.
#[must_use]
pub fn names_environment(source: &Source) -> Vec<Offence> {
    source.naming(|path| path.starts_with(&["std", "env"]))
}

/// The lines that name one of `crates`.
#[must_use]
pub fn names_crate(source: &Source, crates: &[&str]) -> Vec<Offence> {
    source.naming(|path| crates.iter().any(|name| path.starts_with(&[name])))
}

/// The lines that name a layer other than `own` and those that it may use, except `testing`, which
/// [`test_helpers`] checks.
#[must_use]
pub fn foreign_layers(source: &Source, own: &str, may_use: &[&str]) -> Vec<Offence> {
    let allowed = |layer: &str| layer == own || layer == "testing" || may_use.contains(&layer);
    source.naming(|path| layer(path).is_some_and(|layer| !allowed(layer)))
}

/// The lines that name `testing` in code that is not for tests.
#[must_use]
pub fn test_helpers(source: &Source) -> Vec<Offence> {
    source.naming(|path| layer(path) == Some("testing") && !source.is_test(path.line))
}

/// The layer that a path leads into from within `shared`.
fn layer<'a>(path: &Path<'a>) -> Option<&'a str> {
    let above = path.segments.iter().take_while(|segment| ["crate", "super"].contains(segment));
    let above = above.count();
    let layer = path.segments.get(above).filter(|segment| LAYERS.contains(segment))?;
    (above > 0).then_some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(offences: &[Offence]) -> Vec<usize> {
        offences.iter().map(|offence| offence.line).collect()
    }

    #[test]
    fn a_foreign_layer_is_found_however_it_is_named() {
        let code = "use crate::{ports::Clock, domain::Money};\nuse super::super::http;\n\
            /// [`crate::host`]\nfn f() { crate::sidecar::g(\"crate::host\") }\nuse super::hosts;\n";
        let source = Source::new("shared/src/domain/money.rs", code);
        assert_eq!(lines(&foreign_layers(&source, "domain", &[])), [1, 2, 4]);
        assert_eq!(lines(&foreign_layers(&source, "domain", &["ports", "sidecar"])), [2]);
    }

    #[test]
    fn fakes_are_for_tests() {
        let code =
            "use crate::testing::a;\n#[cfg(test)]\nmod tests {\n    use crate::testing::b;\n}\n";
        let source = Source::new("shared/src/http/kind.rs", code);
        assert_eq!(lines(&test_helpers(&source)), [1]);
        assert!(foreign_layers(&source, "http", &[]).is_empty());
    }

    #[test]
    fn impure_code_is_found_in_the_domain() {
        let code = "use std::{collections::BTreeMap, env, time::Duration};\nuse std::time;\n\
            fn f() -> time::SystemTime { tokio::spawn() }\n#[cfg(test)]\nuse tokio::test;\n";
        let source = Source::new("shared/src/domain/money.rs", code);
        assert_eq!(lines(&impure_code(&source)), [1, 3]);
        assert_eq!(lines(&names_environment(&source)), [1]);
    }

    #[test]
    fn a_crate_is_distinguished_from_methods_and_modules_of_its_name() {
        let code = "use dapr::client;\nself.dapr().await;\ncrate::dapr();\n";
        let source = Source::new("shared/src/host/serve.rs", code);
        assert_eq!(lines(&names_crate(&source, &["dapr"])), [1]);
    }
}
