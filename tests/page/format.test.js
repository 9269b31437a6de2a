"use strict";
const { describe, it, before } = require("node:test");
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { load, at } = require("./browser.js");

/** The shop's own table of currencies. */
const CURRENCIES = join(__dirname, "../../shared/src/domain/money/currency.rs");

describe("what is shown in the customer's language", () => {
  let format;
  before(async () => (format = await load("format.js")));

  it("has as many minor units as the currency", () => {
    assert.equal(format.money({ amount: 1999, currency: "EUR" }), "€19.99");
    assert.equal(format.money({ amount: 1999, currency: "JPY" }), "JP¥1,999");
    assert.match(format.money({ amount: 1999, currency: "KWD" }), /1\.999$/);
    assert.match(format.money({ amount: 1_750_050, currency: "HUF" }), /^HUF\s17,500\.50$/);
  });

  it("counts each currency as the shop does", () => {
    const [, table] = /const TAKEN: [^=]*= &\[(.*?)\n\];/s.exec(readFileSync(CURRENCIES, "utf8"));
    const rows = [...table.matchAll(/\("([A-Z]{3})", (\d), \d, [\d_]+\)/g)];
    assert.ok(rows.length > 40, `${rows.length} currencies`);
    assert.equal(rows.length, table.trim().split("\n").length);
    for (const [, currency, digits] of rows) {
      assert.equal(format.decimals(currency), Number(digits), currency);
      const shown = format.money({ amount: 12_345, currency }).replace(/^[^\d]*/, "");
      assert.equal(shown.replace(/,/g, ""), (12_345 / 10 ** digits).toFixed(digits), currency);
    }
  });

  it("says durations in the unit that fits", () => {
    const said = { "-5": "0 ms", 999: "999 ms", 1000: "1.0 s", 61_500: "1 min 2 s", 3_660_000: "1 h 1 min" };
    for (const [ms, words] of Object.entries(said)) assert.equal(format.duration(Number(ms)), words);
  });

  it("says how long ago something was, and until when it is", () => {
    const now = Date.parse(at(0));
    assert.equal(format.since(at(-90_000), now), "yesterday");
    assert.equal(format.since(at(-150), now), "2 minutes ago");
    assert.equal(format.since(at(30), now), "in 30 seconds");
  });

  it("names countries, and those that it does not know by their codes", () => {
    assert.equal(format.country("DE"), "Germany");
    assert.equal(format.country("QQ"), "QQ");
  });
});
