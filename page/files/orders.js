// The view of one's own orders, newest first.

import { call, detailOf } from "./api.js";
import { h, put, say } from "./dom.js";
import { money, moment } from "./format.js";
import { session } from "./session.js";
import { visit } from "./visit.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */

/** How often the list is asked for, in ms, and how many orders a page of it has. */
const FRESH = 5_000;
const PAGE = 20;

/** The list of orders, which stays current until it is stopped. @returns {import("./main.js").View} */
export function ordersView() {
  const message = h("p", { class: "message", role: "status" });
  const list = h("ul", { class: "orders" });
  const more = h("button", { type: "button", hidden: true, click: () => grow() }, "Show earlier orders");
  const node = h("section", { "aria-labelledby": "orders" }, h("h1", { id: "orders" }, "Your orders"), message, list, more);
  let shown = PAGE;

  /** @param {AbortSignal} signal */
  async function refresh(signal) {
    if (!session.ready) return say(message, "Sign in to see your orders.");
    try {
      const { orders, next } = await read(shown, signal);
      say(message, orders.length === 0 ? "You have not ordered anything yet." : "");
      draw(list, orders);
      more.hidden = !next;
    } catch (error) {
      if (!signal.aborted) say(message, detailOf(error));
    }
  }

  function grow() {
    shown += PAGE;
    stop();
    stop = visit(FRESH, refresh);
  }

  let stop = visit(FRESH, refresh);
  return { title: "Orders", node, stop: () => stop() };
}

/**
 * The newest orders, at least as many as `count`, if there are.
 * @param {number} count
 * @param {AbortSignal} signal
 * @returns {Promise<Schemas["OrderPage"]>}
 */
async function read(count, signal) {
  /** @type {Schemas["ListedOrder"][]} */
  const orders = [];
  let next = "";
  do {
    const after = next ? `&after=${encodeURIComponent(next)}` : "";
    const page = await call("GET", `/api/orders?limit=${PAGE}${after}`, { signal });
    orders.push(...page.orders);
    next = page.next ?? "";
  } while (next && orders.length < count);
  return { orders, next };
}

/**
 * Draws what has changed, so that a link keeps its focus.
 * @param {HTMLUListElement} list
 * @param {Schemas["ListedOrder"][]} orders
 */
function draw(list, orders) {
  const state = JSON.stringify(orders);
  if (list.dataset.shown === state) return;
  list.dataset.shown = state;
  const focused = document.activeElement?.getAttribute("href");
  put(list, ...orders.map(item));
  if (focused) list.querySelector(/** @type {"a"} */ (`a[href="${CSS.escape(focused)}"]`))?.focus();
}

/** @param {Schemas["ListedOrder"]} order */
function item({ order_id, status, total, created_at }) {
  return h("li", {}, h("a", { href: `/orders/${order_id}` },
    h("code", {}, order_id.slice(0, 8)), h("span", { class: "status", "data-status": status }, status),
    h("span", {}, total ? money(total) : ""), h("time", { datetime: created_at }, moment(created_at))));
}
