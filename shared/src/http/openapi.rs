//! The [OpenAPI](https://spec.openapis.org/oas/v3.1.1) document of the public API, made from the types
//! of requests and responses, the table of routes and that of problems.

mod dead_letters;
mod lists;
mod operation;
mod orders;
mod page;
mod parts;
mod payments;
mod render;
mod stock;

pub use page::{Page, page};

use self::operation::Operation;
use super::routes::{ROUTES, Route};
use axum::http::Method;
use axum::routing::MethodFilter;
use serde_json::Value;

/// The document.
///
/// # Panics
/// When an operation has no route.
#[must_use]
pub fn document() -> Value {
    render::document(&all())
}

fn all() -> Vec<Operation> {
    [
        orders::operations(),
        stock::operations(),
        payments::operations(),
        lists::operations(),
        dead_letters::operations(),
    ]
    .concat()
}

/// The row of the table of routes.
fn route(operation: &Operation) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.path == operation.path && is(&operation.method, route.method))
}

fn is(method: &Method, filter: MethodFilter) -> bool {
    MethodFilter::try_from(method.clone()).is_ok_and(|it| it == filter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_is_an_operation_and_every_operation_a_route() {
        let operations = all();
        for operation in &operations {
            assert!(route(operation).is_some(), "routes.rs lacks {}", operation.id);
        }
        for Route { method, path, .. } in ROUTES {
            let mut operations = operations.iter();
            let found = operations.any(|it| it.path == *path && is(&it.method, *method));
            assert!(found, "http/openapi describes no operation for {method:?} {path}: add it");
        }
        assert_eq!(operations.len(), ROUTES.len());
    }

    #[test]
    fn every_example_of_a_body_is_read_as_the_function_reads_it() {
        let operations = all();
        let bodies = operations.iter().filter_map(|it| Some((it.id, it.body.as_ref()?)));
        for (id, body) in bodies {
            let read = (body.read)(body.example.to_string().as_bytes());
            assert!(read.is_ok(), "{id}: {read:?}");
        }
    }

    #[test]
    fn every_link_leads_to_an_operation_whose_path_takes_the_id_in_the_response() {
        let operations = all();
        let ids: BTreeSet<_> = operations.iter().map(|it| it.id).collect();
        assert_eq!(ids.len(), operations.len(), "an id is used twice");
        for answer in operations.iter().flat_map(|it| &it.answers) {
            for link in answer.links {
                let target = operations.iter().find(|it| it.id == *link).expect(link);
                let (_, example) = answer.body.as_ref().expect("it has a body");
                assert!(target.path_parameters().all(|name| example.get(name).is_some()), "{link}");
            }
        }
    }

    #[test]
    fn shared_parts_of_operations_are_defined_once() {
        let document = document();
        let answers = &document["paths"]["/api/orders/{order_id}"]["get"]["responses"];
        assert_eq!(answers["401"]["$ref"], "#/components/responses/Unauthorized");
        let codes = &answers["404"]["content"]["application/problem+json"]["schema"]["allOf"][1];
        assert_eq!(codes["properties"]["code"]["enum"][0], "unknown-order");
        assert_eq!(document["paths"]["/api/orders"]["post"]["security"][0]["token"][0], "orders");
    }
}
