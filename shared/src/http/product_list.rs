//! The routes by which products are listed.

use super::extract::Query;
use super::inventory::StockView;
use super::lists::{Relisted, ToRelist};
use super::{Json, Kind, Problem, Result};
use crate::domain::ProductId;
use crate::ports::{ProductList, ProductPage};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::Serialize;

/// The parameters of the request, all optional.
pub(super) const PARAMETERS: &[&str] = &["after", "limit"];

/// The most products on a page, and the default.
const LIMITS: (usize, usize) = (100, 20);

/// `GET /api/inventory` lists products; `POST /api/lists/products` lists some again.
pub fn routes<L: ProductList>(list: L) -> Router {
    Router::new()
        .route("/api/inventory", get(page::<L>))
        .route("/api/lists/products", post(relist::<L>))
        .with_state(list)
}

async fn relist<L: ProductList>(
    State(list): State<L>,
    Json(wanted): Json<ToRelist<ProductId>>,
) -> Result<Json<Relisted>> {
    let relist = async |id: ProductId| match list.relist(&id).await? {
        Some(false) => Err(Problem::too_many_products()),
        found => Ok(found.is_some()),
    };
    wanted.by(relist).await.map(Json)
}

impl Problem {
    /// The list of products has no room for another.
    pub(super) fn too_many_products() -> Self {
        Self::new(Kind::TooManyProducts, "the list of products has no room for another")
    }
}

/// A page of the list of products.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProductPage")]
pub(super) struct ProductPageView {
    /// The products, in the order of their ids.
    products: Vec<StockView>,
    /// The parameter `after` of the next page, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<ProductId>,
}

async fn page<L: ProductList>(
    State(list): State<L>,
    mut query: Query,
) -> Result<Json<ProductPageView>> {
    query.only(PARAMETERS)?;
    let after = query.take("after")?;
    let limit = query.take_number("limit", 1..=LIMITS.0)?.unwrap_or(LIMITS.1);
    let ProductPage { products, next } = list.page(after.as_ref(), limit).await?;
    Ok(Json(ProductPageView {
        products: products.into_iter().map(StockView::from).collect(),
        next,
    }))
}
