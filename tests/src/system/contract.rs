//! The gateway's answers in a test, which are checked against the public API's document.

use crate::checks::program::node_tool;
use reqwest::{Method, Url};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The maximum number of distinct answers that are kept: load tests repeat the same requests.
const MAX_ANSWERS: usize = 5_000;

/// The distinct answers of a test.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers(Arc<Mutex<BTreeMap<String, Value>>>);

impl Answers {
    /// Records an answer, if it is from the public API of the gateway at `gateway`.
    pub(super) fn record_from(
        &self,
        gateway: &str,
        method: &Method,
        url: &Url,
        answer: &impl Serialize,
    ) {
        if url.as_str().starts_with(&format!("{gateway}/api")) {
            self.record(method.as_str(), url.path(), answer);
        }
    }

    fn record(&self, method: &str, path: &str, answer: &impl Serialize) {
        let answer = json!({"method": method, "path": path, "answer": answer});
        let mut answers = self.0.lock().expect("no holder panics");
        if answers.len() < MAX_ANSWERS {
            answers.insert(answer.to_string(), answer);
        }
    }

    /// Checks them against the document, if Node is installed.
    ///
    /// # Panics
    /// When an operation, status, media type, header or body is not as documented.
    pub(super) fn check(&self) {
        let answers = std::mem::take(&mut *self.0.lock().expect("no holder panics"));
        let answers: Vec<_> = answers.into_values().collect();
        let found = node_tool("tests/openapi", "answers.js", &json!(answers));
        assert_eq!(found.unwrap_or_default(), "", "answers differ from docs/openapi.json");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use generate::openapi::DOCUMENT;
    use generate::workspace::read;

    fn answer(status: &Value, kind: &str, body: &Value) -> Value {
        json!({"status": status, "kind": kind, "location": "/", "etag": "\"1\"", "body": body})
    }

    #[test]
    fn every_example_of_an_answer_is_as_documented() {
        let document: Value = serde_json::from_str(&read(DOCUMENT)).unwrap();
        let all = Answers::default();
        let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
        for (path, item) in members(&document["paths"]) {
            for (method, operation) in members(&item) {
                for (status, response) in members(&operation["responses"]) {
                    for (kind, content) in members(&response["content"]) {
                        let Some(example) = content.get("example") else { continue };
                        let answer = answer(&status.parse().unwrap(), &kind, example);
                        all.record(&method.to_uppercase(), &path, &answer);
                    }
                }
            }
        }
        assert!(all.0.lock().unwrap().len() >= 15);
        all.check();
    }

    #[test]
    fn undocumented_answers_are_found() {
        let json = "application/json";
        let stock = json!({
            "product_id": "lamp", "name": "Lamp", "unit_price": {"amount": 1, "currency": "EUR"},
            "on_hand": 1, "reserved": 0, "available": 1
        });
        let path = "/api/inventory/lamp";
        let found = |method: &str, path: &str, answer: &Value| {
            let one = json!([{"method": method, "path": path, "answer": answer}]);
            node_tool("tests/openapi", "answers.js", &one)
        };
        let ok = json!(200);
        let good = answer(&ok, json, &stock);
        assert_eq!(found("GET", path, &good).unwrap_or_default(), "");
        let (mut mistyped, mut untagged) = (stock.clone(), good.clone());
        mistyped["on_hand"] = "1".into();
        untagged["etag"] = Value::Null;
        for (method, path, answer) in [
            ("GET", path, answer(&ok, json, &mistyped)),
            ("GET", path, answer(&ok, "text/html", &stock)),
            ("GET", path, answer(&json!(418), json, &stock)),
            ("GET", path, untagged),
            ("DELETE", path, good.clone()),
            ("GET", "/api/nothing", good),
        ] {
            assert_ne!(found(method, path, &answer).as_deref(), Some(""), "{method} {answer}");
        }
    }
}
