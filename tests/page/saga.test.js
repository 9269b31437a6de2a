"use strict";
const { describe, it, before } = require("node:test");
const assert = require("node:assert/strict");
const { load, at, euro, orderOf, done } = require("./browser.js");

const TOTAL = euro(1999);
const step = (name, state, seconds) => ({ step: name, state, at: at(seconds) });

/** The steps and the undos of an order to a country that is not served. */
const UNDONE = [
  ...done("create", "reserve", "pay"),
  step("ship", "refused", 3),
  step("release-stock", "done", 4),
  step("refund-payment", "done", 5),
  step("cancel-shipment", "done", 6),
];

describe("the saga of an order", () => {
  let saga;
  before(async () => (saga = await load("saga.js")));

  const looks = (order, steps) => saga.stages(order, steps).map(({ name, look, undo }) =>
    `${name} ${look}${undo ? `, ${undo.name} ${undo.look}` : ""}`);

  it("goes forward: what is done, what runs and what is to come", () => {
    assert.deepEqual(looks(orderOf({ status: "reserved", total: TOTAL }), done("create", "reserve")), [
      "create done", "reserve done", "pay running", "ship waiting", "complete waiting"]);
  });

  it("counts a step as done that its document knows of before its steps do", () => {
    assert.deepEqual(looks(orderOf({ status: "paid", total: TOTAL }), done("create")), [
      "create done", "reserve done", "pay done", "ship running", "complete waiting"]);
  });

  it("has each undo under its step, and none for what never ran", () => {
    assert.deepEqual(looks(orderOf({ status: "cancelled", total: TOTAL }), UNDONE), [
      "create done", "reserve undone, release-stock done", "pay undone, refund-payment done",
      "ship refused, cancel-shipment never", "complete never"]);
  });

  it("undoes what runs, and what is left of a stuck order has failed", () => {
    const steps = [...done("create", "reserve", "pay"), step("ship", "failed", 3), step("release-stock", "done", 4)];
    assert.deepEqual(looks(orderOf({ status: "paid" }), steps)[2], "pay done, refund-payment running");
    const stuck = orderOf({ status: "stuck", left: ["refund-payment"] });
    assert.deepEqual(looks(stuck, steps)[2], "pay done, refund-payment failed");
  });

  it("does not call goods back whose stock cannot be settled", () => {
    const steps = [...done("create", "reserve", "pay", "ship"), step("complete", "failed", 4)];
    const stuck = orderOf({ status: "stuck", left: ["complete"] });
    assert.deepEqual(looks(stuck, steps), ["create done", "reserve done", "pay done", "ship done", "complete failed"]);
  });

  it("takes the last record of a step, as what was left may have been done since", () => {
    const steps = [...UNDONE.slice(0, 5), step("refund-payment", "failed", 5), step("refund-payment", "done", 9)];
    assert.equal(saga.stages(orderOf({ status: "cancelled", total: TOTAL }), steps)[2].undo.at, at(9));
  });

  it("begins each step when the one before it ended, and each undo when the order was stopped", () => {
    const stages = saga.stages(orderOf({ status: "cancelled" }), UNDONE);
    assert.deepEqual(stages.map(({ began }) => (began - Date.parse(at(0))) / 1000), [0, 0, 1, 2, 3]);
    assert.equal(stages[1].undo.began, Date.parse(at(3)));
  });

  it("shows the tries of the step that is tried again, and of no other", () => {
    const retrying = [{ step: "pay", tries: 3, next_at: at(9) }, { step: "reserve", tries: 2, next_at: at(9) }];
    const stages = saga.stages(orderOf({ status: "reserved", retrying }), done("create", "reserve"));
    assert.deepEqual(stages.map(({ retry }) => retry?.tries), [undefined, undefined, 3, undefined, undefined]);
  });

  it("reads steps that come out of order", () => {
    const steps = [];
    steps[2] = step("pay", "done", 2);
    assert.deepEqual(looks(orderOf({ status: "pending" }), steps).slice(0, 4), [
      "create done", "reserve done", "pay done", "ship running"]);
  });
});

