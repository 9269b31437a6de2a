//! The style of imports, which stable rustfmt cannot enforce: one import per module, its names in braces,
//! and all imports of a visibility in one block, which rustfmt then sorts.

use super::{Offence, Source};
use std::collections::BTreeSet;

/// The modules that may be glob-imported: the one around tests, and proptest's prelude.
const WHOLE: [&str; 2] = ["super::", "proptest::prelude::"];

/// A `use` item.
struct Import<'a> {
    /// Its byte offsets in the file.
    start: usize,
    end: usize,
    /// Such as `pub `; empty for a private one.
    visibility: &'a str,
    /// The module, and the imported names as they are written.
    module: &'a str,
    names: &'a str,
    /// The byte offset of the innermost opening brace around it.
    scope: Option<usize>,
}

/// The imports of `source` in another style.
#[must_use]
pub fn odd_imports(source: &Source) -> Vec<Offence> {
    let imports = imports(&source.code);
    let mut seen = BTreeSet::new();
    let mut odd = Vec::new();
    for (at, import) in imports.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &imports[before]);
        // A conditionally compiled one may repeat a module.
        let conditional = source.code[..import.start].trim_end().ends_with(']');
        let twice = !seen.insert((import.scope, import.visibility, import.module));
        let nested = import.names.contains("::");
        let whole = import.names == "*" && !WHOLE.contains(&import.module);
        let separated = before.is_some_and(|it| separated(source, it, import));
        if nested || whole || (twice && !conditional) || separated {
            let line = source.code[..import.start].matches('\n').count() + 1;
            odd.push(source.offence(line));
        }
    }
    odd
}

/// Whether two imports of the same visibility are separated by nothing but an empty line.
fn separated(source: &Source, before: &Import<'_>, import: &Import<'_>) -> bool {
    let between = &source.text[before.end..import.start];
    before.visibility == import.visibility
        && between.trim().is_empty()
        && between.matches('\n').count() > 1
}

/// The `use` items of `code`, each of which begins a line.
fn imports(code: &str) -> Vec<Import<'_>> {
    let mut scopes = Vec::new();
    let (mut imports, mut at) = (Vec::new(), 0);
    for line in code.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if indent < line.len() {
            imports.extend(import(code, at + indent, scopes.last().copied()));
        }
        for (offset, letter) in line.char_indices() {
            match letter {
                '{' => scopes.push(at + offset),
                '}' => _ = scopes.pop(),
                _ => {}
            }
        }
        at += line.len();
    }
    imports
}

/// The `use` item that starts at `start`, if one does.
fn import(code: &str, start: usize, scope: Option<usize>) -> Option<Import<'_>> {
    let length = code[start..].find(';')?;
    let (visibility, tree) = code[start..start + length].split_once("use ")?;
    let is_visibility = visibility.is_empty() || visibility.starts_with("pub");
    if !is_visibility || visibility.contains(['\n', ';', '=']) {
        return None;
    }
    let names = tree.find('{').or_else(|| tree.rfind("::").map(|at| at + 2)).unwrap_or_default();
    let (module, names) = tree.split_at(names);
    Some(Import { start, end: start + length + 1, visibility, module, names, scope })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let odd = odd_imports(&Source::new("a.rs", text));
        odd.iter().map(|offence| offence.line).collect()
    }

    #[test]
    fn one_import_per_module_is_the_style() {
        let text = "mod a;\n\npub use a::A;\n\nuse b::c::{C, D as _};\nuse b::{self, E};\n\
            #[cfg(test)]\nuse b::c::F;\n\n/// Doc.\nfn f() {\n    use b::c::G;\n    use_it(\"use b::{c::d}\");\n}\n\
            #[cfg(test)]\nmod tests {\n    use super::*;\n    use b::c::C;\n}\n";
        assert_eq!(lines(text), [0; 0]);
    }

    #[test]
    fn nested_imports_are_found() {
        assert_eq!(lines("use a::B;\nuse std::{\n    fmt,\n    str::FromStr,\n};\n"), [2]);
    }

    #[test]
    fn a_glob_import_is_found() {
        assert_eq!(lines("use a::*;\nmod tests {\n    use super::*;\n}\n"), [1]);
    }

    #[test]
    fn a_repeated_module_is_found() {
        assert_eq!(lines("use a::B;\nuse a::C;\npub use a::D;\n"), [2]);
    }

    #[test]
    fn empty_lines_between_imports_are_found() {
        assert_eq!(lines("use std::fs;\n\nuse a::B;\n// Why.\nuse c::D;\n"), [3]);
    }
}
