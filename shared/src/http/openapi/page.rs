//! The document as a web page: plain HTML, rendered once, without scripts, so that the strictest content
//! security policy suffices.

use super::operation::Operation;
use super::parts::TAGS;
use super::{all, document, route};
use crate::http::kind::{self, Row};
use askama::Template;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pulldown_cmark::{Parser, html};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

const STYLE: &str = include_str!("../../../templates/reference.css");

/// The page, and the policy under which a browser shows it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The page.
    pub html: String,
    /// Its `Content-Security-Policy`: its own style, and nothing else.
    pub policy: String,
}

/// The page about [`document`].
///
/// # Panics
/// Never: it is rendered from plain data.
#[must_use]
pub fn page() -> Page {
    let (operations, document) = (all(), document());
    let empty = Map::new();
    let schemas = document["components"]["schemas"].as_object().unwrap_or(&empty);
    let reference = Reference {
        version: env!("CARGO_PKG_VERSION"),
        introduction: text(&document["info"]["description"]),
        style: STYLE,
        tags: TAGS.map(|(name, about)| (name, about, about_one(&operations, name))),
        schemas: schemas.iter().map(|(name, schema)| (name.as_str(), SchemaView(schema))).collect(),
        problems: kind::table(),
    };
    let hash = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    Page {
        html: reference.render().expect("it is rendered from plain data"),
        policy: format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    }
}

#[derive(Template)]
#[template(path = "reference.html")]
struct Reference<'a> {
    version: &'static str,
    introduction: String,
    style: &'static str,
    tags: [(&'static str, &'static str, Vec<OperationView<'a>>); TAGS.len()],
    schemas: Vec<(&'a str, SchemaView<'a>)>,
    problems: Vec<Row>,
}

struct OperationView<'a> {
    operation: &'a Operation,
    scope: &'static str,
}

struct SchemaView<'a>(&'a Value);

fn about_one<'a>(operations: &'a [Operation], tag: &str) -> Vec<OperationView<'a>> {
    let about = operations.iter().filter(|it| it.tag() == tag);
    about.map(|operation| OperationView { operation, scope: scope(operation) }).collect()
}

fn scope(operation: &Operation) -> &'static str {
    route(operation).map_or("", |route| route.scope.name())
}

impl OperationView<'_> {
    /// The request as `curl` sends it.
    fn curl(&self) -> String {
        let Operation { method, path, parameters, body, .. } = self.operation;
        let mut lines = vec![format!("curl -X {method} \"$SHOP{path}\"")];
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
        let needed = parameters.iter().filter(|it| it.required && it.place == "header");
        lines.extend(needed.map(|it| format!("-H '{}: {}'", it.name, it.example)));
        if let Some(body) = body {
            lines.push("-H 'Content-Type: application/json'".to_owned());
            lines.push(format!("-d '{:#}'", body.example));
        }
        lines.join(" \\\n  ")
    }
}

impl SchemaView<'_> {
    fn description(&self) -> String {
        text(&self.0["description"])
    }

    /// The type, if it has no members: `string, 1 to 64 characters`.
    fn kind(&self) -> String {
        kind_of(self.0)
    }

    /// Name, type, whether it is required, and description.
    fn members(&self) -> Vec<(&str, String, bool, String)> {
        let required = self.0["required"].as_array();
        let properties = self.0["properties"].as_object().into_iter().flatten();
        let member = |(name, schema): (&'_ String, &'_ Value)| {
            let always = required.is_some_and(|names| names.iter().any(|it| it == name));
            (always, kind_of(schema), text(&schema["description"]))
        };
        properties
            .map(|property| {
                let (always, kind, description) = member(property);
                (property.0.as_str(), kind, always, description)
            })
            .collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A schema in a few words.
fn kind_of(schema: &Value) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        return target.rsplit('/').next().unwrap_or(target).to_owned();
    }
    if let Some(options) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return options.iter().map(kind_of).collect::<Vec<_>>().join(" or ");
    }
    if schema["type"] == "array" {
        return format!("list of {}", kind_of(&schema["items"]));
    }
    let allowed = schema["enum"].as_array().cloned().unwrap_or_default();
    let allowed = allowed.iter().chain(schema.get("const")).map(ToString::to_string);
    let allowed: Vec<_> = allowed.collect();
    if allowed.is_empty() { plain_kind(schema) } else { allowed.join(" or ") }
}

fn plain_kind(schema: &Value) -> String {
    let kind = schema["type"].as_array().map_or_else(
        || text(&schema["type"]),
        |kinds| kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
    );
    let bounds = ["format", "pattern", "minimum", "maximum", "minLength", "maxLength"];
    let bounds = bounds.iter().filter_map(|it| Some((it, schema.get(*it)?)));
    bounds.fold(kind, |kind, (name, bound)| format!("{kind}, {name} {bound}"))
}

/// Markdown as HTML.
fn markdown(text: impl AsRef<str>) -> String {
    let mut written = String::new();
    html::push_html(&mut written, Parser::new(text.as_ref()));
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_operation_schema_and_problem_and_runs_no_script() {
        let page = page();
        for operation in all() {
            assert!(page.html.contains(&format!("id=\"{}\"", operation.id)), "{}", operation.id);
        }
        for row in kind::table() {
            assert!(page.html.contains(&format!("id=\"{}\"", row.name)), "{}", row.name);
        }
        let forbidden = ["<script", "style=\"", "src=", "@import", "url("];
        assert!(forbidden.iter().all(|it| !page.html.contains(it)));
        assert!(!page.policy.contains("unsafe"), "{}", page.policy);
    }
}