describe("the sums of an order", () => {
  let sums;
  before(async () => ({ sums } = await load("saga.js")));

  const picked = (order, steps, ...names) => names.map((name) => sums(orderOf({ total: TOTAL, ...order }), steps)[name]);

  it("count what was charged and held, and what was given back", () => {
    const all = ["charged", "refunded", "reserved", "released", "sold"];
    assert.deepEqual(picked({}, done("create", "reserve", "pay"), ...all), [1999, 0, 2, 0, 0]);
    assert.deepEqual(picked({ status: "cancelled" }, UNDONE, ...all), [1999, 1999, 2, 2, 0]);
    assert.deepEqual(picked({}, done("create", "reserve", "pay", "ship", "complete"), ...all), [1999, 0, 2, 0, 2]);
  });

  it("count refunds by staff that succeeded, and not what came back from the bank", () => {
    const refunds = [{ amount: euro(500), status: "succeeded" }, { amount: euro(300), status: "pending" }];
    assert.deepEqual(picked({ refunds }, done("create", "reserve", "pay"), "refunded"), [500]);
    assert.deepEqual(picked({ owed: TOTAL }, UNDONE, "refunded", "owed"), [0, 1999]);
  });
});

describe("the truth about an order", () => {
  let sentence;
  before(async () => ({ sentence } = await load("saga.js")));

  const said = (order, steps) => sentence(orderOf({ total: TOTAL, ...order }), steps);

  it("says what was charged and what is held", () => {
    const reason = { code: "country-not-served", country: "AQ" };
    assert.equal(said({ status: "cancelled", reason }, UNDONE),
      "Cancelled: the shop does not ship to AQ. €19.99 was charged and is refunded. Nothing is held.");
    assert.equal(said({ status: "completed" }, done("create", "reserve", "pay", "ship", "complete")),
      "Completed: €19.99 was charged, and the parcel is booked.");
  });

  it("says what is still owed", () => {
    const words = said({ status: "cancelled", owed: TOTAL, reason: { code: "step-failed" } }, UNDONE);
    assert.match(words, /€19\.99 of it came back from the bank, so it is still owed\. Nothing is held\.$/);
  });

  it("says what is left of a stuck order", () => {
    const words = said({ status: "stuck", left: ["refund-payment", "release-stock"], reason: { code: "out-of-stock" } }, []);
    assert.equal(words,
      "Stuck: there is not enough in stock, and the refund and the release of its stock could not be done yet. The shop tries again every hour.");
  });

  it("says that an order is stopped before its document does", () => {
    const steps = [...done("create", "reserve"), step("pay", "refused", 2)];
    assert.match(said({ status: "reserved", reason: { code: "payment-declined" } }, steps), /^Stopped: the card was declined\. What was done/);
  });

  it("says that something fails once it has failed more than once", () => {
    const retrying = (tries) => ({ status: "reserved", retrying: [{ step: "pay", tries, next_at: at(9) }] });
    assert.doesNotMatch(said(retrying(1), done("create", "reserve")), /failed/);
    assert.match(said(retrying(2), done("create", "reserve")), /This has failed several times, and is tried again\.$/);
  });

  it("has words for a reason that it does not know", () => {
    const words = said({ status: "cancelled", reason: { code: "new", title: "A later rule." } }, []);
    assert.match(words, /^Cancelled: A later rule\. Nothing was charged\./);
  });
});

describe("what people did", () => {
  let entriesOf;
  before(async () => ({ entriesOf } = await load("record.js")));

  it("stands in its order, with who did it and why", () => {
    const entries = entriesOf(orderOf({
      cancellation: { at: at(1), by: "staff", staff: "sam", reason: "sold twice" },
      refunds: [{ created_at: at(4), by: "sam", amount: euro(500), status: "succeeded", reason: "a scratch" }],
      resumptions: [{ at: at(2), reason: "the key is valid" }],
      handled_letters: [{ at: at(3), by: "kim", action: "drop", event_type: "order.paid", function: "notify-order" }],
    }));
    assert.deepEqual(entries.map(({ who, by, did, reason }) => [who, by, did, reason]), [
      ["Staff", "sam", "cancelled it", "sold twice"],
      ["Staff", undefined, "resumed it", "the key is valid"],
      ["Staff", "kim", "dropped order.paid to notify-order", undefined],
      ["Staff", "sam", "refunded €5.00", "a scratch"],
    ]);
  });

  it("names the customer who cancelled", () => {
    const [entry] = entriesOf(orderOf({ cancellation: { at: at(1), by: "customer" } }));
    assert.deepEqual([entry.who, entry.by], ["The customer", undefined]);
  });

  it("is shown to customers without who of staff did it and why", () => {
    const refund = (seconds, status) => ({ created_at: at(seconds), amount: euro(500), status });
    const entries = entriesOf(orderOf({
      cancellation: { at: at(1), by: "staff" },
      refunds: [refund(2, "succeeded"), refund(3, "failed")],
    }));
    assert.deepEqual(entries.map(({ who, by, did, reason }) => [who, by, did, reason]), [
      ["The shop", undefined, "cancelled it", undefined],
      ["", undefined, "Refunded €5.00", undefined],
      ["", undefined, "Refunded €5.00: failed", undefined],
    ]);
  });
});
