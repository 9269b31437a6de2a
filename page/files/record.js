// What people did about an order, with their reasons: it stays in the order's document.

import { h, put } from "./dom.js";
import { money, moment } from "./format.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {{at: string, what: string, reason?: string | null}} Entry */

/** The record of an order, which is not there while nobody did anything. */
export function record() {
  const list = h("ol", { class: "record" });
  const node = h("section", { "aria-labelledby": "record", hidden: true }, h("h2", { id: "record" }, "What people did"), list);
  let shown = "";
  return {
    node,
    /** @param {Schemas["Order"]} order */
    update(order) {
      const entries = entriesOf(order);
      const state = JSON.stringify(entries);
      if (state === shown) return;
      shown = state;
      node.hidden = entries.length === 0;
      put(list, ...entries.map(({ at, what, reason }) => h("li", {},
        h("time", { datetime: at }, moment(at)), " ", h("b", {}, what), reason ? h("q", {}, reason) : "")));
    },
  };
}

/**
 * @param {Schemas["Order"]} order
 * @returns {Entry[]}
 */
function entriesOf({ cancellation, refunds = [], resumptions = [] }) {
  const cancelled = cancellation ? [cancellation] : [];
  return [
    ...cancelled.map(({ at, by, reason }) => ({ at, reason, what: `${by === "staff" ? "Staff" : "The customer"} cancelled it` })),
    ...resumptions.map(({ at, reason }) => ({ at, reason, what: "Staff resumed it" })),
    ...refunds.map(({ created_at: at, amount, status, reason }) => ({ at, reason, what: `Staff refunded ${money(amount)}: ${status}` })),
  ].sort((one, other) => one.at.localeCompare(other.at));
}
