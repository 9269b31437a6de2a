//! The subscriptions of the shop, for the function that handles their dead letters.

use crate::Generated;
use local::manifest::{Function, subscriptions};

/// The file of each function that handles dead letters.
///
/// # Panics
/// Never: subscriptions are JSON.
pub fn files(functions: &[Function]) -> impl Iterator<Item = Generated> {
    let text =
        serde_json::to_string_pretty(&subscriptions(functions)).expect("they are JSON") + "\n";
    let recorders = functions.iter().filter(|function| function.manifest.dead_letters);
    recorders.map(move |function| {
        Generated::new(format!("functions/{}/src/subscriptions.json", function.name), text.clone())
    })
}
