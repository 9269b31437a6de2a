//! Products to begin with, so that a new shop has something on sale.

use crate::LocalError;
use reqwest::StatusCode;
use serde_json::json;

/// Ids, names, prices in cents, and the pieces on hand. Of the last one there is one piece.
const PRODUCTS: [(&str, &str, i64, u32); 6] = [
    ("desk-lamp", "Desk lamp", 3_900, 40),
    ("armchair", "Armchair", 24_900, 12),
    ("kettle", "Kettle", 4_450, 25),
    ("teapot", "Teapot", 2_999, 30),
    ("notebook", "Notebook", 790, 200),
    ("wall-clock", "Wall clock", 5_900, 1),
];

/// Puts the products on sale at the gateway `url` that are not, by a client that shows a token of staff.
///
/// # Errors
/// When a request fails.
pub async fn put_on_sale(http: &reqwest::Client, url: &str) -> Result<(), LocalError> {
    for (id, name, price, on_hand) in PRODUCTS {
        let price = json!({"amount": price, "currency": "EUR"});
        let offer = json!({"name": name, "unit_price": price, "on_hand": on_hand});
        let put = http.put(format!("{url}/api/inventory/{id}")).json(&offer);
        let answer = put.send().await.map_err(failed)?;
        // It was put on sale earlier, and may have been changed since.
        if answer.status() != StatusCode::PRECONDITION_REQUIRED {
            answer.error_for_status().map_err(failed)?;
        }
    }
    Ok(())
}

fn failed(source: reqwest::Error) -> LocalError {
    LocalError::OnSale { source: Box::new(source) }
}
