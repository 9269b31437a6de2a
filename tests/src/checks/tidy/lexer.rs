//! Separates code, comments and literals.

/// A Rust file, twice: its code alone and its comments alone, all else blanked, so that lines and
/// columns stay.
pub(super) struct Split {
    pub(super) code: String,
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

pub(super) fn split(text: &str) -> Split {
    let mut split = Split { code: String::new(), comments: String::new() };
    let mut rest = text;
    while !rest.is_empty() {
        let (kind, length) = next(rest);
        let (piece, after) = rest.split_at(length);
        split.code += &kept(piece, kind == Kind::Code);
        split.comments += &kept(piece, kind == Kind::Comment);
        rest = after;
    }
    split
}

fn kept(piece: &str, keep: bool) -> String {
    let blank = |letter: char| if keep || letter == '\n' { letter } else { ' ' };
    piece.chars().map(blank).collect()
}

/// What `rest`, which is not empty, starts with, and its length in bytes.
fn next(rest: &str) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    let word = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
    match literal(&rest[..word], &rest[word..]) {
        Some(length) => (Kind::Literal, word + length),
        None => (Kind::Code, word.max(rest.chars().next().map_or(1, char::len_utf8))),
    }
}

pub(super) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    loop {
        match rest.as_bytes().get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            Some(_) => at += 1,
            None => return rest.len(),
        }
    }
}

/// The length of the literal that starts here, behind its prefix, if one does.
fn literal(prefix: &str, rest: &str) -> Option<usize> {
    match prefix {
        "" | "b" | "c" if rest.starts_with('"') => Some(quoted(rest, '"')),
        "" | "b" if rest.starts_with('\'') => character(rest),
        "r" | "br" | "cr" => {
            let hashes = rest.len() - rest.trim_start_matches('#').len();
            let end = format!("\"{}", &rest[..hashes]);
            let body = rest[hashes..].strip_prefix('"')?;
            Some(body.find(&end).map_or(rest.len(), |at| hashes + 1 + at + end.len()))
        }
        _ => None,
    }
}

/// A character and not a lifetime, which no quote ends.
fn character(rest: &str) -> Option<usize> {
    let mut letters = rest.chars().skip(1);
    let escaped = letters.next()? == '\\';
    (escaped || letters.next()? == '\'').then(|| quoted(rest, '\''))
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => _ = letters.next(),
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_not_code() {
        let text = "a(\"b // \\\" c\") // d \"e\n/* f /* g */ h */ i('\\'', 'j', b\"k\") l";
        assert_eq!(split(text).code.split_whitespace().collect::<String>(), "a()i(,,)l");
        let comments = split(text).comments;
        assert_eq!(comments.split_whitespace().collect::<String>(), "//d\"e/*f/*g*/h*/");
    }

    #[test]
    fn raw_strings_end_at_as_many_hashes_as_they_began_with() {
        assert_eq!(split("r#\"a\"b\"# c").code.trim(), "c");
        assert_eq!(split("for r\"\\\" d").code.split_whitespace().collect::<String>(), "ford");
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        let text = "fn f<'a>(r#type: &'a str) {}";
        assert_eq!(split(text).code, text);
    }

    #[test]
    fn line_numbers_are_kept() {
        let text = "a\n/*\n*/\"\n\"\nb";
        assert_eq!(split(text).code.lines().count(), text.lines().count());
    }
}
