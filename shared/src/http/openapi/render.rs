//! Operations as a document.

use super::operation::{Operation, Parameter, SuccessResponse};
use super::parts::{HEADERS, TAGS};
use super::route;
use crate::domain::{OrderId, PaymentId, ProductId};
use crate::http::kind::Row;
use crate::http::{Kind, Problem};
use axum::http::StatusCode;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The problems that every operation may return.
const COMMON: [Kind; 14] = [
    Kind::NoToken,
    Kind::InvalidToken,
    Kind::MissingScope,
    Kind::NotAcceptable,
    Kind::BodyTooSlow,
    Kind::BodyTooLarge,
    Kind::UnsupportedMediaType,
    Kind::InvalidRequest,
    Kind::HeadersTooLarge,
    Kind::TooManyRequests,
    Kind::Internal,
    Kind::Overloaded,
    Kind::DependencyUnavailable,
    Kind::Timeout,
];

const DESCRIPTION: &str = "Orders, stock and payments of a shop. Requests and responses are JSON; money is an integer of minor units with its currency; times are RFC 3339 in UTC. Errors are problem documents (RFC 9457) with a stable `code`. Responses may gain members and new codes: ignore what you do not know. Every response names its trace in `traceresponse`.";

const TOKEN: &str = "An access token of one of the OpenID Connect issuers that the shop trusts, with the scope that the operation names. A shop without issuers requires none.";

/// Two generators: a type may be described differently for reading and for writing.
struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12()
                .with(|it| it.definitions_path = "/components/schemas".into())
        };
        Self {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    /// The definitions of both, of which none may differ under one name.
    fn finish(mut self) -> Map<String, Value> {
        let mut all = self.written.take_definitions(true);
        for (name, schema) in self.read.take_definitions(true) {
            let other = all.insert(name.clone(), schema.clone());
            assert!(other.is_none_or(|other| other == schema), "two schemas are called {name}");
        }
        all
    }
}

pub(super) fn document(operations: &[Operation]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for operation in operations {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        let method = operation.method.as_str().to_ascii_lowercase();
        item[method] = described(operation, operations, &mut schemas);
    }
    let tags = TAGS.map(|(name, description)| json!({"name": name, "description": description}));
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "saga-shop",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The public API of the shop.",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        },
        "servers": [{"url": "/", "description": "The gateway that serves this document."}],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": TOKEN}},
            "headers": headers(),
            "responses": common(&mut schemas),
            "schemas": schemas.finish()
        }
    })
}

fn described(operation: &Operation, all: &[Operation], schemas: &mut Schemas) -> Value {
    let route = route(operation).expect("a test finds operations without a route");
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag()],
        "security": [{"token": [route.scope.name()]}],
        "parameters": parameters(operation, schemas),
        "responses": responses(operation, all, schemas)
    });
    if !operation.description.is_empty() {
        described["description"] = operation.description.into();
    }
    if let Some(body) = &operation.body {
        let content = json!({"schema": (body.schema)(&mut schemas.read), "example": body.example});
        described["requestBody"] =
            json!({"required": body.required, "content": {"application/json": content}});
    }
    described
}

fn parameters(operation: &Operation, schemas: &mut Schemas) -> Vec<Value> {
    let in_path = operation.path_parameters().map(|name| {
        let schema = match name {
            "order_id" => schemas.read.subschema_for::<OrderId>(),
            "product_id" => schemas.read.subschema_for::<ProductId>(),
            _ => schemas.read.subschema_for::<PaymentId>(),
        };
        json!({"name": name, "in": "path", "required": true, "schema": schema})
    });
    let others = operation.parameters.iter().map(|parameter| {
        let Parameter { name, place, required, description, schema, example } = parameter;
        json!({"name": name, "in": place, "required": required, "description": description, "schema": schema(), "example": example})
    });
    in_path.chain(others).collect()
}

fn responses(operation: &Operation, all: &[Operation], schemas: &mut Schemas) -> Value {
    let good = operation.answers.iter().map(|it| (it.status.to_string(), answer(it, all, schemas)));
    let mut responses: Map<_, _> = good.collect();
    let own = operation.problems.iter().copied();
    let unread = operation.body.is_some().then(|| Row::from(Kind::MalformedJson));
    for (status, rows) in by_status(own.chain(unread).chain(COMMON.map(Row::from))) {
        let shared = rows.iter().all(|row| COMMON.iter().any(|it| Row::from(*it) == *row));
        let response = if shared { reference(status) } else { problem(&rows, schemas) };
        responses.insert(status.as_str().to_owned(), response);
    }
    responses.into()
}

fn reference(status: StatusCode) -> Value {
    json!({"$ref": format!("#/components/responses/{}", name(status))})
}

/// The name of a shared response, such as `NotFound`.
fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or_default().replace(' ', "")
}

fn answer(answer: &SuccessResponse, all: &[Operation], schemas: &mut Schemas) -> Value {
    let mut described = json!({"description": answer.description});
    if let Some((schema, example)) = &answer.body {
        let content = json!({"schema": schema(&mut schemas.written), "example": example});
        described["content"] = json!({answer.kind: content});
    }
    if !answer.headers.is_empty() {
        described["headers"] = answer.headers.iter().map(|name| header(name)).collect();
    }
    let linked = all.iter().filter(|it| answer.links.contains(&it.id));
    let links: Map<_, _> = linked.map(|it| (it.id.to_owned(), link(it))).collect();
    if !links.is_empty() {
        described["links"] = links.into();
    }
    described
}

fn link(target: &Operation) -> Value {
    let value = |name: &str| format!("$response.body#/{name}").into();
    let parameters: Map<_, Value> =
        target.path_parameters().map(|name| (name.to_owned(), value(name))).collect();
    json!({"operationId": target.id, "parameters": parameters})
}

fn header(name: &str) -> (String, Value) {
    (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}))
}

/// In the order of the statuses.
fn by_status(rows: impl Iterator<Item = Row>) -> BTreeMap<StatusCode, Vec<Row>> {
    rows.fold(BTreeMap::new(), |mut all, row| {
        all.entry(row.status).or_insert_with(Vec::new).push(row);
        all
    })
}

/// The response whose problem is one of `rows`.
fn problem(rows: &[Row], schemas: &mut Schemas) -> Value {
    let names: Vec<_> = rows.iter().map(|row| row.name).collect();
    let says: Vec<_> = rows.iter().map(|row| format!("`{}`: {}", row.name, row.fix)).collect();
    let code = json!({"type": "object", "properties": {"code": {"enum": names}}});
    let schema = json!({"allOf": [schemas.written.subschema_for::<Problem>(), code]});
    let mut described = json!({
        "description": says.join(" "),
        "content": {"application/problem+json": {"schema": schema}}
    });
    let header_name = match rows.first().map(|row| row.status.as_u16()) {
        Some(401 | 403) => "WWW-Authenticate",
        Some(503) => "Retry-After",
        _ => return described,
    };
    described["headers"] = [header(header_name)].into_iter().collect();
    described
}

fn common(schemas: &mut Schemas) -> Map<String, Value> {
    let rows = by_status(COMMON.into_iter().map(Row::from)).into_iter();
    rows.map(|(status, rows)| (name(status), problem(&rows, schemas))).collect()
}

fn headers() -> Map<String, Value> {
    let described = HEADERS.into_iter().map(|(name, description, schema)| {
        (name.to_owned(), json!({"description": description, "schema": schema()}))
    });
    described.collect()
}
