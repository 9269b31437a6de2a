"use strict";
// What staff do on the page.
const { test, expect, call, sell, place, becomes, payments, mailFaults, open, MAILS } = require("./shop.js");

test.afterEach(async () => {
  await payments();
  await mailFaults();
});

const region = (page, name) => page.getByRole("region", { name });

/** Does what a dialog asks about, for a reason. */
async function confirm(page, button, reason) {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason, which stays in the record").fill(reason);
  await dialog.getByRole("button", { name: button, exact: true }).click();
  await expect(dialog).toHaveCount(0);
}

test("stuck orders are resumed in bulk, for a reason that stays in their record", async ({ page }) => {
  const lamp = await sell("Lamp");
  await payments({ fault: "fail-before", path: "refund" });
  const orders = await Promise.all([1, 2, 3].map(() => place(lamp, { country: "AQ" })));
  for (const order of orders) await becomes(order, "stuck");
  await payments();
  await open(page, "/staff", "staff");
  const stuck = region(page, /^Stuck orders/);
  const group = stuck.locator(".group").filter({ hasText: "refund payment" });
  for (const order of orders) await expect(group.getByRole("checkbox", { name: `Select order ${order}` })).toBeVisible();
  await group.getByRole("checkbox", { name: /^Select all/ }).check();
  await group.getByRole("button", { name: /^Resume \d+$/ }).click();
  await expect(page.getByRole("dialog")).toContainText("is tried again now: refund payment");
  await confirm(page, "Resume", "the provider is available again");
  for (const order of orders) await becomes(order, "cancelled");
  for (const order of orders) await expect(stuck.getByRole("checkbox", { name: `Select order ${order}` })).toHaveCount(0);
  const { resumptions } = await call("GET", `/api/orders/${orders[0]}`);
  expect(resumptions.map(({ reason }) => reason)).toEqual(["the provider is available again"]);
  await page.goto(`/orders/${orders[0]}`);
  await expect(region(page, "What people did")).toContainText("the provider is available again");
});

test("a part of a completed order is refunded once, for a reason that stays in its record", async ({ page }) => {
  const order = await place(await sell("Lamp"));
  await becomes(order, "completed");
  await open(page, `/orders/${order}`, "staff");
  await page.getByRole("button", { name: "Refund…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Up to €19.99 is left.");
  await dialog.getByLabel("Amount in EUR").fill("5.00");
  await confirm(page, "Refund", "a scratch");
  await expect(region(page, "What people did")).toContainText(/Staff [0-9a-f]{8} refunded €5\.00.*a scratch/);
  const { refunds } = await call("GET", `/api/orders/${order}`);
  expect(refunds.map(({ amount, reason }) => [amount.amount, reason])).toEqual([[500, "a scratch"]]);
});

test("staff cancel an order, which says so", async ({ page }) => {
  const lamp = await sell("Lamp");
  await payments({ fault: "fail-before", path: "confirm" });
  const order = await place(lamp);
  await open(page, `/orders/${order}`, "staff");
  await page.getByRole("button", { name: "Cancel…" }).click();
  await confirm(page, "Cancel the order", "out of season");
  await payments();
  await expect(page.locator("[aria-live]")).toHaveText(/^Cancelled: the shop cancelled it/);
  await expect(region(page, "What people did")).toContainText(/Staff [0-9a-f]{8} cancelled it.*out of season/);
});

test("stock is adjusted", async ({ page }) => {
  const lamp = await sell("Lamp", { pieces: 3 });
  await open(page, "/staff", "staff");
  await page.getByRole("button", { name: `Adjust ${lamp.name}` }).click();
  await page.getByRole("dialog").getByLabel("Pieces to add").fill("4");
  await confirm(page, "Adjust", "a delivery");
  expect((await call("GET", `/api/inventory/${lamp.id}`)).on_hand).toBe(7);
  await expect(page.getByRole("row").filter({ hasText: lamp.name })).toContainText("7");
});

/** Waits until so many mails have reached a customer of its own. */
async function mailed(customer, count) {
  const mails = async () => (await (await fetch(`${MAILS}/api/mails?to=${customer}@example.com`)).json()).length;
  await expect.poll(mails, { timeout: 60_000 }).toBe(count);
}

/** Waits until a message about an order is a dead letter, and returns that letter's id. */
async function letterAbout(order) {
  let id = "";
  await expect.poll(async () => {
    const { dead_letters: letters } = await call("GET", "/api/dead-letters?limit=100");
    id = letters.find((letter) => letter.event_id?.startsWith(order))?.letter_id ?? "";
    return id;
  }).not.toBe("");
  return id;
}

test("a dead letter is resent for a reason that stays in the record of its order, and what it asked for happens", async ({ page }) => {
  const lamp = await sell("Lamp");
  const customer = `ann-${lamp.id}`;
  await mailFaults({ fault: "reject", next: 1 });
  const order = await place(lamp, { customer });
  await becomes(order, "completed");
  await mailed(customer, 3);
  await open(page, "/staff", "staff");
  const letters = region(page, /^Dead letters/);
  const id = await letterAbout(order);
  const row = letters.getByRole("row").filter({ has: page.getByRole("button", { name: `Resend ${id}` }) });
  await expect(row).toContainText("notification.requested");
  await expect(row).toContainText("send-email");
  await row.getByRole("button", { name: /^Resend/ }).click();
  await confirm(page, "Resend", "the mail server is repaired");
  await expect(letters.getByRole("button", { name: `Resend ${id}` })).toHaveCount(0);
  await mailed(customer, 4);
  const letter = await call("GET", `/api/dead-letters/${id}`);
  expect(letter.handlings.map(({ action, by, reason }) => [action, by, reason]))
    .toEqual([["resend", expect.stringMatching(/^[0-9a-f-]{36}$/), "the mail server is repaired"]]);
  await page.goto(`/orders/${order}`);
  await expect(region(page, "What people did"))
    .toContainText(/Staff [0-9a-f]{8} resent notification\.requested to send-email.*the mail server is repaired/);
});

test("a dialog that is closed does nothing and gives the focus back", async ({ page }) => {
  const lamp = await sell("Lamp", { pieces: 3 });
  await open(page, "/staff", "staff");
  const adjust = page.getByRole("button", { name: `Adjust ${lamp.name}` });
  await adjust.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(adjust).toBeFocused();
  expect((await call("GET", `/api/inventory/${lamp.id}`)).on_hand).toBe(3);
});

test("a slow order is shown, and orders by their status", async ({ page }) => {
  const lamp = await sell("Lamp");
  await payments({ fault: "drop-before" });
  const order = await place(lamp);
  await open(page, "/staff", "staff");
  await expect(region(page, /^Slow orders/).getByRole("link", { name: order })).toBeVisible({ timeout: 60_000 });
  const all = region(page, /^All orders/);
  await all.getByLabel("Orders").selectOption("completed");
  await expect(all.getByRole("link", { name: order })).toHaveCount(0);
  await all.getByLabel("Orders").selectOption("reserved");
  await expect(all.getByRole("link", { name: order })).toBeVisible();
  await payments();
  await becomes(order, "completed");
});
