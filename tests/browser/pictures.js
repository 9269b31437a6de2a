"use strict";
// Takes the pictures of the page in docs, of a shop that sells what `./makew start` puts on sale, and the frames of its
// recording: what `start` says, an order that completes and one that is undone.
// `docs/take-screenshots` runs it.
const { test, expect, open, go, place, becomes, control } = require("./shop.js");
const fs = require("node:fs");
const path = require("node:path");

const DOCS = path.join(__dirname, "../../docs");
const { FRAMES, START } = process.env;

/** Orders a lamp on the page, to one of the addresses. */
async function order(page, address) {
  await page.getByRole("button", { name: "Add to cart: Desk lamp" }).click();
  await page.getByRole("radio", { name: new RegExp(address) }).check();
  await page.waitForTimeout(600);
  await page.getByRole("button", { name: "Place the order" }).click();
  await expect(page.locator("[aria-live]")).toHaveText(/^(Completed|Cancelled)/);
}

const truth = (page) => page.locator("[aria-live]");

/** A page of someone at a width, and a function that takes a picture of it. */
async function visitor(browser, who, width, height, colorScheme = "light") {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  await open(page, "/", who);
  const shoot = (name) => page.screenshot({ path: path.join(DOCS, `page-${name}.png`), animations: "disabled" });
  return { page, shoot };
}

test("pictures", async ({ browser }) => {
  const [completed, undone] = [await place({ id: "desk-lamp" }), await place({ id: "armchair" }, { country: "AQ" })];
  await becomes(completed, "completed");
  await becomes(undone, "cancelled");

  const customer = await visitor(browser, "ann", 1200, 760);
  await customer.page.getByRole("button", { name: "Add to cart: Kettle" }).click();
  await customer.shoot("shop");
  for (const [id, name] of [[completed, "completed"], [undone, "undone"]]) {
    await go(customer.page, `/orders/${id}`);
    await expect(truth(customer.page)).toHaveText(/^(Completed|Cancelled)/);
    await customer.shoot(name);
  }

  const phone = await visitor(browser, "ann", 390, 844, "dark");
  await go(phone.page, `/orders/${undone}`);
  await expect(truth(phone.page)).toHaveText(/^Cancelled/);
  await phone.shoot("phone");

  await control("PUT", "provider", { state: "down" });
  await Promise.all([1, 2, 3].map(() => place({ id: "teapot" })));
  const staff = await visitor(browser, "staff", 1200, 900);
  await staff.page.getByRole("navigation").getByRole("link", { name: "Staff" }).click();
  await expect(staff.page.getByRole("region", { name: /^Slow orders/ }).getByRole("row").nth(3)).toBeVisible({ timeout: 60_000 });
  await staff.shoot("staff");
  await control("PUT", "provider", { state: "normal" });
});

test("recording", async ({ browser }) => {
  test.skip(!FRAMES, "FRAMES names no folder");
  const page = await (await browser.newContext({ viewport: { width: 1000, height: 720 } })).newPage();
  const session = await page.context().newCDPSession(page);
  session.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
    const name = String(Math.round(metadata.timestamp * 1000)).padStart(15, "0");
    fs.writeFileSync(path.join(FRAMES, `${name}.png`), Buffer.from(data, "base64"));
    session.send("Page.screencastFrameAck", { sessionId }).catch(() => {});
  });
  await page.setContent("<title>start</title><pre style='font: 14px/1.5 monospace; margin: 2rem; white-space: pre-wrap'>");
  await page.locator("pre").evaluate((pre, text) => (pre.textContent = text), `$ ./makew start\n${fs.readFileSync(START, "utf8")}`);
  await session.send("Page.startScreencast", { format: "png" });
  await page.waitForTimeout(2_500);
  await open(page, "/");
  // So that the charge can be seen.
  await control("PUT", "provider", { state: "slow" });
  await order(page, "Berlin");
  await page.waitForTimeout(2_500);
  await page.getByRole("navigation").getByRole("link", { name: "Shop" }).click();
  await order(page, "Neumayer");
  await page.waitForTimeout(3_500);
  await session.send("Page.stopScreencast");
  await control("PUT", "provider", { state: "normal" });
});
