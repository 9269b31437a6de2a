//! Bicep as text: enough of it to ask what a file says.

/// The declaration that begins with `opening`, to the line that closes it; comments left out.
///
/// Declarations begin and end in the first column: `bicep format` sees to that.
#[must_use]
pub fn declaration(text: &str, opening: &str) -> String {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(opening));
    let Some(first) = lines.next() else { return String::new() };
    if first.ends_with(['}', ']', ')']) || !first.ends_with(['{', '[', '(']) {
        return first.to_owned();
    }
    let mut kept = vec![first];
    for line in lines.filter(|line| !is_comment(line)) {
        kept.push(line);
        if line.starts_with(['}', ']', ')']) {
            break;
        }
    }
    kept.join("\n")
}

/// What `text` says once comments and indentation are gone: one line after the other.
#[must_use]
pub fn plain(text: &str) -> String {
    let lines = text.lines().filter(|line| !is_comment(line)).map(str::trim);
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether this line is a comment and nothing else.
#[must_use]
pub fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// What stands between `before` and the next `after`, everywhere in `text`.
#[must_use]
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    let rests = text.split(before).skip(1);
    rests.filter_map(|rest| rest.split_once(after)).map(|(found, _)| found).collect()
}

/// Which of `parts` the text `of` the thing called `name` does not say.
#[must_use]
pub fn unsaid(name: &str, of: &str, parts: &[&str]) -> Vec<String> {
    let of = plain(of);
    let missing = parts.iter().filter(|part| !of.contains(**part));
    missing.map(|part| format!("{name} does not say `{part}`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "var a = {\n  // b: 1\n  c: 2\n}\n\nvar d = 'x'\nvar e = [\n  1\n]\n";

    #[test]
    fn a_declaration_ends_where_it_is_closed() {
        assert_eq!(declaration(TEXT, "var a "), "var a = {\n  c: 2\n}");
        assert_eq!(declaration(TEXT, "var d "), "var d = 'x'");
        assert_eq!(declaration(TEXT, "var e "), "var e = [\n  1\n]");
        assert_eq!(declaration(TEXT, "var f "), "");
    }

    #[test]
    fn what_is_commented_out_is_unsaid() {
        assert_eq!(unsaid("a", TEXT, &["c: 2", "b: 1"]), ["a does not say `b: 1`"]);
    }

    #[test]
    fn what_stands_between_is_found_everywhere() {
        assert_eq!(between("<a> and <b>", "<", ">"), ["a", "b"]);
    }
}
