// Makes parts of a shop on this machine fail, by the controls of `./makew start`. Elsewhere there are none.

import { call, detailOf, newKey } from "./api.js";
import { h, put, say, set } from "./dom.js";
import { go } from "./navigate.js";
import { session } from "./session.js";
import { settings } from "./settings.js";

/** @typedef {{name: string, state: "running" | "ended" | "starting"}} Process */
/** @typedef {{provider: string, mail: string, processes: Process[]}} Faults */

/** How often the state is read while the panel is open, in ms. */
const EVERY = 1000;

/** The longest that the controls may take, in ms. */
const TIMEOUT = 5000;

/** What can be set, and to what. */
const SWITCHES = /** @type {const} */ ([
  ["provider", "Payment provider", [["normal", "works"], ["slow", "is slow"], ["down", "is down"]]],
  ["mail", "Mail server", [["normal", "works"], ["down", "is down"]]],
]);

/** The processes that an order depends on come first. */
const FIRST = ["order-saga", "process-payment", "ship-order", "stock"];

/** Orders that end badly. */
const ORDERS = /** @type {const} */ ([
  ["A declined card", (/** @type {Order} */ order) => (order.payment_method = "pm_card_chargeDeclined")],
  ["A country that is not served", (/** @type {Order} */ order) => (order.ship_to.country = "AQ")],
  ["More than there is", (/** @type {Order} */ order, /** @type {number} */ available) =>
    (order.items[0].quantity = Math.min(available + 1, 1000))],
]);

/** @typedef {{items: {product_id: string, quantity: number}[], payment_method: string, email: string,
 * ship_to: {name: string, line1: string, city: string, postal_code: string, country: string}, customer_id?: string}} Order */

/**
 * The panel, where there are controls.
 * @returns {HTMLElement | null}
 */
export function failures() {
  if (settings.controls === "") return null;
  const trouble = h("p", { class: "trouble", role: "alert" });
  const processes = h("ul", { class: "processes" });
  /** @type {Map<string, HTMLButtonElement>} */
  const choices = new Map();
  /** @type {Map<string, {item: HTMLElement, state: HTMLElement, kill: HTMLButtonElement}>} */
  const shown = new Map();

  const switches = SWITCHES.map(([what, label, states]) =>
    h("fieldset", {}, h("legend", {}, label), ...states.map(([state, words]) => {
      const click = () => change("PUT", what, { state });
      const button = h("button", { type: "button", "aria-pressed": "false", click }, words);
      choices.set(`${what} ${state}`, button);
      return button;
    })));
  const orders = h("fieldset", {}, h("legend", {}, "Place an order with"), ...ORDERS.map(([words, spoil]) =>
    h("button", { type: "button", click: () => attempt(() => place(spoil)) }, words)));
  const panel = h("details", { class: "failures", toggle: watch },
    h("summary", {}, "Make it fail"),
    h("p", {}, "This shop runs on your machine, so you can break it: no order is lost, and each ends as it should."),
    orders, ...switches,
    h("fieldset", {}, h("legend", {}, "Kill a process; it is started again after some seconds"), processes),
    trouble);
  let timer = 0;

  function watch() {
    clearInterval(timer);
    if (!panel.open) return;
    void change("GET", "");
    timer = setInterval(() => document.visibilityState === "visible" && change("GET", ""), EVERY);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   */
  function change(method, path, body) {
    return attempt(async () => {
      const answer = await fetch(`${settings.controls}/${path}`, {
        method,
        signal: AbortSignal.timeout(TIMEOUT),
        ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(await answer.text());
      draw(await answer.json());
    });
  }

  /** @param {() => Promise<void>} act */
  async function attempt(act) {
    try {
      await act();
      say(trouble, "");
    } catch (error) {
      say(trouble, detailOf(error));
    }
  }

  /** @param {Faults} faults */
  function draw(faults) {
    for (const [choice, button] of choices) {
      const [what, state] = choice.split(" ");
      set(button, "aria-pressed", String(faults[/** @type {"provider" | "mail"} */ (what)] === state));
    }
    if (shown.size === 0) put(processes, ...sorted(faults.processes).map(row));
    for (const { name, state } of faults.processes) {
      const line = shown.get(name);
      if (!line) continue;
      set(line.item, "data-state", state);
      say(line.state, state);
      line.kill.disabled = state !== "running";
    }
  }

  /** @param {Process} process */
  function row({ name }) {
    const state = h("span", { class: "state" });
    const kill = h("button", { type: "button", click: () => change("DELETE", `processes/${name}`) }, `Kill ${name}`);
    const item = h("li", {}, kill, " ", state);
    shown.set(name, { item, state, kill });
    return item;
  }

  /** @param {(order: Order, available: number) => unknown} spoil */
  async function place(spoil) {
    const { products } = await call("GET", "/api/inventory?limit=100");
    const product = products.find((/** @type {{available: number}} */ it) => it.available > 0) ?? products[0];
    if (!product) throw new Error("Nothing is on sale.");
    const order = sample(product.product_id);
    spoil(order, product.available);
    const { order_id } = await call("POST", "/api/orders", { body: order, headers: { "Idempotency-Key": newKey() } });
    go(`/orders/${order_id}`);
  }

  return panel;
}

/**
 * @param {Process[]} processes
 * @returns {Process[]}
 */
function sorted(processes) {
  const rank = (/** @type {Process} */ it) => (FIRST.includes(it.name) ? FIRST.indexOf(it.name) : FIRST.length);
  return [...processes].sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

/**
 * @param {string} product
 * @returns {Order}
 */
function sample(product) {
  return {
    items: [{ product_id: product, quantity: 1 }],
    payment_method: "pm_card_visa",
    email: "ann@example.com",
    ship_to: { name: "Ann Smith", line1: "Main Street 1", city: "Berlin", postal_code: "10115", country: "DE" },
    // Without tokens the shop does not know who calls.
    ...(session.needed ? {} : { customer_id: "ann" }),
  };
}
