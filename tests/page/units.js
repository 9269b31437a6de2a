"use strict";
// Runs the specifications of the page's modules, the files *.test.js of this folder, by Node's own runner. Ends with 1
// when one fails.
const { spawnSync } = require("node:child_process");
const { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join, resolve } = require("node:path");

const FILES = resolve("page/files");

const work = mkdtempSync(join(tmpdir(), "page-units-"));
try {
  // Outside of a browser, a folder says that its files are modules.
  cpSync(FILES, work, { recursive: true });
  writeFileSync(join(work, "package.json"), '{"type": "module"}');
  const specs = readdirSync(__dirname).filter((name) => name.endsWith(".test.js"));
  const files = specs.map((name) => join(__dirname, name));
  const options = ["--test", "--test-reporter", "spec", ...files];
  const env = { ...process.env, PAGE: work, TZ: "Europe/Berlin" };
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { env, encoding: "utf8" });
  // Nothing is said of what passes.
  if (status !== 0) process.stdout.write(stdout + stderr);
  process.exitCode = status ?? 1;
} finally {
  rmSync(work, { recursive: true });
}
