// What needs a person: stuck orders first, then dead letters, what is slow, and all orders and stock.

import * as actions from "./actions.js";
import { call, detailOf } from "./api.js";
import { h, put, say } from "./dom.js";
import { money, moment, since } from "./format.js";
import { session } from "./session.js";
import { visit } from "./visit.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {Schemas["ListedOrder"]} Listed */
/** @typedef {{orders: Listed[], next?: string}} Page */

/** How often the lists are read again, in ms. */
const EVERY = 3000;

/** The stuck orders and the products that are shown at once; the rest is counted as "and more". */
const SHOWN = 100;

/** An order that is under way for this long is slow, in ms: most take a second or two. */
const SLOW = 20_000;

/** The columns of numbers. */
const NUMBERS = ["Total", "On hand", "Reserved", "Available", "Price"];

/** @type {Schemas["Status"][]} */
const STATUSES = ["pending", "reserved", "paid", "shipped", "stuck", "completed", "cancelled"];

/**
 * The view of staff, which follows what happens until it is stopped.
 * @returns {import("./main.js").View}
 */
export function staffView() {
  const parts = [stuck(), deadLetters(), slow(), byStatus(), stock()];
  const message = h("p", { class: "message", role: "status" });
  const all = h("div", { class: "staff", hidden: true }, ...parts.map((part) => part.root));
  const node = h("div", {}, h("h1", {}, "What needs a person"), message, all);
  const stop = visit(EVERY, async (signal) => {
    all.hidden = !session.may("orders.admin");
    if (all.hidden) return say(message, "Sign in as staff to see what needs a person.");
    const read = await Promise.allSettled(parts.map((part) => part.read(signal)));
    const failed = read.find((it) => it.status === "rejected");
    if (!signal.aborted) say(message, failed ? `Not up to date: ${detailOf(failed.reason)}` : "");
  });
  return { title: "Staff", node, stop };
}

/**
 * A part of the view: `read` brings it up to date.
 * @typedef {{root: HTMLElement, read: (signal: AbortSignal) => Promise<void>}} Part
 */

/**
 * A part with a heading, a count and a body that is drawn again only when it changed: focus and selection stay.
 * @param {string} id
 * @param {string} title
 * @param {string} nothing what is said when there is nothing
 */
function section(id, title, nothing) {
  const count = h("small", {});
  const body = h("div", {}, h("p", { class: "faint" }, "Reading…"));
  const root = h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title, " ", count), body);
  let drawn = "";
  /**
   * @param {unknown} what what the body shows
   * @param {number | string} number
   * @param {() => Node[]} draw
   */
  const show = (what, number, draw) => {
    const now = JSON.stringify(what);
    if (now === drawn) return;
    drawn = now;
    say(count, String(number));
    put(body, ...(number === 0 ? [h("p", { class: "faint" }, nothing)] : draw()));
  };
  return { root, show };
}

/** @returns {Part} */
function stuck() {
  const { root, show } = section("stuck", "Stuck orders", "Nothing is stuck.");
  /** Orders as they were when they last changed. @type {Map<string, Schemas["Order"]>} */
  const known = new Map();

  /** @param {AbortSignal} signal */
  async function read(signal) {
    /** @type {Page} */
    const page = await call("GET", `/api/orders?status=stuck&limit=${SHOWN}`, { signal });
    const orders = await Promise.all(page.orders.map((listed) => details(listed, signal)));
    const left = orders.filter((order) => order.status === "stuck");
    for (const id of known.keys()) if (!left.some((order) => order.order_id === id)) known.delete(id);
    const number = page.next ? `${left.length} and more` : left.length;
    show(left, number, () => groups(left).map((group) => drawn(group, () => read(signal))));
  }

  /**
   * @param {Listed} listed
   * @param {AbortSignal} signal
   */
  async function details(listed, signal) {
    const order = known.get(listed.order_id);
    if (order && order.updated_at === listed.updated_at) return order;
    /** @type {Schemas["Order"]} */
    const read = await call("GET", `/api/orders/${listed.order_id}`, { signal });
    known.set(listed.order_id, read);
    return read;
  }

  return { root, read };
}

