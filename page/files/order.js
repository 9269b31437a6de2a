// The view of one order: the truth in a sentence, its saga on two rails, its ledgers, its times and its evidence.

import { basis, buttons } from "./actions.js";
import { call, detailOf, newKey } from "./api.js";
import { h, put, say, set } from "./dom.js";
import { evidence } from "./evidence.js";
import { money, moment } from "./format.js";
import { ledgers } from "./ledgers.js";
import { watchOrder } from "./order-store.js";
import { rails } from "./rails.js";
import { record } from "./record.js";
import { isFinal, sentence, stages } from "./saga.js";
import { session } from "./session.js";
import { timeline } from "./timeline.js";

/** @typedef {import("./order-store.js").State} State */
/** @typedef {import("openapi").components["schemas"]} Schemas */

/** How often what is under way is drawn anew, in ms. */
const TICK = 500;

/** @type {Record<import("./order-store.js").Connection, string>} */
const CONNECTIONS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  polling: "Asking every few seconds",
  offline: "Not connected",
  ended: "Final",
};

/**
 * The view of an order, which stays current until it is stopped.
 * @param {{id: string}} parameters
 * @returns {import("./main.js").View}
 */
export function orderView({ id }) {
  const truth = h("p", { class: "truth", "aria-live": "polite", "aria-atomic": "true" }, "Looking for the order…");
  const connection = h("span", { class: "connection", hidden: true });
  const about = h("p", { class: "about" });
  const [saga, people, books, times, proof] = [rails(), record(), ledgers(), timeline(), evidence(id)];
  const details = h("div", { class: "details", hidden: true }, saga.node, people.node, books.node, times.node, proof.node);
  const cancel = cancelButton(id, () => watch.refresh());
  const desk = h("div", { class: "actions" });
  const node = h("article", { class: "order" },
    h("div", { class: "title" }, h("h1", {}, "Order ", h("code", {}, id.slice(0, 8))), connection),
    truth, about, cancel, desk, details);
  /** @type {State | null} */
  let seen = null;
  let offered = "";

  function draw() {
    if (!seen) return;
    const { order, steps, problem } = seen;
    say(connection, CONNECTIONS[seen.connection]);
    set(connection, "data-state", seen.connection);
    connection.hidden = !order;
    if (!order) return problem ? explain(truth, problem) : undefined;
    const stops = stages(order, steps);
    say(truth, sentence(order, steps));
    set(node, "data-status", order.status);
    say(about, `${order.items.map((it) => `${it.quantity} × ${it.product_id}`).join(", ")}${
      order.total ? `, ${money(order.total)}` : ""} · accepted ${moment(order.created_at)}`);
    const isStaff = session.may("orders.admin");
    cancel.hidden = !isCancellable(order) || isStaff;
    const offers = isStaff ? buttons(order, watch.refresh) : [];
    const state = isStaff ? basis(order) : "";
    if (state !== offered) put(desk, ...offers);
    offered = state;
    details.hidden = false;
    saga.update(stops);
    people.update(order);
    books.update(order, steps);
    times.update(order, stops, Date.now());
    proof.update(order, steps);
  }

  if (!session.ready) {
    say(truth, "Sign in to see this order.");
    return { title: "Order", node };
  }
  const watch = watchOrder(id, (state) => ((seen = state), draw()));
  const ticks = setInterval(() => {
    if (seen?.order && !isFinal(seen.order) && !document.hidden) draw();
  }, TICK);
  return { title: `Order ${id.slice(0, 8)}`, node, stop: () => (clearInterval(ticks), watch.stop()) };
}

/**
 * @param {Node} truth
 * @param {import("./api.js").Problem} problem
 */
function explain(truth, { status, message }) {
  if (status === 404) say(truth, "There is no such order, or it is another customer's.");
  else say(truth, message);
}

/** @param {Schemas["Order"]} order */
function isCancellable({ status, cancellation }) {
  return ["pending", "reserved", "paid"].includes(status) && !cancellation;
}

/**
 * @param {string} id
 * @param {() => void} then
 */
function cancelButton(id, then) {
  const message = h("span", { class: "message", role: "status" });
  const button = h("button", {
    type: "button",
    async click() {
      button.disabled = true;
      try {
        await call("POST", `/api/orders/${id}/cancel`, { body: {}, headers: { "Idempotency-Key": newKey() } });
        then();
      } catch (error) {
        say(message, detailOf(error));
      } finally {
        button.disabled = false;
      }
    },
  }, "Cancel this order");
  return h("p", { class: "cancel", hidden: true }, button, " ", message);
}
