"use strict";
// Orders as a customer sees them on the page: to each of their ends.
const { test, expect, sell, place, becomes, open, control, log } = require("./shop.js");

/** Puts a product into the cart on the page and orders it; the page then shows the order. */
async function order(page, product, { card = "Visa", address = "Berlin" } = {}) {
  await page.getByRole("button", { name: `Add to cart: ${product.name}` }).click();
  const cart = page.getByRole("complementary", { name: "Cart" });
  await cart.getByRole("radio", { name: new RegExp(card) }).check();
  await cart.getByRole("radio", { name: new RegExp(address) }).check();
  await cart.getByRole("button", { name: "Place the order" }).click();
  await expect(page).toHaveURL(/\/orders\/[0-9a-f-]{36}$/);
  return page.url().split("/").pop();
}

/** The step of an order on the page that has a title. */
const stage = (page, title) =>
  page.getByRole("region", { name: "The saga" }).getByRole("listitem").filter({ has: page.getByText(title, { exact: true }) });

const truth = (page) => page.locator("[aria-live]");

test("an order completes before the customer's eyes", async ({ page }) => {
  const lamp = await sell("Lamp");
  await open(page, "/");
  await order(page, lamp);
  await expect(truth(page)).toHaveText(/^Completed: €19\.99 was charged, and the parcel is booked\.$/);
  for (const title of ["Accept", "Reserve", "Charge", "Ship", "Complete"]) {
    await expect(stage(page, title).locator(".station").first()).toHaveAttribute("data-look", "done");
  }
  await expect(page.locator(".station.undo")).toHaveCount(0);
  await expect(page.locator(".connection")).toHaveText("Final");
});

test("an order with a declined card says so and holds nothing", async ({ page }) => {
  const lamp = await sell("Lamp");
  await open(page, "/");
  await order(page, lamp, { card: "Declined" });
  await expect(truth(page)).toHaveText("Cancelled: the card was declined. Nothing was charged. Nothing is held.");
  await expect(stage(page, "Charge").locator(".station").first()).toContainText("Refused");
  await expect(stage(page, "Reserve").locator(".station.undo")).toContainText("Released");
  await expect(stage(page, "Ship").locator(".station").first()).toContainText("Never ran");
});

test("an order to a country that is not served is undone, each undo under its step", async ({ page }) => {
  const lamp = await sell("Lamp");
  await open(page, "/");
  await order(page, lamp, { address: "Neumayer" });
  await expect(truth(page)).toHaveText(
    "Cancelled: the shop does not ship to AQ. €19.99 was charged and is refunded. Nothing is held.");
  await expect(stage(page, "Reserve").locator(".station.undo")).toContainText(/Release stock.*Released/);
  await expect(stage(page, "Charge").locator(".station.undo")).toContainText(/Refund.*Refunded/);
  await expect(stage(page, "Ship").locator(".station").first()).toContainText("Refused");
});

test("each step and each undo leads to its trace", async ({ page }) => {
  const id = await place(await sell("Lamp"), { country: "AQ" });
  await becomes(id, "cancelled");
  await open(page, `/orders/${id}`);
  const proofs = page.getByRole("region", { name: "Evidence" });
  for (const title of ["Charge", "Refund"]) {
    await proofs.locator("summary").filter({ hasText: title }).click();
    const href = await proofs.getByRole("link", { name: `Last try of ${title}` }).getAttribute("href");
    // Spans are exported in batches.
    await expect.poll(async () => (await fetch(href)).url).toMatch(/\/traces\/[0-9a-f]{32}/);
  }
});

test("of two windows that order the last piece one gets it", async ({ browser }) => {
  const lamp = await sell("Last lamp", { pieces: 1 });
  const pages = await Promise.all(["ann", "bob"].map(async (who) => {
    const page = await (await browser.newContext()).newPage();
    await open(page, "/", who);
    return page;
  }));
  await Promise.all(pages.map((page) => order(page, lamp)));
  const ends = await Promise.all(pages.map(async (page) => {
    await expect(truth(page)).toHaveText(/^(Completed|Cancelled)/);
    return truth(page).textContent();
  }));
  expect(ends.filter((text) => text.startsWith("Completed"))).toHaveLength(1);
  expect(ends.filter((text) => text.startsWith("Cancelled: there is not enough in stock"))).toHaveLength(1);
  await pages[0].goto("/");
  await Promise.all(pages.map((page) => page.context().close()));
});

test("an order is cancelled while it is under way", async ({ page }) => {
  const lamp = await sell("Lamp");
  await control("PUT", "provider", { state: "slow" });
  try {
    await open(page, "/");
    await order(page, lamp);
    await page.getByRole("button", { name: "Cancel this order" }).click();
    await expect(truth(page)).toHaveText(/^Cancelled: the customer cancelled it\. .* Nothing is held\.$/);
    await expect(page.getByRole("button", { name: "Cancel this order" })).toHaveCount(0);
  } finally {
    await control("PUT", "provider", { state: "normal" });
  }
});

test("a connection that is lost amid an order comes back by itself", async ({ page, context }) => {
  const lamp = await sell("Lamp");
  await control("PUT", "provider", { state: "down" });
  await open(page, "/");
  const id = await order(page, lamp);
  await expect(truth(page)).toHaveText(/^Reserved/);
  await context.setOffline(true);
  await expect(page.locator(".connection")).not.toHaveText("Live");
  await control("PUT", "provider", { state: "normal" });
  await becomes(id, "completed");
  await expect(truth(page)).toHaveText(/^Reserved/);
  await context.setOffline(false);
  await expect(truth(page)).toHaveText(/^Completed/);
});

test("three windows on an order cost one subscription to it", async ({ browser }) => {
  const lamp = await sell("Lamp");
  await control("PUT", "provider", { state: "down" });
  const id = await place(lamp);
  const earlier = log("order-saga").length;
  const context = await browser.newContext();
  const pages = await Promise.all([1, 2, 3].map(() => context.newPage()));
  for (const page of pages) await open(page, `/orders/${id}`);
  for (const page of pages) await expect(page.locator(".connection")).toHaveText("Live");
  await control("PUT", "provider", { state: "normal" });
  for (const page of pages) await expect(truth(page)).toHaveText(/^Completed/);
  await context.close();
  expect(waitsAtOnce(log("order-saga").slice(earlier))).toBe(1);
});

/** The most waits for orders that a process served at the same time, by its log of requests. */
function waitsAtOnce(log) {
  const open = new Set();
  let most = 0;
  for (const line of log.split("\n").filter((line) => line.includes("/sagas/{order_id}/progress"))) {
    const { message, span_id } = JSON.parse(line);
    if (message === "started processing request") open.add(span_id);
    if (message === "finished processing request") open.delete(span_id);
    most = Math.max(most, open.size);
  }
  return most;
}
