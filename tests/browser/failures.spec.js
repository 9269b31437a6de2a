"use strict";
// The panel that makes parts of a shop on this machine fail.
const { test, expect, sell, place, becomes, open, MAILS } = require("./shop.js");

/** Opens the panel on a view. */
async function panel(page, path = "/") {
  await open(page, path);
  await page.getByText("Make it fail", { exact: true }).click();
  await expect(page.getByRole("button", { name: "Kill order-saga" })).toBeEnabled();
}

const group = (page, name) => page.getByRole("group", { name });
const truth = (page) => page.locator("[aria-live]");

for (const [button, end] of [
  ["A declined card", "Cancelled: the card was declined. Nothing was charged. Nothing is held."],
  ["A country that is not served", /^Cancelled: the shop does not ship to AQ\. .* was charged and is refunded\. Nothing is held\.$/],
  ["More than there is", "Cancelled: there is not enough in stock. Nothing was charged. Nothing is held."],
]) {
  test(`${button} ends as it should`, async ({ page }) => {
    await sell("Lamp");
    await panel(page);
    await page.getByRole("button", { name: button }).click();
    await expect(page).toHaveURL(/\/orders\//);
    await expect(truth(page)).toHaveText(end);
  });
}

test("an order waits for a provider that is down, and completes once it works", async ({ page }) => {
  const lamp = await sell("Lamp");
  await panel(page);
  const provider = group(page, "Payment provider");
  await provider.getByRole("button", { name: "is down" }).click();
  await expect(provider.getByRole("button", { name: "is down" })).toHaveAttribute("aria-pressed", "true");
  const id = await place(lamp);
  await becomes(id, "reserved");
  await provider.getByRole("button", { name: "works" }).click();
  await expect(provider.getByRole("button", { name: "works" })).toHaveAttribute("aria-pressed", "true");
  await becomes(id, "completed");
});

test("an order takes seconds with a slow provider", async ({ page }) => {
  const lamp = await sell("Lamp");
  await panel(page);
  const provider = group(page, "Payment provider");
  await provider.getByRole("button", { name: "is slow" }).click();
  await expect(provider.getByRole("button", { name: "is slow" })).toHaveAttribute("aria-pressed", "true");
  const began = Date.now();
  const id = await place(lamp);
  await becomes(id, "completed");
  expect(Date.now() - began).toBeGreaterThan(3000);
  await provider.getByRole("button", { name: "works" }).click();
  await expect(provider.getByRole("button", { name: "works" })).toHaveAttribute("aria-pressed", "true");
});

test("mails wait for a mail server that is down", async ({ page }) => {
  const lamp = await sell("Lamp");
  await panel(page);
  const server = group(page, "Mail server");
  await server.getByRole("button", { name: "is down" }).click();
  await expect(server.getByRole("button", { name: "is down" })).toHaveAttribute("aria-pressed", "true");
  const customer = `ann-${lamp.id}`;
  const id = await place(lamp, { customer });
  await becomes(id, "completed");
  const mails = async () => (await (await fetch(`${MAILS}/api/mails?to=${customer}@example.com`)).json()).length;
  expect(await mails()).toBe(0);
  await server.getByRole("button", { name: "works" }).click();
  await expect.poll(mails, { timeout: 60_000 }).toBe(4);
});

for (const name of ["order-saga", "process-payment", "ship-order"]) {
  test(`${name} is killed, comes back, and the order completes`, async ({ page }) => {
    const lamp = await sell("Lamp");
    await panel(page);
    const row = page.getByRole("listitem").filter({ has: page.getByRole("button", { name: `Kill ${name}` }) });
    await page.getByRole("button", { name: `Kill ${name}` }).click();
    await expect(row).toHaveAttribute("data-state", "ended");
    await expect(row).toHaveAttribute("data-state", "running", { timeout: 60_000 });
    const id = await place(lamp);
    await becomes(id, "completed");
  });
}
