//! The tables of growth.
#![expect(clippy::float_arithmetic, reason = "sizes are shown as fractions of KiB")]

use super::Growth;
use crate::counters::{ETCD, Footprint, REDIS};
use crate::moves::moves_table;
use crate::report::{Table, comparisons, heading, number};
use crate::stats::{float, per};

/// The processes without a sidecar that a deployed shop has too.
const SHARED: [&str; 3] = ["placement", "redis", "scheduler"];

/// The growth as it is read.
#[must_use]
pub fn growth_tables(growth: &Growth) -> String {
    let title = format!(
        "A shop with {} finished orders, and the same shop with {} more:",
        growth.earlier, growth.orders
    );
    let moved = moves_table(title, ["fresh", "grown", "grown / fresh"], &growth.moves);
    let one_product = comparisons(&growth.one_product);
    let [before, after] = &growth.footprints;
    let (stores, memory) = (stores(growth), memory(before, after));
    format!("{}\n{moved}\n{one_product}\n{stores}\n{memory}", heading(&growth.setting))
}

/// What stays of orders.
fn stores(growth: &Growth) -> Table {
    let disk = |store: &str| growth.footprints.each_ref().map(|it| in_kib(it.disk.get(store)));
    let keys = growth.kept.map(|kept| kept.keys);
    let bytes = growth.kept.map(|kept| kept.bytes / 1_024.0);
    let row = |(what, [before, after]): (&str, [f64; 2])| {
        let each = per(after - before, float(growth.orders));
        vec![what.to_owned(), number(before), number(after), number(each)]
    };
    let all = [
        ("keys in Redis", keys),
        ("KiB in Redis' memory, by key", bytes),
        ("KiB on disk, Redis", disk(REDIS)),
        ("KiB on disk, the scheduler's etcd", disk(ETCD)),
    ];
    Table {
        title: format!("What is kept of {} orders:", growth.orders),
        head: vec!["what", "before", "after", "each order"],
        rows: all.into_iter().map(row).collect(),
    }
}

fn in_kib(bytes: Option<&f64>) -> f64 {
    bytes.copied().unwrap_or_default() / 1_024.0
}

/// The resident memory of each function with its sidecar, and of what they share.
fn memory(before: &Footprint, after: &Footprint) -> Table {
    let mebibytes = |name: &str| {
        let of = |it: &Footprint| it.memory.get(name).map_or("–".to_owned(), |it| number(*it));
        [before, after].map(of)
    };
    let functions = before.memory.keys().filter_map(|name| name.strip_suffix(".daprd"));
    let row = |name: &str| {
        let [[own, later], sidecar] = [mebibytes(name), mebibytes(&format!("{name}.daprd"))];
        [name.to_owned(), own, later].into_iter().chain(sidecar).collect()
    };
    Table {
        title: "Resident memory in MiB, before and after them, when all was handled:".to_owned(),
        head: vec!["process", "before", "after", "sidecar, before", "sidecar, after"],
        rows: functions.chain(SHARED).map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn footprint(memory: &[(&str, f64)]) -> Footprint {
        let memory = memory.iter().map(|(name, size)| ((*name).to_owned(), *size));
        Footprint { memory: memory.collect(), disk: BTreeMap::new() }
    }

    #[test]
    fn a_function_is_beside_its_sidecar() {
        let before = footprint(&[("stock", 4.0), ("stock.daprd", 90.0), ("mail-sink", 5.0)]);
        let after = footprint(&[("stock", 5.0), ("stock.daprd", 91.0), ("redis", 7.0)]);
        let rows = memory(&before, &after).rows;
        assert_eq!(rows[0], ["stock", "4.00", "5.00", "90.0", "91.0"]);
        assert_eq!(rows[2], ["redis", "–", "7.00", "–", "–"]);
        assert_eq!(rows.len(), 4, "without stand-ins");
    }
}
