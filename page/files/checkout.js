// The cart, and what it takes to order it: where it goes, how it is paid.

import { call, detailOf, newKey } from "./api.js";
import { cart } from "./cart.js";
import { h, put, say } from "./dom.js";
import { money } from "./format.js";
import { go } from "./navigate.js";
import { session } from "./session.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {Schemas["NewAddress"]} Address */

/** Where parcels go; the shop does not ship to the last one. @type {{note: string, address: Address}[]} */
const ADDRESSES = [
  { note: "", address: { name: "Ann Smith", line1: "Main Street 1", city: "Berlin", postal_code: "10115", country: "DE" } },
  { note: "", address: { name: "Ann Smith", line1: "Rue de la Paix 7", city: "Paris", postal_code: "75002", country: "FR" } },
  {
    note: "not served: the order is undone after it was charged",
    address: { name: "Ann Smith", line1: "Atka Bay", city: "Neumayer Station", postal_code: "0", country: "AQ" },
  },
];

/** The payment provider's test cards. */
const CARDS = [
  { token: "pm_card_visa", name: "Visa", note: "works" },
  { token: "pm_card_chargeDeclined", name: "Declined", note: "the bank says no" },
  { token: "pm_card_chargeDeclinedInsufficientFunds", name: "Empty", note: "declined for insufficient funds" },
  { token: "pm_card_pendingRefund", name: "Slow refunds", note: "works; a refund takes its time" },
];

/** The cart with its form, and a way there where it is far. @returns {{nodes: HTMLElement[], stop: () => void}} */
export function checkout() {
  const list = h("ul", { class: "lines" });
  const total = h("p", { class: "sum" });
  const message = h("p", { class: "message", role: "alert" });
  const email = h("input", { type: "email", name: "email", required: true, autocomplete: "email", value: "ann@example.com", maxlength: 254 });
  const order = h("button", { class: "primary" }, "Place the order");
  /** What was sent last, and its key: the same order has the same key, however often it is sent. */
  let sent = { body: "", key: "" };
  const form = h("form", {
    async submit(/** @type {SubmitEvent} */ event) {
      event.preventDefault();
      if (!session.ready) return session.signIn().catch((error) => say(message, detailOf(error)));
      order.disabled = true;
      try {
        const body = asked(form);
        if (JSON.stringify(body) !== sent.body) sent = { body: JSON.stringify(body), key: newKey() };
        const headers = { "Idempotency-Key": sent.key };
        const placed = await call("POST", "/api/orders", { body, headers });
        sent = { body: "", key: "" };
        cart.clear();
        go(`/orders/${placed.order_id}`);
      } catch (error) {
        say(message, detailOf(error));
      } finally {
        order.disabled = false;
      }
    },
  },
    choice("Ship to", "address", ADDRESSES.map(({ address: it, note }) => [`${it.name}, ${it.city}, ${it.country}`, note])),
    choice("Pay with the test card", "card", CARDS.map(({ name, note }) => [name, note])),
    h("label", {}, h("b", {}, "E-mail"), email), order, message);
  const node = h("aside", { class: "cart", "aria-labelledby": "cart" }, h("h2", { id: "cart" }, "Cart"), list, total, form);

  const way = h("a", { class: "to-cart", href: "#cart" });

  function draw() {
    put(list, ...cart.lines.map(line));
    say(total, cart.total ? money(cart.total) : cart.lines.length > 0 ? "One currency at a time, please" : "The cart is empty.");
    form.hidden = way.hidden = cart.lines.length === 0;
    say(way, `To the cart${cart.total ? `: ${money(cart.total)}` : ""}`);
    say(order, session.ready ? "Place the order" : "Sign in to order");
  }
  draw();
  return { nodes: [way, node], stop: cart.onChange(draw) };
}

/**
 * The order as it is in the form and the cart.
 * @param {HTMLFormElement} form
 * @returns {Schemas["NewOrder"]}
 */
function asked(form) {
  const chosen = new FormData(form);
  return {
    // Without tokens the shop does not know who calls.
    ...(session.needed ? {} : { customer_id: "ann" }),
    email: String(chosen.get("email")),
    payment_method: CARDS[Number(chosen.get("card"))].token,
    items: cart.lines.map(({ product: { product_id, unit_price }, quantity }) => ({
      product_id, quantity, unit_price: /** @type {Schemas["NewMoney"]} */ (unit_price),
    })),
    ship_to: ADDRESSES[Number(chosen.get("address"))].address,
  };
}

/** @param {import("./cart.js").Line} line */
function line({ product, quantity }) {
  const { name, unit_price } = product;
  const change = (/** @type {string} */ sign, /** @type {number} */ pieces, /** @type {string} */ label) =>
    h("button", { type: "button", "aria-label": `${label} ${name}`, click: () => cart.add(product, pieces) }, sign);
  return h("li", {}, h("span", {}, name), h("span", { class: "count" },
    change("−", -1, "One less of"), h("output", {}, quantity), change("+", 1, "One more of")),
  h("span", {}, money({ ...unit_price, amount: unit_price.amount * quantity })));
}

/**
 * @param {string} title
 * @param {string} name
 * @param {string[][]} options
 */
function choice(title, name, options) {
  const radios = options.map(([text, note], index) =>
    h("label", {}, h("input", { type: "radio", name, value: index, checked: index === 0 }), h("span", {}, text, note && h("small", {}, ` ${note}`))));
  return h("fieldset", {}, h("legend", {}, title), ...radios);
}
