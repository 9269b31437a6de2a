//! The page's modules that hold logic do what their specifications in `tests/page` say.

use serde_json::Value;
use tests::checks::program::node_tool;

#[test]
fn the_modules_of_the_page_do_what_their_specifications_say() {
    let failed = node_tool("tests/page", "units.js", &Value::Null).unwrap_or_default();
    assert!(failed.is_empty(), "{failed}");
}
