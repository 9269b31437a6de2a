"use strict";
// The page for everyone: by keyboard alone, in either scheme, at any width.
const { test, expect, sell, place, becomes, open, go, findings } = require("./shop.js");

const VIEWPORTS = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } };

for (const colorScheme of ["light", "dark"]) {
  for (const [device, viewport] of Object.entries(VIEWPORTS)) {
    test(`axe finds nothing on any view, ${colorScheme}, ${device}`, async ({ browser }) => {
      const lamp = await sell("Lamp");
      const [completed, undone] = await Promise.all([place(lamp), place(lamp, { country: "AQ" })]);
      await becomes(completed, "completed");
      await becomes(undone, "cancelled");
      const context = await browser.newContext({ colorScheme, viewport });
      const page = await context.newPage();
      await page.goto("/");
      expect(await findings(page), "signed out").toEqual([]);
      await open(page, "/", "staff");
      for (const path of ["/", "/orders", `/orders/${completed}`, `/orders/${undone}`, "/staff", "/nowhere-at-all"]) {
        await go(page, path);
        await expect(page.locator("h1")).toBeVisible();
        if (path.startsWith("/orders/")) await expect(page.locator("[aria-live]")).toHaveText(/^(Completed|Cancelled)/);
        if (path === "/staff") await expect(page.getByRole("row").first()).toBeVisible();
        expect(await findings(page), `${path} has nothing wrong`).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `${path} needs no sideways scrolling`).toBeLessThanOrEqual(0);
      }
      await page.getByText("Make it fail", { exact: true }).click();
      await expect(page.getByRole("button", { name: "Kill order-saga" })).toBeVisible();
      expect(await findings(page), "the failures have nothing wrong").toEqual([]);
      await context.close();
    });
  }
}

/** Presses Tab until an element has the focus. */
async function tabTo(page, locator) {
  const focused = () => locator.evaluate((it) => it === document.activeElement).catch(() => false);
  for (let presses = 0; presses < 80; presses += 1) {
    if (await focused()) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("the focus does not get there");
}

test("an order is placed and watched by the keyboard alone", async ({ page }) => {
  const lamp = await sell("Lamp");
  await page.goto("/");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await tabTo(page, page.getByRole("button", { name: "Sign in", exact: true }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("link", { name: "ann" }));
  await page.keyboard.press("Enter");
  const add = page.getByRole("button", { name: `Add to cart: ${lamp.name}` });
  await expect(add).toBeVisible();
  await tabTo(page, add);
  await page.keyboard.press("Space");
  await tabTo(page, page.getByRole("button", { name: "Place the order" }));
  await page.keyboard.press("Enter");
  await expect(page.locator("[aria-live]")).toHaveText(/^Completed/);
  await expect(page.locator("main")).toBeFocused();
});
