// The view of what is on sale, with live stock, and the cart beside it.

import { call, detailOf } from "./api.js";
import { cart } from "./cart.js";
import { checkout } from "./checkout.js";
import { h, say, set } from "./dom.js";
import { money } from "./format.js";
import { emblem } from "./marks.js";
import { pieces } from "./saga.js";
import { session } from "./session.js";
import { visit } from "./visit.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {Schemas["Stock"]} Stock */

/** How often the stock is asked for, in ms. */
const FRESH = 4_000;

/** The most products that are shown. */
const MOST = 100;

/** The shop, whose stock stays current until it is stopped. @returns {import("./main.js").View} */
export function shopView() {
  const message = h("p", { class: "message", role: "status" });
  const list = h("ul", { class: "products" });
  const desk = checkout();
  const node = h("div", { class: "shop" },
    h("section", { "aria-labelledby": "products" }, h("h1", { id: "products" }, "On sale"), message, list), ...desk.nodes);
  /** @type {Map<string, ReturnType<typeof card>>} */
  const cards = new Map();

  /** @param {Stock[]} products */
  function show(products) {
    say(message, products.length === 0 ? "Nothing is on sale yet." : "");
    for (const product of products) {
      if (!cards.has(product.product_id)) {
        cards.set(product.product_id, card(product));
        list.append(cards.get(product.product_id)?.node ?? "");
      }
      cards.get(product.product_id)?.update(product);
    }
  }

  const stop = visit(FRESH, async (signal) => {
    if (!session.ready) return say(message, "Sign in to see what is on sale.");
    try {
      const { products } = await call("GET", `/api/inventory?limit=${MOST}`, { signal });
      show(products);
    } catch (error) {
      if (!signal.aborted) say(message, detailOf(error));
    }
  });
  return { title: "Shop", node, stop: () => (stop(), desk.stop()) };
}

/** @param {Stock} product */
function card(product) {
  let current = product;
  const [name, price, left] = [h("h2"), h("p", { class: "price" }), h("p", { class: "left" })];
  const add = h("button", { type: "button", click: () => cart.add(current, 1) }, "Add to cart");
  const node = h("li", { class: "product" }, emblem(product.product_id), name, price, left, add);
  return {
    node,
    /** @param {Stock} product */
    update(product) {
      current = product;
      say(name, product.name);
      say(price, money(product.unit_price));
      say(left, product.available > 0 ? `${pieces(product.available)} left` : "Sold out");
      set(node, "data-sold-out", product.available === 0);
      set(add, "aria-label", `Add to cart: ${product.name}`);
    },
  };
}
