//! The place of the tables in a document.

use crate::BenchError;
use std::fs;
use std::path::Path;

/// Replaces what is between the lines `<!-- MARK -->` and `<!-- /MARK -->` of the document `path` by `text`.
///
/// # Errors
/// When it cannot be read or written, or has no such lines.
pub fn write_between(path: &Path, mark: &str, text: &str) -> Result<(), BenchError> {
    let document = fs::read_to_string(path).map_err(BenchError::file(path))?;
    let [begin, end] = ["", "/"].map(|slash| format!("<!-- {slash}{mark} -->"));
    let written = between(&document, [&begin, &end], text);
    let no_place = || BenchError::NoPlace { path: path.to_owned(), begin, end };
    let written = written.ok_or_else(no_place)?;
    fs::write(path, written).map_err(BenchError::file(path))
}

fn between(document: &str, [begin, end]: [&str; 2], text: &str) -> Option<String> {
    let (before, rest) = document.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        let document = |of_a: &str, of_b: &str| {
            format!(
                "# A\n\n<!-- a -->\n{of_a}\n<!-- /a -->\n\n<!-- a b -->\n{of_b}\n<!-- /a b -->\n"
            )
        };
        fs::write(&path, document("old", "old")).unwrap();
        for text in ["newer\n", "new"] {
            write_between(&path, "a b", text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), document("old", "\nnew\n"));
        let error = write_between(&path, "c", "new").unwrap_err().to_string();
        assert!(error.contains("has no lines <!-- c --> and <!-- /c -->"), "{error}");
    }
}
