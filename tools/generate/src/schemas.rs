//! `schemas`: the JSON Schemas of the events' data.

use crate::Generated;

/// The folder of the schemas.
pub const FOLDER: &str = "schemas";

/// The schema of each event's data.
#[must_use]
pub fn schemas() -> Vec<Generated> {
    let schemas = shared::domain::event::schema::schemas().into_iter();
    let file =
        |(name, schema)| Generated::new(format!("{FOLDER}/{name}.json"), format!("{schema:#}\n"));
    schemas.map(file).collect()
}