/**
 * Orders by what is left and why, the ones that wait longest first.
 * @param {Schemas["Order"][]} orders
 */
function groups(orders) {
  /** @type {Map<string, Schemas["Order"][]>} */
  const found = new Map();
  const oldest = [...orders].sort((one, other) => one.updated_at.localeCompare(other.updated_at));
  for (const order of oldest) {
    const why = `${actions.stepsLeft(order)} · ${order.reason?.title ?? "unknown"}`;
    found.set(why, [...(found.get(why) ?? []), order]);
  }
  return [...found];
}

/**
 * @param {[string, Schemas["Order"][]]} group
 * @param {() => Promise<void>} again
 */
function drawn([why, orders], again) {
  const boxes = orders.map((order) =>
    h("input", { type: "checkbox", value: order.order_id, "aria-label": `Select order ${order.order_id}`, change: count }));
  const all = h("input", { type: "checkbox", "aria-label": `Select all: ${why}`, change: () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  } });
  const button = h("button", { type: "button", class: "primary", disabled: true, click: resume }, "Resume 0");

  function count() {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    button.disabled = chosen === 0;
    say(button, `Resume ${chosen}`);
  }

  async function resume() {
    const ids = boxes.filter((box) => box.checked).map((box) => box.value);
    if (await actions.resume(ids, actions.stepsLeft(orders[0]))) await again().catch(() => {});
  }

  const rows = orders.map((order, at) => h("tr", {},
    h("td", {}, boxes[at]),
    h("td", {}, link(order.order_id)),
    h("td", {}, order.customer_id),
    h("td", { class: "number" }, order.total ? money(order.total) : "–"),
    h("td", {}, h("time", { datetime: order.updated_at }, moment(order.updated_at)))));
  return h("div", { class: "group" },
    h("div", { class: "bar" }, h("h3", {}, why), button),
    table(["", "Order", "Customer", "Total", "Stuck since"], rows, all));
}

/**
 * @param {string[]} heads
 * @param {HTMLElement[]} rows
 * @param {HTMLElement} [first] stands in the first head
 */
function table(heads, rows, first) {
  const cells = heads.map((head, at) =>
    h("th", { scope: "col", class: NUMBERS.includes(head) ? "number" : false }, at === 0 && first ? first : head));
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": heads.filter(Boolean).join(", ") },
    h("table", {}, h("thead", {}, h("tr", {}, ...cells)), h("tbody", {}, ...rows)));
}

/** @param {string} id */
const link = (id) => h("a", { href: `/orders/${id}`, "aria-label": id }, h("code", {}, id.slice(0, 8)));

/** @returns {Part} */
function slow() {
  const { root, show } = section("slow", "Slow orders", "No order is under way for long.");
  /** @param {AbortSignal} signal */
  async function read(signal) {
    const pages = await Promise.all(["pending", "reserved", "paid", "shipped"].map((status) =>
      /** @type {Promise<Page>} */ (call("GET", `/api/orders?status=${status}&limit=${SHOWN}`, { signal }))));
    const now = Date.now();
    const orders = pages.flatMap((page) => page.orders).filter((it) => now - Date.parse(it.created_at) > SLOW);
    orders.sort((one, other) => one.created_at.localeCompare(other.created_at));
    const rows = () => [table(["Order", "Has come to", "Accepted"], orders.map((order) => h("tr", {},
      h("td", {}, link(order.order_id)),
      h("td", {}, badge(order.status)),
      h("td", {}, h("time", { datetime: order.created_at }, since(order.created_at, now))))))];
    show(orders, orders.length, rows);
  }
  return { root, read };
}

