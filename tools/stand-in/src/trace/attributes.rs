//! Attributes as JSON, sorted by name.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Wire;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde_json::{Number, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Names and values; bytes are hexadecimal strings, numbers that JSON does not know are strings.
pub type Attributes = BTreeMap<String, Value>;

/// The service of a resource that names none, as OpenTelemetry specifies.
const UNKNOWN_SERVICE: &str = "unknown_service";

pub(crate) fn read(pairs: Vec<KeyValue>) -> Attributes {
    pairs.into_iter().map(|pair| (pair.key, json(pair.value))).collect()
}

/// The resource's `service.name`.
pub(crate) fn service(resource: Option<Resource>) -> String {
    let mut attributes = read(resource.unwrap_or_default().attributes);
    attributes.remove("service.name").map_or_else(|| UNKNOWN_SERVICE.to_owned(), |name| text(&name))
}

/// The value as a page shows it: a string without its quotes, anything else as JSON.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Protobuf bounds how deep values nest, so this does not recurse for long.
fn json(value: Option<AnyValue>) -> Value {
    match value.and_then(|value| value.value) {
        Some(Wire::StringValue(text)) => Value::String(text),
        Some(Wire::BoolValue(truth)) => Value::Bool(truth),
        Some(Wire::IntValue(number)) => Value::Number(number.into()),
        Some(Wire::DoubleValue(number)) => double(number),
        Some(Wire::ArrayValue(array)) => {
            array.values.into_iter().map(|value| json(Some(value))).collect()
        }
        Some(Wire::KvlistValue(list)) => read(list.values).into_iter().collect(),
        Some(Wire::BytesValue(bytes)) => Value::String(hexadecimal(&bytes)),
        Some(Wire::StringValueStrindex(_)) | None => Value::Null,
    }
}

fn double(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValueList};
    use serde_json::json;

    fn pair(key: &str, value: Wire) -> KeyValue {
        let value = Some(AnyValue { value: Some(value) });
        KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
    }

    #[test]
    fn every_kind_of_value_has_a_form_in_json() {
        let list = ArrayValue { values: vec![AnyValue { value: Some(Wire::BoolValue(true)) }] };
        let nested = KeyValueList { values: vec![pair("x", Wire::IntValue(-1))] };
        let attributes = read(vec![
            pair("text", Wire::StringValue("a\"b".to_owned())),
            pair("int", Wire::IntValue(i64::MAX)),
            pair("double", Wire::DoubleValue(0.5)),
            pair("nan", Wire::DoubleValue(f64::NAN)),
            pair("list", Wire::ArrayValue(list)),
            pair("map", Wire::KvlistValue(nested)),
            pair("bytes", Wire::BytesValue(vec![0, 255])),
            KeyValue { key: "none".to_owned(), ..KeyValue::default() },
        ]);
        let expected = json!({
            "text": "a\"b", "int": i64::MAX, "double": 0.5, "nan": "NaN", "list": [true],
            "map": {"x": -1}, "bytes": "00ff", "none": null,
        });
        assert_eq!(serde_json::to_value(attributes).unwrap(), expected);
    }

    #[test]
    fn a_service_without_a_name_is_unknown() {
        assert_eq!(service(None), "unknown_service");
        let attributes = vec![pair("service.name", Wire::StringValue("stock".to_owned()))];
        assert_eq!(service(Some(Resource { attributes, ..Resource::default() })), "stock");
    }
}
