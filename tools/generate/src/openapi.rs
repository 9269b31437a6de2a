//! `docs/openapi.json` and `docs/problems.md`: the public API, from the code that serves it.

use crate::Generated;
use shared::http::kind::{Row, table};
use shared::http::openapi::document;

/// Where the document is.
pub const DOCUMENT: &str = "docs/openapi.json";

/// The text above the problems.
const HEAD: &str = "\
<!-- Generated from the code by `./makew generate`. -->

# Problems

Errors are [problem documents](https://www.rfc-editor.org/rfc/rfc9457). The `code` of one is the heading of its section here, and
never changes its meaning; `status` is the status of the response, or what it would be if the problem is the `reason` of an order.
The `type` is the code as a URI that begins with the setting `PROBLEM_BASE`, by default a name that does not resolve. Set it to the
address of this page (`https://…/docs/problems.md#`), or of your gateway's `https://…/docs#`, and each `type` resolves to its section.
";

/// The document, and the page about its problems.
#[must_use]
pub fn files() -> [Generated; 2] {
    let problems = table().iter().map(section).fold(HEAD.to_owned(), |page, it| page + &it);
    [
        Generated::new(DOCUMENT, format!("{:#}\n", document())),
        Generated::new("docs/problems.md", problems),
    ]
}

fn section(Row { name, status, title, fix }: &Row) -> String {
    format!("\n## {name}\n\n{}: {title}. {fix}\n", status.as_u16())
}
