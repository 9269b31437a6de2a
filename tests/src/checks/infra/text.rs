//! Source and queries as text.

/// The lines of `text` without comments and indentation.
#[must_use]
pub fn plain(text: &str) -> String {
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let lines = text.lines().filter(|line| !is_comment(line)).map(str::trim);
    lines.collect::<Vec<_>>().join("\n")
}

/// Every part of `text` between `before` and the next `after`.
#[must_use]
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    let rests = text.split(before).skip(1);
    rests.filter_map(|rest| rest.split_once(after)).map(|(found, _)| found).collect()
}

/// A finding for each of `parts` that the text `of` the file `name` does not contain.
#[must_use]
pub fn missing_parts(name: &str, of: &str, parts: &[&str]) -> Vec<String> {
    let of = plain(of);
    let missing = parts.iter().filter(|part| !of.contains(**part));
    missing.map(|part| format!("{name} does not contain `{part}`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commented_out_text_is_ignored() {
        let text = "var a = {\n  // b: 1\n  c: 2\n}\n";
        assert_eq!(missing_parts("a", text, &["c: 2", "b: 1"]), ["a does not contain `b: 1`"]);
    }

    #[test]
    fn every_text_between_two_markers_is_found() {
        assert_eq!(between("<a> and <b>", "<", ">"), ["a", "b"]);
    }
}
