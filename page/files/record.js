// What people did about an order: it stays in the order's document. Who of staff did it and why is shown to staff alone.

import { h, put } from "./dom.js";
import { money, moment } from "./format.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {{at: string, who: string, by?: string | null, did: string, reason?: string | null}} Entry */

/** The letters of an id that are shown of a member of staff. */
const SHORT = 8;

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
      put(list, ...entries.map(({ at, who, by, did, reason }) => h("li", {},
        h("time", { datetime: at }, moment(at)), " ",
        h("b", {}, who && `${who} `, by && h("code", { title: by }, by.slice(0, SHORT)), by && " ", did),
        reason && h("q", {}, reason))));
    },
  };
}

/**
 * What people did about an order, oldest first.
 * @param {Schemas["Order"]} order
 * @returns {Entry[]}
 */
export function entriesOf({ cancellation, refunds = [], resumptions = [], handled_letters: letters = [] }) {
  const cancelled = cancellation ? [cancellation] : [];
  const who = "Staff";
  return [
    ...cancelled.map(({ at, by, staff, reason }) => {
      const ofStaff = staff || reason ? who : "The shop";
      return { at, who: by === "staff" ? ofStaff : "The customer", by: staff, did: "cancelled it", reason };
    }),
    ...resumptions.map(({ at, by, reason }) => ({ at, who, by, did: "resumed it", reason })),
    ...refunds.map(({ created_at: at, by, amount, status, reason }) => {
      const sum = `${money(amount)}${status === "succeeded" ? "" : `: ${status}`}`;
      return by || reason ? { at, who, by, did: `refunded ${sum}`, reason } : { at, who: "", did: `Refunded ${sum}` };
    }),
    ...letters.map(({ at, by, action, event_type: event, function: name, reason }) =>
      ({ at, who, by, did: `${action === "drop" ? "dropped" : "resent"} ${event || "a message"} to ${name}`, reason })),
  ].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}
