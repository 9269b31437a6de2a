//! The schema of problem documents.

use super::{DECLINE_CODE, Problem};
use crate::domain::Refusal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

impl JsonSchema for Problem {
    fn schema_name() -> Cow<'static, str> {
        "Problem".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = members_of_refusals(generator);
        properties.extend([
            text("field", "The invalid field, parameter or header."),
            text("step", "The step of the order that could not be done."),
            text("type", "The `code` as a URI that begins with the setting `PROBLEM_BASE`."),
            text("code", "The kind of problem; `docs/problems.md` has a section about each."),
            text("title", "The title of this kind of problem."),
            text("detail", "What happened this time, and how to fix it."),
            text("instance", "The id of the request's trace, where traces are kept."),
        ]);
        properties["type"]["format"] = "uri".into();
        properties.insert(
            "status".to_owned(),
            json!({"description": "The status of the response.", "type": "integer", "minimum": 400, "maximum": 599}),
        );
        json_schema!({
            "description": "What went wrong ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)). Members that you do not know may be added.",
            "type": "object",
            "required": ["type", "code", "title", "status", "detail"],
            "properties": properties,
        })
    }
}

fn text(name: &str, description: &str) -> (String, Value) {
    (name.to_owned(), json!({"description": description, "type": "string"}))
}

/// The members of the refusals.
fn members_of_refusals(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let schema = Refusal::json_schema(generator).to_value();
    let variants = schema["anyOf"].as_array().cloned().unwrap_or_default();
    let members = variants.into_iter().filter_map(|it| it["properties"].as_object().cloned());
    let named = |(name, schema): (String, Value)| match name.as_str() {
        "type" => None,
        "code" => Some((DECLINE_CODE.to_owned(), schema)),
        _ => Some((name, schema)),
    };
    members.flatten().filter_map(named).collect()
}
