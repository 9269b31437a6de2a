//! The functions for the deployment scripts, one per line.

use crate::Generated;
use crate::readme::word;
use local::manifest::Function;

/// The columns. Lists are separated by commas; an empty column is a hyphen.
const HEADER: &str = "# name\tkind\tuses\tdescription\n";

/// `infra/functions.tsv`: the functions, for shells.
#[must_use]
pub fn functions_tsv(functions: &[Function]) -> Generated {
    let lines: String = functions.iter().map(line).collect();
    Generated::new("infra/functions.tsv", format!("{HEADER}{lines}"))
}

fn line(function: &Function) -> String {
    let Function { name, description, manifest } = function;
    let uses = manifest.uses.join(",");
    let uses = if uses.is_empty() { "-" } else { &uses };
    format!("{name}\t{}\t{uses}\t{description}\n", word(manifest.kind))
}