/** @param {string} status */
const badge = (status) => h("span", { class: "status", "data-status": status }, status);

/** @returns {Part} */
function byStatus() {
  const { root, show } = section("orders", "All orders", "There are none.");
  const choice = h("select", { id: "status", change: () => read(new AbortController().signal).catch(() => {}) },
    h("option", { value: "" }, "in any status"), ...STATUSES.map((status) => h("option", { value: status }, status)));
  root.querySelector("h2")?.after(h("p", { class: "field" }, h("label", { for: "status" }, "Orders"), choice));
  /** @param {AbortSignal} signal */
  async function read(signal) {
    const status = choice.value === "" ? "" : `&status=${choice.value}`;
    /** @type {Page} */
    const page = await call("GET", `/api/orders?limit=20${status}`, { signal });
    const rows = () => page.orders.map((order) => h("tr", {},
      h("td", {}, link(order.order_id)),
      h("td", {}, order.customer_id),
      h("td", {}, badge(order.status)),
      h("td", { class: "number" }, order.total ? money(order.total) : "–"),
      h("td", {}, h("time", { datetime: order.created_at }, moment(order.created_at)))));
    const number = page.next ? `the latest ${page.orders.length}` : page.orders.length;
    show([choice.value, page], number, () => [table(["Order", "Customer", "Status", "Total", "Accepted"], rows())]);
  }
  return { root, read };
}

/** @returns {Part} */
function stock() {
  const { root, show } = section("products", "Stock", "Nothing is on sale.");
  /** @param {AbortSignal} signal */
  async function read(signal) {
    const { products, next } = await call("GET", `/api/inventory?limit=${SHOWN}`, { signal });
    const row = (/** @type {Schemas["Stock"]} */ product) => {
      const adjust = async () => {
        if (await actions.restock(product)) await read(signal).catch(() => {});
      };
      return h("tr", {},
        h("td", {}, product.name),
        h("td", { class: "number" }, product.on_hand),
        h("td", { class: "number" }, product.reserved),
        h("td", { class: "number" }, product.available),
        h("td", { class: "number" }, money(product.unit_price)),
        h("td", {}, h("button", { type: "button", "aria-label": `Adjust ${product.name}`, click: adjust }, "Adjust")));
    };
    const heads = ["Product", "On hand", "Reserved", "Available", "Price", "Change"];
    show(products, next ? `${products.length} and more` : products.length, () => [table(heads, products.map(row))]);
  }
  return { root, read };
}

/** @returns {Part} */
function deadLetters() {
  const { root, show } = section("letters", "Dead letters", "Every event was handled.");
  /** @param {AbortSignal} signal */
  async function read(signal) {
    const { dead_letters: letters, next } = await call("GET", `/api/dead-letters?limit=${SHOWN}`, { signal });
    const row = (/** @type {Schemas["DeadLetter"]} */ letter) => {
      const what = letter.event_type ?? "a message";
      const act = (/** @type {() => Promise<boolean>} */ asked) => async () => {
        if (await asked()) await read(signal).catch(() => {});
      };
      const button = (/** @type {string} */ words, /** @type {() => Promise<boolean>} */ asked) =>
        h("button", { type: "button", "aria-label": `${words} ${letter.letter_id}`, click: act(asked) }, words);
      return h("tr", {},
        h("td", {}, letter.function),
        h("td", {}, h("code", { title: letter.event_id }, what)),
        h("td", { class: "text" }, letter.reason),
        h("td", {}, h("time", { datetime: letter.created_at }, moment(letter.created_at))),
        h("td", {}, button("Resend", () => actions.resend(letter)), " ", button("Drop", () => actions.drop(letter))));
    };
    const heads = ["Given up by", "Event", "Reason", "Since", "Change"];
    show(letters, next ? `${letters.length} and more` : letters.length, () => [table(heads, letters.map(row))]);
  }
  return { root, read };
}
