//! What a function may call of others.

use serde::Deserialize;
use std::collections::BTreeMap;

/// What a function calls, by the function that serves it.
pub type Calls = BTreeMap<String, Vec<Operation>>;

/// What a function may call of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum Operation {
    /// `public`: the routes of the public API that the other serves.
    Public,
    /// `actors`: turns of the actors that the other hosts.
    Actors,
    /// A route, such as `PUT /sagas/{order_id}`.
    Route {
        /// The method, in upper case.
        method: String,
        /// The path, its parameters in braces.
        path: String,
    },
}

/// A text that is no operation.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not `public`, `actors` or a method and a path, such as `PUT /sagas/{{order_id}}`"
)]
pub struct NotAnOperation(String);

impl TryFrom<String> for Operation {
    type Error = NotAnOperation;

    fn try_from(text: String) -> Result<Self, NotAnOperation> {
        match (text.as_str(), text.split_once(' ')) {
            ("public", _) => Ok(Self::Public),
            ("actors", _) => Ok(Self::Actors),
            (_, Some((method, path))) if is_method(method) && is_path(path) => {
                Ok(Self::Route { method: method.to_owned(), path: path.to_owned() })
            }
            _ => Err(NotAnOperation(text)),
        }
    }
}

fn is_method(text: &str) -> bool {
    ["DELETE", "GET", "PATCH", "POST", "PUT"].contains(&text)
}

/// Whether `text` is a path of literals and of parameters that are whole segments: Dapr's own wildcards would
/// be taken for such.
fn is_path(text: &str) -> bool {
    let literal = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let segment = |segment: &str| {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let name = name.unwrap_or(segment);
        !name.is_empty() && name.chars().all(literal)
    };
    text.strip_prefix('/').is_some_and(|path| path.split('/').all(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Operation, NotAnOperation> {
        text.to_owned().try_into()
    }

    #[test]
    fn an_operation_is_a_route_the_public_ones_or_actors() {
        let (method, path) = ("PUT".to_owned(), "/orders/{order_id}/payment".to_owned());
        let route = Operation::Route { method, path };
        assert_eq!(read("PUT /orders/{order_id}/payment"), Ok(route));
        assert_eq!(
            (read("public"), read("actors")),
            (Ok(Operation::Public), Ok(Operation::Actors))
        );
    }

    #[test]
    fn what_is_no_operation_is_rejected_with_an_example() {
        for text in [
            "",
            "PUT",
            "put /a",
            "PUT a",
            "PUT /",
            "PUT /a/*",
            "PUT /a//b",
            "PUT /a{b}",
            "GET /a?b",
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.ends_with("such as `PUT /sagas/{order_id}`"), "{text}: {error}");
        }
    }
}
