"use strict";
const { describe, it, before, beforeEach, afterEach, mock } = require("node:test");
const assert = require("node:assert/strict");
const { setImmediate } = require("node:timers/promises");
const { load, orderOf, euro } = require("./browser.js");
const { body } = require("./elements.js");

const LAMP = { product_id: "lamp", name: "Lamp", on_hand: 3 };
const LOST = () => Promise.reject(new TypeError("no network"));
const DONE = () => Promise.resolve(new Response("{}", { status: 201 }));
const refused = (status) => () => Promise.resolve(new Response(JSON.stringify({ code: "no", detail: "No." }), { status }));

describe("what staff do", () => {
  let actions;
  let sent;
  let answer;
  before(async () => (actions = await load("actions.js")));

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    sent = [];
    globalThis.fetch = (path, request) => {
      sent.push({ path, key: request.headers["Idempotency-Key"], body: JSON.parse(request.body) });
      return answer();
    };
  });

  afterEach(() => mock.timers.reset());

  const dialog = () => body.children.at(-1);

  /** Lets time pass until something holds. */
  async function until(holds) {
    for (let turns = 0; !holds(); turns += 1) {
      assert.ok(turns < 1_000, `in vain: ${holds}`);
      await setImmediate();
      mock.timers.tick(100);
    }
  }

  /** Fills the dialog that is open in, and sends it. */
  function send(words, reason, fields = {}) {
    dialog().field("reason").value = reason;
    for (const [id, value] of Object.entries(fields)) dialog().field(id).value = value;
    assert.ok(dialog().button(words));
    dialog().find((it) => it.name === "form").dispatchEvent(new Event("submit", { cancelable: true }));
  }

  /** Adjusts the stock of the lamp in a dialog of its own, which is closed. Returns the key that was sent. */
  async function adjust(reason, result) {
    answer = result;
    const asked = actions.restock(LAMP);
    send("Adjust", reason);
    if (result !== DONE) {
      await until(() => dialog().find((it) => it.getAttribute("role") === "alert").textContent !== "");
      dialog().button("Do nothing").dispatchEvent(new Event("click"));
    }
    assert.equal(await asked, result === DONE);
    return sent.at(-1).key;
  }

  it("has one key until it is known whether it was done", async () => {
    const lost = await adjust("a delivery", LOST);
    assert.deepEqual(new Set(sent.map(({ key }) => key)), new Set([lost]));
    for (const status of [401, 500]) assert.equal(await adjust("a delivery", refused(status)), lost, status);
    assert.notEqual(await adjust("another delivery", LOST), lost);
    assert.equal(await adjust("a delivery", DONE), lost);
    assert.notEqual(await adjust("a delivery", DONE), lost);
  });

  it("has another key once it was rejected", async () => {
    const rejected = await adjust("a count", refused(409));
    assert.notEqual(await adjust("a count", DONE), rejected);
  });

  it("cannot be closed while it is sent", async () => {
    let lose;
    answer = () => new Promise((_, reject) => (lose = reject));
    const asked = actions.resume([orderOf().order_id], "the refund");
    const escape = () => dialog().dispatchEvent(new Event("cancel", { cancelable: true }));
    assert.ok(escape(), "nothing is sent yet");
    send("Resume", "the key is valid");
    send("Resume", "the key is valid");
    assert.ok(!escape());
    assert.equal(dialog().getAttribute("closedby"), "none");
    assert.ok(dialog().button("Do nothing").disabled);
    await until(() => lose);
    lose(new TypeError("no network"));
    await until(() => !dialog().button("Do nothing").disabled);
    assert.ok(escape());
    assert.equal(dialog().getAttribute("closedby"), null);
    dialog().button("Do nothing").dispatchEvent(new Event("click"));
    assert.equal(await asked, false);
    assert.equal(sent.length, 1);
  });

  it("refunds in the minor units that the shop counts in", async () => {
    answer = DONE;
    const total = { amount: 1_750_050, currency: "HUF" };
    const order = orderOf({ status: "completed", total, payment_id: "p" });
    let refunded = 0;
    const [refund] = actions.buttons(order, () => (refunded += 1));
    refund.dispatchEvent(new Event("click"));
    const { min, max, step, value } = Object.fromEntries(dialog().field("amount").attributes);
    assert.deepEqual([min, max, step, value], ["0.01", "17500.50", "0.01", "17500.50"]);
    assert.match(dialog().textContent, /Up to HUF\s17,500\.50 is left\./);
    send("Refund", "a scratch", { amount: "100.25" });
    await until(() => refunded === 1);
    const { path, body } = sent[0];
    assert.equal(path, `/api/orders/${order.order_id}/refunds`);
    assert.deepEqual(body, { reason: "a scratch", amount: { amount: 10_025, currency: "HUF" } });
  });

  it("is offered anew when what a dialog says of the order changed", async () => {
    const order = orderOf({ status: "reserved", total: euro(1999) });
    const changes = [{ status: "paid" }, { total: euro(2999) }, { payment_id: "p" }, { refunds: [] }, { left: ["close"] }];
    for (const change of changes) assert.notEqual(actions.basis({ ...order, ...change }), actions.basis(order));
    assert.equal(actions.basis({ ...order, updated_at: "later" }), actions.basis(order));
    const [cancel] = actions.buttons({ ...order, status: "paid", payment_id: "p" }, () => {});
    cancel.dispatchEvent(new Event("click"));
    assert.match(dialog().textContent, /€19\.99 is refunded\./);
    dialog().close();
  });
});
