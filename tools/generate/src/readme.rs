//! README's table of functions.

use local::manifest::Function;
use serde::Serialize;

/// `readme` with the current table.
///
/// # Panics
/// When the table's markers are missing.
#[must_use]
pub fn with_table(readme: &str, functions: &[Function]) -> String {
    between_markers(readme, "functions", &table(functions))
}

fn table(functions: &[Function]) -> String {
    let mut functions: Vec<_> = functions.iter().collect();
    functions.sort_by_key(|function| (function.manifest.service, function.manifest.port));
    let row = |Function { name, description, manifest }: &Function| {
        let (kind, service) = (word(manifest.kind), word(manifest.service));
        format!("| {name} | {kind} | {service} | {} | {description} |\n", manifest.port)
    };
    let head = "| function | kind | service | port | what it does |\n|---|---|---|---|---|\n";
    functions.into_iter().map(row).fold(head.to_owned(), |table, row| table + &row)
}

/// A kind or service as in manifests.
pub(crate) fn word(value: impl Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    word.as_ref().and_then(|word| word.as_str()).expect("it is a string").to_owned()
}

fn between_markers(text: &str, name: &str, content: &str) -> String {
    let (opening, closing) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let halves = text.split_once(&opening).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&closing)?;
        Some((before, after))
    });
    let (before, after) = halves.unwrap_or_else(|| panic!("{opening} or {closing} is missing"));
    format!("{before}{opening}\n\n{content}\n{closing}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_between_the_markers_is_replaced() {
        let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        let expected = "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb\n";
        assert_eq!(between_markers(text, "x", "new\n"), expected);
    }

    #[test]
    #[should_panic(expected = "is missing")]
    fn a_missing_marker_is_found() {
        between_markers("<!-- x -->", "x", "");
    }
}
