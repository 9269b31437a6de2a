"use strict";
// As much of a browser as the modules that hold logic need, and the modules themselves.
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

/** What a tab keeps. */
const kept = new Map();
const sessionStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => void kept.set(key, value),
  removeItem: (key) => void kept.delete(key),
};

const page = new EventTarget();
const document = Object.assign(new EventTarget(), { hidden: false, documentElement: { dataset: {} } });

const globals = {
  document,
  sessionStorage,
  window: globalThis,
  navigator: { languages: ["en-IE"] },
  location: new URL("http://shop.test/"),
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
};
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

/** A module of the page; one that is loaded `again` has forgotten everything. */
const load = (name, again = "") => import(`${pathToFileURL(join(process.env.PAGE, name))}${again && `?${again}`}`);

/** A time, so many seconds after an order was accepted. */
const at = (seconds) => new Date(Date.UTC(2027, 0, 15, 8) + seconds * 1000).toISOString();

const euro = (amount) => ({ amount, currency: "EUR" });

/** An order as the API shows it. */
const orderOf = (more = {}) => ({
  order_id: "889bc799-28f6-5fe8-8af0-075ea1b0b2e1",
  customer_id: "ann",
  email: "ann@example.com",
  items: [{ product_id: "desk-lamp", quantity: 2 }],
  status: "pending",
  created_at: at(0),
  updated_at: at(0),
  ...more,
});

/** Steps as the API shows them: `done("create", "reserve")`, a second apart. */
const done = (...names) => names.map((step, index) => ({ step, state: "done", at: at(index) }));

module.exports = { load, at, euro, orderOf, done, kept, document, page };
