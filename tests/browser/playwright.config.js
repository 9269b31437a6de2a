"use strict";
// No browser is downloaded: CHROMIUM is the one of this machine.
const { defineConfig } = require("@playwright/test");
const os = require("node:os");
const path = require("node:path");

module.exports = defineConfig({
  testDir: __dirname,
  testMatch: process.env.SPEC === "pictures" ? "pictures.js" : "*.spec.js",
  outputDir: process.env.OUTPUT || path.join(os.tmpdir(), `saga-shop-browser-${process.pid}`),
  // Each scene waits for orders, which share the machine with the browser.
  timeout: 90_000,
  expect: { timeout: 30_000 },
  workers: 1,
  forbidOnly: true,
  retries: 0,
  use: {
    baseURL: process.env.SHOP,
    locale: "en-IE",
    timezoneId: "Europe/Berlin",
    trace: "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
});
