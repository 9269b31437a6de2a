// Two small ledgers: what was charged and refunded, what was held and released. Each adds up.

import { h, say, set } from "./dom.js";
import { money } from "./format.js";
import { pieces, sums } from "./saga.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */

/** The ledgers of an order. */
export function ledgers() {
  const payment = ledger("Money", ["Charged", "Refunded"], "Kept by the shop");
  const stock = ledger("Stock", ["Held", "Released", "Sold"], "Still held");
  return {
    node: h("section", { class: "ledgers", "aria-label": "Ledgers" }, payment.node, stock.node),
    /**
     * @param {Schemas["Order"]} order
     * @param {Schemas["StepDone"][]} steps
     */
    update(order, steps) {
      const { currency, charged, refunded, reserved, released, sold } = sums(order, steps);
      const sum = (/** @type {number} */ amount) => (currency ? money({ amount, currency }) : "–");
      payment.update([charged, -refunded], sum);
      stock.update([reserved, -released, -sold], pieces);
    },
  };
}

/**
 * @param {string} title
 * @param {string[]} names
 * @param {string} balance
 */
function ledger(title, names, balance) {
  const rows = [...names, balance].map((name) => {
    const value = h("td");
    return { value, node: h("tr", {}, h("th", { scope: "row" }, name), value) };
  });
  const bodies = [h("tbody", {}, ...rows.slice(0, -1).map((it) => it.node)), h("tfoot", {}, rows.at(-1)?.node)];
  return {
    node: h("table", { class: "ledger" }, h("caption", {}, title), ...bodies),
    /**
     * @param {number[]} entries whose sum is the balance
     * @param {(amount: number) => string} show
     */
    update(entries, show) {
      const amounts = [...entries, entries.reduce((sum, it) => sum + it, 0)];
      rows.forEach(({ value, node }, index) => {
        const amount = amounts[index];
        say(value, `${amount < 0 ? "− " : ""}${show(Math.abs(amount))}`);
        set(node, "data-zero", amount === 0);
      });
    },
  };
}
