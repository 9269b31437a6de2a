//! Parameters of a query: each is known, sent once, and valid.

use crate::http::Problem;
use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StringDeserializer};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The most bytes of a query.
const MAX_QUERY_BYTES: usize = 1024;

/// The parameters of a query that have not been taken yet.
#[derive(Debug)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// The parameters of `uri`.
    ///
    /// # Errors
    /// `invalid-request`: one is repeated, or there is more than 1 KiB of them.
    pub fn of(uri: &Uri) -> Result<Self, Problem> {
        let query = uri.query().unwrap_or_default();
        if query.len() > MAX_QUERY_BYTES {
            return Err(Problem::invalid(
                "query",
                &format!("must have at most {MAX_QUERY_BYTES} bytes"),
            ));
        }
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(Problem::invalid(&name, "must be sent once"));
            }
        }
        Ok(Self(parameters))
    }

    /// Whether every parameter is one of `known`.
    ///
    /// # Errors
    /// `invalid-request`, which names the first that is not.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let unknown = self.0.keys().find(|name| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| Err(Problem::unknown_parameter(name)))
    }

    /// Takes a parameter that is a text.
    ///
    /// # Errors
    /// `invalid-request`: it is not a valid `T`.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let value = T::deserialize(StringDeserializer::<Error>::new(value));
        value.map(Some).map_err(|error| Problem::invalid(name, &error.to_string()))
    }

    /// Takes a parameter that is a number.
    ///
    /// # Errors
    /// `invalid-request`: it is outside `range`.
    pub fn take_number(
        &mut self,
        name: &str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>, Problem> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let number = value.parse().ok().filter(|number| range.contains(number));
        let why = format!("must be between {} and {}", range.start(), range.end());
        number.map(Some).ok_or_else(|| Problem::invalid(name, &why))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::Status;

    fn query(text: &str) -> Result<Query, Problem> {
        Query::of(&format!("/x?{text}").parse().unwrap())
    }

    fn field<T>(result: Result<T, Problem>) -> String {
        let problem = result.err().unwrap().document();
        problem["field"].as_str().unwrap().to_owned()
    }

    #[test]
    fn parameters_are_known_and_valid_and_sent_once() {
        let mut good = query("status=pai%64&limit=7&after=").unwrap();
        assert!(good.only(&["after", "limit", "status"]).is_ok());
        assert_eq!(field(good.only(&["after", "limit"])), "status");
        assert_eq!(good.take("status").unwrap(), Some(Status::Paid));
        assert_eq!(good.take::<Status>("status").unwrap(), None);
        assert_eq!(good.take_number("limit", 1..=10).unwrap(), Some(7));
        assert_eq!(good.take::<String>("after").unwrap().as_deref(), Some(""));
        assert_eq!(field(query("a=1&b=1&a=1")), "a");
        assert_eq!(field(query(&"x".repeat(1025))), "query");
        assert_eq!(field(query("status=gone").unwrap().take::<Status>("status")), "status");
        for limit in ["0", "11", "x", "-1", ""] {
            let mut query = query(&format!("limit={limit}")).unwrap();
            assert_eq!(field(query.take_number("limit", 1..=10)), "limit", "{limit}");
        }
    }
}
