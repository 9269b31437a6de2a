//! The paths in code, including the branches of `use` trees.

use super::lexer::is_word;

/// A path such as `std::env::var`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path<'a> {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) segments: Vec<&'a str>,
}

impl Path<'_> {
    pub(super) fn starts_with(&self, segments: &[&str]) -> bool {
        self.segments.starts_with(segments)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Colons,
    Other(char),
}

/// The paths in `code`, which contains neither comments nor literals. A single name is a path too,
/// unless it is a field or a method.
pub(super) fn paths(code: &str) -> Vec<Path<'_>> {
    let mut parser = Parser { tokens: tokens(code), at: 0, paths: Vec::new() };
    let mut member = false;
    while let Some(token) = parser.peek() {
        match token {
            Token::Word(_) if !member => parser.tree(&[]),
            Token::Word(_) | Token::Colons | Token::Other(_) => parser.at += 1,
        }
        member = token == Token::Other('.');
    }
    parser.paths
}

fn tokens(code: &str) -> Vec<(usize, Token<'_>)> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (code, 1);
    while let Some(letter) = rest.chars().next() {
        let word = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let (token, length) = match letter {
            _ if word > 0 => (Token::Word(&rest[..word]), word),
            ':' if rest.starts_with("::") => (Token::Colons, 2),
            // What follows a range is not a member.
            '.' if rest.starts_with("..") => (Token::Other('…'), 2),
            _ => (Token::Other(letter), letter.len_utf8()),
        };
        if !letter.is_whitespace() {
            tokens.push((line, token));
        }
        line += usize::from(letter == '\n');
        rest = &rest[length..];
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<(usize, Token<'a>)>,
    at: usize,
    paths: Vec<Path<'a>>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).map(|(_, token)| *token)
    }

    /// Reads a path that continues `stem`, and each of its branches.
    fn tree(&mut self, stem: &[&'a str]) {
        let mut segments = stem.to_vec();
        let mut line = self.tokens[self.at].0;
        while let Some(token) = self.peek() {
            match token {
                Token::Word(word) => segments.push(word),
                Token::Other('{') if segments.len() > stem.len() => {
                    return self.branches(&segments);
                }
                Token::Colons | Token::Other(_) => break,
            }
            line = self.tokens[self.at].0;
            self.at += 1;
            if self.peek() != Some(Token::Colons) {
                break;
            }
            self.at += 1;
        }
        self.paths.push(Path { line, segments });
    }

    fn branches(&mut self, stem: &[&'a str]) {
        self.at += 1;
        while let Some(token) = self.peek() {
            match token {
                Token::Word("as") => self.at += 2,
                Token::Word(_) => self.tree(stem),
                Token::Colons | Token::Other(_) => self.at += 1,
            }
            if token == Token::Other('}') {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str) -> Vec<String> {
        let paths = paths(code);
        paths.iter().map(|path| format!("{}:{}", path.line, path.segments.join("::"))).collect()
    }

    #[test]
    fn every_branch_of_a_use_tree_is_a_path() {
        let code = "use a::{b, c::{self as d,\n e}};\nuse f::*;";
        assert_eq!(found(code), ["1:use", "1:a::b", "1:a::c::self", "2:a::c::e", "3:use", "3:f"]);
    }

    #[test]
    fn paths_within_types_and_calls_are_found() {
        let code = "let x: Vec<b::C> = ::d::e::<f::G>(h);";
        assert_eq!(found(code), ["1:let", "1:x", "1:Vec", "1:b::C", "1:d::e", "1:f::G", "1:h"]);
    }

    #[test]
    fn methods_and_fields_are_not_paths() {
        assert_eq!(found("self.grpc.dapr().await; 0..n"), ["1:self", "1:0", "1:n"]);
    }
}
