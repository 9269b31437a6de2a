//! The modules of a crate, and circular imports between them.

use super::paths::{Path, paths};
use super::{Offence, Source};
use std::collections::{BTreeMap, BTreeSet};

/// The path of a module from the root of its crate.
type Module = Vec<String>;

/// The modules of a crate.
type Modules<'a> = BTreeMap<Module, File<'a>>;

/// How many re-exports an import is followed through.
const MAX_REEXPORTS: usize = 5;

/// A module's file, and the paths in it outside of tests.
struct File<'a> {
    source: &'a Source,
    paths: Vec<Path<'a>>,
}

impl<'a> File<'a> {
    fn of(source: &'a Source) -> Self {
        let mut paths = paths(&source.code);
        paths.retain(|path| !source.is_test(path.line));
        Self { source, paths }
    }
}

/// An import between two modules with the same parent.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Import {
    from: Module,
    to: Module,
}

/// The lines that are part of a circle between siblings: modules with the same parent, each with its
/// submodules. `sources` are the files of a crate, below `folder`. A module and its submodules may import
/// each other, and tests may import anything.
#[must_use]
pub fn circles<'a>(sources: impl IntoIterator<Item = &'a Source>, folder: &str) -> Vec<Offence> {
    let modules = sources.into_iter();
    let modules = modules.map(|source| (module(&source.path, folder), File::of(source)));
    let modules: Modules<'_> = modules.collect();
    let mut imports = BTreeMap::<Import, Vec<Offence>>::new();
    for (module, File { source, paths }) in &modules {
        for path in paths {
            let target = resolved(module, path, &modules, MAX_REEXPORTS);
            if let Some(import) = target.and_then(|target| between_siblings(module, &target)) {
                imports.entry(import).or_default().push(source.offence(path.line));
            }
        }
    }
    let closing = imports.keys().filter(|import| reaches(&imports, &import.to, &import.from));
    closing
        .flat_map(|import| imports[import].clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// The module that a file holds.
fn module(path: &str, folder: &str) -> Module {
    let path = path.trim_start_matches(folder).trim_end_matches(".rs");
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut module: Module = segments.map(str::to_owned).collect();
    let last = module.last().map(String::as_str);
    if matches!(last, Some("mod")) || (module.len() == 1 && matches!(last, Some("lib" | "main"))) {
        module.pop();
    }
    module
}

/// The module that a path in `module` refers to, through re-exports.
fn resolved(
    module: &Module,
    path: &Path<'_>,
    modules: &Modules<'_>,
    reexports: usize,
) -> Option<Module> {
    let (mut target, rest) = absolute(module, &path.segments)?;
    let mut rest = rest.iter();
    for segment in rest.by_ref() {
        target.push((*segment).to_owned());
        if !modules.contains_key(&target) {
            let name = target.pop()?;
            let next = reexports.checked_sub(1)?;
            let paths = modules.get(&target)?.paths.iter();
            let mut reexported = paths
                .filter(|it| it.segments.len() > 1 && it.segments.last() == Some(&name.as_str()));
            let further = reexported.find_map(|it| resolved(&target, it, modules, next));
            return Some(further.unwrap_or(target));
        }
    }
    Some(target)
}

/// The module at which a path into its own crate starts, and the rest of the path.
fn absolute<'a>(module: &Module, segments: &'a [&'a str]) -> Option<(Module, &'a [&'a str])> {
    match segments.split_first()? {
        (&"crate", rest) => Some((Module::new(), rest)),
        (&"self", rest) => Some((module.clone(), rest)),
        (&"super", _) => {
            let above = segments.iter().take_while(|segment| **segment == "super").count();
            let depth = module.len().checked_sub(above)?;
            Some((module[..depth].to_vec(), &segments[above..]))
        }
        _ => None,
    }
}

/// The import as one between siblings, unless one module contains the other.
fn between_siblings(from: &Module, to: &Module) -> Option<Import> {
    let shared = from.iter().zip(to).take_while(|(from, to)| from == to).count();
    let inside = shared == from.len() || shared == to.len();
    (!inside).then(|| Import { from: from[..=shared].to_vec(), to: to[..=shared].to_vec() })
}

/// Whether `from` imports `to`, or something that does.
fn reaches(imports: &BTreeMap<Import, Vec<Offence>>, from: &Module, to: &Module) -> bool {
    let mut reached = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(module) = waiting.pop() {
        let next = imports.keys().filter(|import| import.from == *module);
        waiting.extend(next.map(|import| &import.to).filter(|next| reached.insert(next)));
    }
    reached.contains(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<_> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        let found = circles(&sources, "a/src");
        found.iter().map(|offence| format!("{}:{}", offence.path, offence.line)).collect()
    }

    #[test]
    fn siblings_that_import_each_other_indirectly_are_a_circle() {
        let files = [
            ("a/src/lib.rs", "mod b;\nmod c;\nmod d;\n"),
            ("a/src/b.rs", "use crate::c::C;\n"),
            ("a/src/c/mod.rs", "mod e;\n"),
            ("a/src/c/e.rs", "use super::super::d::D;\nuse super::C;\n"),
            ("a/src/d.rs", "\nfn f() -> crate::b::B {}\n"),
        ];
        assert_eq!(found(&files), ["a/src/b.rs:1", "a/src/c/e.rs:1", "a/src/d.rs:2"]);
        assert_eq!(found(&files[..4]), [""; 0]);
    }

    #[test]
    fn a_circle_through_a_reexport_is_found() {
        let files = [
            ("a/src/lib.rs", "mod b;\nmod c;\npub use self::b::B;\n"),
            ("a/src/b.rs", "use crate::c::C;\n"),
            ("a/src/c.rs", "use crate::B;\n"),
        ];
        assert_eq!(found(&files), ["a/src/b.rs:1", "a/src/c.rs:1"]);
    }

    #[test]
    fn parents_children_and_tests_form_no_circle() {
        let files = [
            ("a/src/lib.rs", "mod b;\nuse b::f;\n"),
            (
                "a/src/b.rs",
                "mod c;\nuse self::c::C;\n#[cfg(test)]\nmod tests {\n    use crate::d::D;\n}\n",
            ),
            ("a/src/b/c.rs", "use super::B;\nuse crate::A;\n"),
            ("a/src/d.rs", "use crate::b::B;\n"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }
}
