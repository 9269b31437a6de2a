"use strict";
// Who is signed in, and what they see.
const { test, expect, sell, place, open, signIn } = require("./shop.js");

test("a customer signs in, stays signed in over a reload, and signs out", async ({ page }) => {
  await sell("Lamp");
  await page.goto("/orders");
  await expect(page.getByText("Sign in to see your orders.")).toBeVisible();
  await signIn(page, "ann");
  await expect(page).toHaveURL(/\/orders$/);
  await expect(page.locator("#top")).toContainText("ann");
  await page.reload();
  await expect(page.locator("#top")).toContainText("ann");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByText("Sign in to see your orders.")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
});

test("the order of another customer is not shown", async ({ page }) => {
  const lamp = await sell("Lamp");
  const id = await place(lamp, { customer: "bob" });
  await open(page, `/orders/${id}`, "ann");
  await expect(page.getByText("There is no such order, or it is another customer's.")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, "bob");
  await expect(page.locator("[aria-live]")).toHaveText(/^Completed/);
});

test("a customer has no view of staff", async ({ page }) => {
  await open(page, "/staff", "ann");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Staff" })).toHaveCount(0);
  await expect(page.getByText("Sign in as staff to see what needs a person.")).toBeVisible();
  await expect(page.getByRole("table")).toHaveCount(0);
});

test("no token is stored", async ({ page }) => {
  await open(page, "/", "ann");
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(stored).not.toContain("eyJ");
});
