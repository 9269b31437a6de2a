"use strict";
// What scenes need of a shop: requests as staff and as customers, products, orders, and the page of someone who is signed
// in. SHOP, ISSUER, CONTROLS and MAILS are the addresses of a running shop.
const base = require("@playwright/test");
const axe = require("axe-core");
const { randomUUID } = require("node:crypto");
const fs = require("node:fs");

const { SHOP, ISSUER, CONTROLS, MAILS, SIMULATOR, LOGS } = process.env;
const { expect } = base;

/** The scopes of customers and of staff. */
const CUSTOMER = "orders inventory";
const STAFF = "orders orders.admin inventory inventory.admin payments.admin";

async function token(subject, scope) {
  const query = new URLSearchParams({ sub: subject, scope, seconds: "3600" });
  const answer = await fetch(`${ISSUER}/token?${query}`);
  if (!answer.ok) throw new Error(`the issuer answered ${answer.status}`);
  return answer.text();
}

/** Sends a request to the public API, as staff unless another is named, and reads its answer. */
async function call(method, path, { body, as = ["staff", STAFF], headers = {} } = {}) {
  const answer = await fetch(SHOP + path, {
    method,
    headers: { Authorization: `Bearer ${await token(...as)}`, "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Puts a product on sale under an id of its own, and returns that with its name. */
async function sell(name, { cents = 1999, pieces = 10 } = {}) {
  const id = `${name.toLowerCase().replaceAll(" ", "-")}-${randomUUID().slice(0, 8)}`;
  const label = `${name} ${id.slice(-8)}`;
  const unit_price = { amount: cents, currency: "EUR" };
  await call("PUT", `/api/inventory/${id}`, { body: { name: label, unit_price, on_hand: pieces } });
  return { id, name: label };
}

/** Places an order of a product as a customer, and returns its id. */
async function place(product, { customer = "ann", card = "pm_card_visa", country = "DE", quantity = 1 } = {}) {
  const { order_id } = await call("POST", "/api/orders", {
    as: [customer, CUSTOMER],
    headers: { "Idempotency-Key": randomUUID() },
    body: {
      email: `${customer}@example.com`,
      items: [{ product_id: product.id, quantity }],
      payment_method: card,
      ship_to: { name: "Ann Smith", line1: "Main Street 1", city: "Berlin", postal_code: "10115", country },
    },
  });
  return order_id;
}

/** Waits until an order is as `status` says. */
async function becomes(order, ...statuses) {
  const read = async () => (await call("GET", `/api/orders/${order}`)).status;
  await expect.poll(read, { message: `order ${order}`, timeout: 60_000 }).toMatch(new RegExp(`^(${statuses.join("|")})$`));
}

/** Changes what a stand-in does to the next calls; without a plan, nothing. */
async function faults(address, plan) {
  const method = plan ? "PUT" : "DELETE";
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${address}/control/faults`, { method, headers, body: plan && JSON.stringify(plan) });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
}

/** The faults of the payment provider, and of the mail server. */
const payments = (plan) => faults(SIMULATOR, plan);
const mailFaults = (plan) => faults(MAILS, plan);

async function control(method, path, body) {
  const headers = body && { "Content-Type": "application/json" };
  const answer = await fetch(`${CONTROLS}/${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`the controls answered ${answer.status}`);
  return answer.json();
}

/** Signs someone in on the page, by the issuer's question who they are. */
async function signIn(page, who) {
  await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
  await page.getByRole("link", { name: who }).first().click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

/** Opens a view as someone who signs in first. */
async function open(page, path, who = "ann") {
  await page.goto(path);
  await signIn(page, who);
}

/** Shows another view, as a link within the page does. */
async function go(page, path) {
  await page.evaluate((path) => {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
}

/** What axe finds on a page, in words; nothing is expected. */
async function findings(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" ")}`);
}

/** The log of a process of the shop. */
const log = (name) => fs.readFileSync(`${LOGS}/${name}.log`, "utf8");

/** A page on which nothing goes wrong unseen: no error, no refused script, no request to another host. */
const test = base.test.extend({
  page: async ({ page }, use) => {
    const wrong = watch(page);
    await use(page);
    expect(wrong).toEqual([]);
  },
});

/** Collects what goes wrong on a page. */
function watch(page) {
  const wrong = [];
  const known = [SHOP, ISSUER, CONTROLS, MAILS].map((address) => new URL(address).origin);
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) wrong.push(message.text());
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && !known.includes(origin)) wrong.push(`request to ${request.url()}`);
  });
  return wrong;
}

module.exports = {
  test, expect, call, sell, place, becomes, payments, mailFaults, control, signIn, open, go, findings, log, watch, CONTROLS, MAILS, SHOP,
};
