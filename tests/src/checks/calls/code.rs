//! Rust code as the names that it mentions.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// A name in code, by what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// A function that is called, or passed by its path: after the module that it is named with, if it is.
    Function(Option<String>, String),
    /// A method that is called.
    Method(String),
    /// A type, a trait or a variant.
    Type(String),
}

/// A function of the code.
#[derive(Debug)]
pub(super) struct Definition {
    /// The names of the `impl` block around it, in order: none, a type, or a trait, `for` and a type.
    pub(super) owner: Vec<String>,
    pub(super) name: String,
    /// Whether it is called on a value.
    pub(super) takes_self: bool,
    /// Its body, as words: names, literals, punctuation and brackets.
    pub(super) body: Vec<String>,
}

impl Definition {
    /// The name by which code calls it.
    pub(super) fn called(&self) -> Name {
        match self.owner.last() {
            Some(_) if self.takes_self => Name::Method(self.name.clone()),
            Some(owner) => Name::Type(owner.clone()),
            None => Name::Function(None, self.name.clone()),
        }
    }
}

/// The functions in `text`, except those of inline modules, which are tests.
pub(super) fn definitions(text: &str) -> Vec<Definition> {
    let mut found = Vec::new();
    collect(&trees(parsed(text)), &[], &mut found);
    found
}

/// The words of `text`: names, literals, punctuation and brackets.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    push(parsed(text), &mut words);
    words
}

/// The names that `words` mention.
pub(super) fn names(words: &[String]) -> BTreeSet<Name> {
    let word = |at: Option<usize>| at.and_then(|at| words.get(at)).map_or("", String::as_str);
    let name = |(at, text): (usize, &String)| {
        let before = |distance| word(at.checked_sub(distance));
        let path = before(1) == ":" && before(2) == ":";
        let module = path.then(|| before(3).to_owned());
        let text = text.clone();
        match text.chars().next()? {
            first if first.is_ascii_uppercase() => Some(Name::Type(text)),
            first if !first.is_ascii_lowercase() => None,
            _ if before(1) == "." => Some(Name::Method(text)),
            _ if path || word(Some(at + 1)) == "(" => Some(Name::Function(module, text)),
            _ => None,
        }
    };
    words.iter().enumerate().filter_map(name).collect()
}

fn parsed(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn trees(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}

fn push(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        if let TokenTree::Group(group) = token {
            let calls = group.delimiter() == Delimiter::Parenthesis;
            words.push(if calls { "(" } else { "{" }.to_owned());
            push(group.stream(), words);
            words.push("}".to_owned());
        } else {
            words.push(token.to_string());
        }
    }
}

/// Adds the functions among `tokens` to `found`. `owner` are the names of the `impl` block around them.
fn collect(tokens: &[TokenTree], owner: &[String], found: &mut Vec<Definition>) {
    let mut rest = tokens;
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        let word = first.to_string();
        if !["impl", "fn", "mod", "trait"].contains(&word.as_str()) {
            continue;
        }
        let ends = |tree: &TokenTree| has(tree, Delimiter::Brace) || tree.to_string() == ";";
        let end = others.iter().position(ends);
        let Some((TokenTree::Group(body), end)) = end.map(|at| (&others[at], at)) else { continue };
        let head = &others[..end];
        match word.as_str() {
            "impl" => collect(&trees(body.stream()), &implemented(head), found),
            "fn" => found.push(defined(head, body.stream(), owner)),
            _ => {}
        }
        rest = &others[end + 1..];
    }
}

/// Whether a token is a group in these brackets.
fn has(tree: &TokenTree, brackets: Delimiter) -> bool {
    matches!(tree, TokenTree::Group(group) if group.delimiter() == brackets)
}

/// The function with `head`, which begins with its name, and `body`.
fn defined(head: &[TokenTree], body: TokenStream, owner: &[String]) -> Definition {
    let parameters = head.iter().find(|tree| has(tree, Delimiter::Parenthesis));
    let parameters = parameters.map(ToString::to_string).unwrap_or_default();
    let mut words = Vec::new();
    push(body, &mut words);
    Definition {
        owner: owner.to_vec(),
        name: head.first().map(ToString::to_string).unwrap_or_default(),
        takes_self: parameters.split(|letter| !is_word(letter)).any(|word| word == "self"),
        body: words,
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The names of an `impl` block's head, outside of angle brackets and before `where`.
fn implemented(head: &[TokenTree]) -> Vec<String> {
    let (mut depth, mut names) = (0_usize, Vec::new());
    for tree in head {
        match tree.to_string().as_str() {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            "where" => break,
            word if depth == 0 && matches!(tree, TokenTree::Ident(_)) => {
                names.push(word.to_owned());
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_with_the_names_that_they_mention() {
        let text = "pub fn a(x: &X) -> T { x.b(c()) } impl<C: D> E<C> { fn f(&self) -> u8 { 1 } fn g() {} }
            impl H for E { async fn i(&self) { J::k(wiring::l, m) } } mod tests { fn n() {} }";
        let found = definitions(text);
        let called: Vec<_> = found.iter().map(Definition::called).collect();
        let name = |text: &str| text.to_owned();
        let function = |text: &str| Name::Function(None, name(text));
        let in_module = |module: &str, text: &str| Name::Function(Some(name(module)), name(text));
        let expected = [
            function("a"),
            Name::Method(name("f")),
            Name::Type(name("E")),
            Name::Method(name("i")),
        ];
        assert_eq!(called, expected);
        let mentioned = [function("c"), Name::Method(name("b"))];
        assert_eq!(names(&found[0].body), BTreeSet::from(mentioned));
        assert_eq!(found[3].owner, ["H", "for", "E"]);
        let mentioned = [in_module("J", "k"), in_module("wiring", "l"), Name::Type(name("J"))];
        assert_eq!(names(&found[3].body), BTreeSet::from(mentioned));
    }
}
