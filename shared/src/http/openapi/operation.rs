//! The operations of the public API: what each takes and returns.

use crate::domain::RefusalName;
use crate::http::Kind;
use crate::http::kind::Row;
use axum::http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Makes the schema of a type.
pub(super) type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// A method at a path.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) method: Method,
    /// As in [`ROUTES`](crate::http::routes::ROUTES).
    pub(super) path: &'static str,
    /// The name of the operation in generated clients.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) parameters: Vec<&'static Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<SuccessResponse>,
    /// In addition to those that every operation may return.
    pub(super) problems: Vec<Row>,
}

/// A parameter outside the path.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// `header` or `query`.
    pub(super) place: &'static str,
    pub(super) required: bool,
    pub(super) description: &'static str,
    pub(super) schema: fn() -> Value,
    pub(super) example: &'static str,
}

/// A request body.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) required: bool,
    pub(super) schema: MakeSchema,
    pub(super) example: Value,
    /// Reads a body as the function that serves the operation does.
    #[cfg(test)]
    pub(super) read: fn(&[u8]) -> Result<(), crate::http::Problem>,
}

/// A successful answer.
#[derive(Debug, Clone)]
pub(super) struct SuccessResponse {
    pub(super) status: u16,
    /// The media type of its body.
    pub(super) kind: &'static str,
    pub(super) description: &'static str,
    /// The schema of its body, and an example.
    pub(super) body: Option<(MakeSchema, Value)>,
    /// The names of headers in [`HEADERS`](super::parts::HEADERS).
    pub(super) headers: &'static [&'static str],
    /// Operations whose path takes the id in this response.
    pub(super) links: &'static [&'static str],
}

impl Operation {
    pub(super) fn new(
        method: Method,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        let (parameters, answers, problems) = (vec![], vec![], vec![]);
        Self {
            method,
            path,
            id,
            summary,
            description: "",
            parameters,
            body: None,
            answers,
            problems,
        }
    }

    pub(super) fn says(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    pub(super) fn takes(mut self, parameters: &[&'static Parameter]) -> Self {
        self.parameters.extend(parameters);
        self
    }

    pub(super) fn reads<T: DeserializeOwned + JsonSchema>(self, example: Value) -> Self {
        let body = Body {
            required: true,
            schema: SchemaGenerator::subschema_for::<T>,
            example,
            #[cfg(test)]
            read: |body| crate::http::extract::parse::<T>(body).map(drop),
        };
        Self { body: Some(body), ..self }
    }

    /// Makes the body optional.
    pub(super) fn if_any(mut self) -> Self {
        if let Some(body) = &mut self.body {
            body.required = false;
        }
        self
    }

    /// Adds a response with a `T`.
    pub(super) fn answers<T: JsonSchema>(
        self,
        status: u16,
        description: &'static str,
        example: Value,
    ) -> Self {
        self.answer(status, description, Some((SchemaGenerator::subschema_for::<T>, example)))
    }

    /// Adds a response without a body.
    pub(super) fn answers_nothing(self, status: u16, description: &'static str) -> Self {
        self.answer(status, description, None)
    }

    fn answer(
        mut self,
        status: u16,
        description: &'static str,
        body: Option<(MakeSchema, Value)>,
    ) -> Self {
        let kind = "application/json";
        self.answers.push(SuccessResponse {
            status,
            kind,
            description,
            body,
            headers: &[],
            links: &[],
        });
        self
    }

    /// Adds a response with a stream of server-sent events.
    pub(super) fn streams(self, description: &'static str, example: &str) -> Self {
        let body = (SchemaGenerator::subschema_for::<String> as MakeSchema, example.into());
        let mut streams = self.answer(200, description, Some(body));
        if let Some(answer) = streams.answers.last_mut() {
            answer.kind = "text/event-stream";
        }
        streams
    }

    /// Adds headers to the last response.
    pub(super) fn with(mut self, headers: &'static [&'static str]) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers = headers;
        }
        self
    }

    /// Links the id in the last response to the paths of these operations.
    pub(super) fn leads_to(mut self, links: &'static [&'static str]) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.links = links;
        }
        self
    }

    pub(super) fn fails(mut self, kinds: &[Kind]) -> Self {
        self.problems.extend(kinds.iter().map(|kind| Row::from(*kind)));
        self
    }

    pub(super) fn refuses(mut self, refusals: &[RefusalName]) -> Self {
        self.problems.extend(refusals.iter().map(|refusal| Row::from(*refusal)));
        self
    }

    /// The names of the parameters in its path.
    pub(super) fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split(['{', '}']).skip(1).step_by(2)
    }

    /// The tag: the segment after `/api`.
    pub(super) fn tag(&self) -> &'static str {
        self.path.split('/').nth(2).unwrap_or_default()
    }
}
