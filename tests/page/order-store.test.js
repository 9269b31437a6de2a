"use strict";
const { describe, it, before, beforeEach, afterEach, mock } = require("node:test");
const assert = require("node:assert/strict");
const { setImmediate } = require("node:timers/promises");
const { load, orderOf, done, document } = require("./browser.js");

const ID = orderOf().order_id;
const FAILS = () => Promise.reject(new TypeError("no network"));

const json = (value, status = 200) => Promise.resolve(new Response(JSON.stringify(value), { status }));

/** What a shop answers in place of a stream. */
const gone = () => Promise.resolve(new Response(null, { status: 204 }));

/** A stream, and what writes to it. */
function stream() {
  let writer;
  const body = new ReadableStream({ start: (controller) => void (writer = controller) });
  const send = (event, id, data) =>
    writer.enqueue(new TextEncoder().encode(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`));
  return { answer: () => Promise.resolve(new Response(body)), send, cut: () => writer.error(new TypeError("cut")), end: () => writer.close() };
}

/** Counts the listeners that the page has from now on. */
function listeners() {
  let count = 0;
  const counted = (target) => {
    const [add, remove] = [target.addEventListener, target.removeEventListener];
    target.addEventListener = (...all) => (count += 1, add.apply(target, all));
    target.removeEventListener = (...all) => (count -= 1, remove.apply(target, all));
    return () => Object.assign(target, { addEventListener: add, removeEventListener: remove });
  };
  const undo = [globalThis, document].map(counted);
  return { listening: () => count, restore: () => undo.forEach((it) => it()) };
}

describe("what is known of an order", () => {
  let watchOrder;
  let shop;
  let seen;
  let watch;
  before(async () => ({ watchOrder } = await load("order-store.js")));

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    const [order, steps] = [orderOf({ status: "reserved" }), done("create", "reserve")];
    shop = { order: () => json(order), status: () => json({ steps }), events: gone, asked: [] };
    globalThis.fetch = (path, { headers }) => {
      const what = path.endsWith("/events") ? "events" : path.endsWith("/status") ? "status" : "order";
      shop.asked.push({ what, last: headers["Last-Event-ID"] });
      return shop[what]();
    };
    seen = [];
  });

  afterEach(() => {
    watch.stop();
    document.hidden = false;
    mock.timers.reset();
  });

  const begin = () => (watch = watchOrder(ID, (state) => seen.push({ ...state })));
  const now = () => seen.at(-1) ?? {};
  const streams = () => shop.asked.filter(({ what }) => what === "events");

  /** Lets time pass until something holds. */
  async function until(holds) {
    for (let turns = 0; !holds(); turns += 1) {
      assert.ok(turns < 2_000, `in vain: ${holds}; ${JSON.stringify(now())}`);
      await setImmediate();
      mock.timers.tick(100);
    }
  }

  const ends = () => {
    shop.order = () => json(orderOf({ status: "completed" }));
    shop.status = () => json({ steps: done("create", "reserve", "pay", "ship", "complete") });
  };

  it("is final once it has ended, without a stream", async () => {
    ends();
    begin();
    await until(() => now().connection === "ended");
    assert.equal(now().order.status, "completed");
    assert.equal(now().steps.length, 5);
    assert.deepEqual(streams(), []);
  });

  it("follows its steps as they happen, by their places, and shows its end with all of them", async () => {
    const first = stream();
    shop.events = first.answer;
    begin();
    await until(() => streams().length === 1);
    assert.equal(streams()[0].last, "1");
    const [, , pay, ship, complete] = done("create", "reserve", "pay", "ship", "complete");
    first.send("step", 2, pay);
    await until(() => now().steps?.length === 3);
    assert.equal(now().connection, "live");
    ends();
    first.send("step", 3, ship);
    first.send("step", 4, complete);
    await until(() => now().steps?.length === 5);
    assert.notEqual(now().order.status, "completed");
    first.send("end", 5, { status: "completed" });
    first.end();
    await until(() => now().connection === "ended" && now().order.status === "completed");
  });

  it("comes back after a stream that was cut, from where it was", async () => {
    const [first, second] = [stream(), stream()];
    shop.events = first.answer;
    begin();
    await until(() => streams().length === 1);
    first.send("step", 2, done("pay")[0]);
    await until(() => now().steps?.length === 3);
    shop.events = second.answer;
    first.cut();
    await until(() => now().connection === "reconnecting");
    await until(() => streams().length === 2);
    assert.equal(streams()[1].last, "2");
    second.send("step", 3, done("ship")[0]);
    await until(() => now().connection === "live");
  });

  it("is asked for when streams fail again, and offline when nothing answers", async () => {
    shop.events = FAILS;
    begin();
    await until(() => now().connection === "polling");
    shop.order = FAILS;
    shop.status = FAILS;
    await until(() => now().connection === "offline");
    ends();
    await until(() => now().connection === "ended");
    assert.equal(now().order.status, "completed");
  });

  it("reads a stream no longer that has fallen silent", async () => {
    shop.events = () => Promise.resolve(new Response(new ReadableStream()));
    globalThis.fetch = ((answer) => (path, options) => {
      const silent = answer(path, options);
      if (!path.endsWith("/events")) return silent;
      // As a browser does, reading fails when the request is aborted.
      let fail;
      options.signal.addEventListener("abort", () => fail(options.signal.reason));
      return Promise.resolve(new Response(new ReadableStream({ start: (controller) => void (fail = (why) => controller.error(why)) })));
    })(globalThis.fetch);
    begin();
    await until(() => streams().length === 1);
    await until(() => now().connection === "reconnecting");
    await until(() => streams().length === 2);
  });

  it("keeps no stream for a page that is hidden, and opens one when it is shown", async () => {
    document.hidden = true;
    const first = stream();
    shop.events = first.answer;
    begin();
    await until(() => now().order);
    for (let turn = 0; turn < 100; turn += 1) {
      await setImmediate();
      mock.timers.tick(1_000);
    }
    assert.deepEqual(streams(), []);
    document.hidden = false;
    document.dispatchEvent(new Event("visibilitychange"));
    await until(() => streams().length === 1);
  });

  it("is a problem that stays when there is no such order", async () => {
    shop.status = () => json({ code: "unknown-order", detail: "there is no such order" }, 404);
    begin();
    await until(() => now().connection === "ended");
    assert.deepEqual([now().problem.status, now().problem.code, now().order], [404, "unknown-order", null]);
  });

  it("is asked for again when nothing answers at first, and says so meanwhile", async () => {
    shop.status = FAILS;
    begin();
    await until(() => now().connection === "offline");
    assert.deepEqual([now().problem.status, now().order], [0, null]);
    shop.status = () => json({ steps: done("create", "reserve") });
    const first = stream();
    shop.events = first.answer;
    await until(() => streams().length === 1);
    assert.deepEqual([now().problem, now().order.status], [null, "reserved"]);
    first.send("step", 2, done("pay")[0]);
    await until(() => now().connection === "live");
  });

  it("leaves no listeners behind when it is stopped while it is asked for", async () => {
    const { listening, restore } = listeners();
    let fail;
    shop.status = () => new Promise((_, reject) => (fail = reject));
    begin();
    await until(() => fail);
    watch.stop();
    fail(new DOMException("stopped", "AbortError"));
    for (let turn = 0; turn < 100; turn += 1) {
      await setImmediate();
      mock.timers.tick(1_000);
    }
    assert.deepEqual([listening(), shop.asked.length], [0, 1]);
    restore();
  });

  it("shows what happens after its end: refunds, and the steps that were made up for", async () => {
    ends();
    begin();
    await until(() => now().connection === "ended");
    const refunds = [{ amount: { amount: 500, currency: "EUR" }, status: "succeeded" }];
    shop.order = () => json(orderOf({ status: "completed", refunds }));
    shop.status = () => json({ steps: done("create", "reserve", "pay", "ship", "complete", "close") });
    await until(() => now().steps.length === 6);
    assert.deepEqual([now().connection, now().order.refunds], ["ended", refunds]);
  });

  it("leaves no listeners behind, however often it is asked for", async () => {
    const { listening, restore } = listeners();
    shop.events = FAILS;
    begin();
    await until(() => streams().length === 10);
    // What is under way: a pause that the end of the outage would cut short.
    assert.ok(listening() <= 3, `${listening()} listeners`);
    restore();
  });

  it("changes no more once it is no longer watched", async () => {
    begin();
    await until(() => now().order);
    watch.stop();
    const count = seen.length;
    ends();
    await setImmediate();
    mock.timers.tick(60_000);
    await setImmediate();
    assert.equal(seen.length, count);
  });
});
