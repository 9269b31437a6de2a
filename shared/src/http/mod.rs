//! HTTP: where a request becomes a value, and a result or an error becomes a response.

mod authorization;
pub mod caller;
pub mod cancellations;
pub mod dead_letters;
pub mod embedded;
pub mod events;
pub mod extract;
pub mod forward;
pub mod inventory;
pub mod kind;
pub mod limits;
mod lists;
pub mod openapi;
pub mod order_list;
pub mod orders;
pub mod paths;
pub mod payments;
pub mod prefer;
pub mod problem;
pub mod product_list;
pub mod reference;
pub mod routes;
pub mod sagas;
pub mod staff;
pub mod views;

pub use caller::CalledBy;
pub use extract::{IdempotencyKey, Internal, Json, Path};
pub use kind::Kind;
pub use prefer::Prefer;
pub use problem::Problem;

/// The result of a handler.
pub type Result<T> = std::result::Result<T, Problem>;
