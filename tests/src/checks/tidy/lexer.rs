//! Separates code from comments and literals.

use proc_macro2::{Span, TokenStream, TokenTree};

/// The code of a Rust file: comments and literals are blanked, so that offsets stay the same.
///
/// # Panics
/// When it is not Rust.
pub(super) fn code(text: &str) -> String {
    let blank = |byte: u8| if byte == b'\n' { byte } else { b' ' };
    let mut code: Vec<_> = text.bytes().map(blank).collect();
    let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
    copy(tokens, text, &mut code);
    String::from_utf8(code).expect("tokens begin and end between characters")
}

fn copy(tokens: TokenStream, text: &str, code: &mut [u8]) {
    for token in tokens {
        let written = &text[token.span().byte_range()];
        match token {
            // Documentation is an attribute, each token of which has the span of the comment.
            _ if written.starts_with("//") || written.starts_with("/*") => {}
            TokenTree::Literal(_) => {}
            TokenTree::Group(group) => {
                copy_span(group.span_open(), text, code);
                copy_span(group.span_close(), text, code);
                copy(group.stream(), text, code);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => copy_span(token.span(), text, code),
        }
    }
}

fn copy_span(span: Span, text: &str, code: &mut [u8]) {
    let range = span.byte_range();
    code[range.clone()].copy_from_slice(&text.as_bytes()[range]);
}

/// Whether a letter may be part of a name.
pub(super) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let text =
            "/// Ü \"a\".\nfn b<'c>(d: &'c str) { e(\"f // \\\" g\", 'h', r#\"i\"#) /* j */ }\n";
        let code = code(text);
        assert_eq!(
            code.split_whitespace().collect::<Vec<_>>().join(" "),
            "fn b<'c>(d: &'c str) { e( , , ) }"
        );
        assert_eq!((code.len(), code.find("fn")), (text.len(), text.find("fn")));
    }
}
