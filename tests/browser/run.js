"use strict";
// Runs the tests of the file that SPEC names in the browser that CHROMIUM names, against the shop at SHOP, and writes
// Playwright's report as JSON.
const { spawnSync } = require("node:child_process");
const path = require("node:path");

const playwright = require.resolve("@playwright/test/cli");
const config = path.join(__dirname, "playwright.config.js");
const specs = process.env.SPEC ? [process.env.SPEC] : [];
const reporter = process.env.REPORTER || "json";
const options = ["test", "--config", config, "--reporter", reporter, ...specs, ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, [playwright, ...options], { stdio: "inherit" });
process.exitCode = status ?? 1;
