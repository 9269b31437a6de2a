//! The place of the tables in a document.

use crate::BenchError;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- bench -->";
const END: &str = "<!-- /bench -->";

/// Replaces what is between the lines `<!-- bench -->` and `<!-- /bench -->` of the document `path` by `text`.
///
/// # Errors
/// When it cannot be read or written, or has no such lines.
pub fn write_between(path: &Path, text: &str) -> Result<(), BenchError> {
    let document = fs::read_to_string(path).map_err(BenchError::file(path))?;
    let no_place = || BenchError::NoPlace { path: path.to_owned(), begin: BEGIN, end: END };
    let written = between(&document, text).ok_or_else(no_place)?;
    fs::write(path, written).map_err(BenchError::file(path))
}

fn between(document: &str, text: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let document = "# A\n\n<!-- bench -->\nold\n<!-- /bench -->\n\nEnd\n";
        let expected = "# A\n\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\n\nEnd\n";
        assert_eq!(between(document, "new\n").as_deref(), Some(expected));
        assert_eq!(between(expected, "new").as_deref(), Some(expected));
        assert_eq!(between("# A\n", "new"), None);
    }
}
