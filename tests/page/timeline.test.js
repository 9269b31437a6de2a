"use strict";
const { describe, it, before } = require("node:test");
const assert = require("node:assert/strict");
const { load, at, orderOf, done } = require("./browser.js");

const START = Date.parse(at(0));
const bar = (from, to) => ({ name: "x", title: "x", look: "done", undo: false, from: START + from, to: START + to });

describe("the axis of times", () => {
  let timeline;
  let saga;
  before(async () => ([timeline, saga] = await Promise.all([load("timeline.js"), load("saga.js")])));

  it("is as wide as what happened, in proportion", () => {
    const { folds, place } = timeline.axisOf([bar(0, 250), bar(250, 1_000)]);
    assert.deepEqual([0, 250, 1_000].map((ms) => place(START + ms)), [0, 250, 1_000]);
    assert.equal(folds, false);
  });

  it("folds a pause that would flatten all else, and says so", () => {
    const { folds, place } = timeline.axisOf([bar(0, 100), bar(100, 200), bar(200, 3_600_000)]);
    assert.equal(folds, true);
    assert.ok(place(START + 100) > 40, `the first step ends at ${place(START + 100)}`);
    assert.equal(place(START + 3_600_000), 1_000);
  });

  it("does not fold what takes long throughout", () => {
    assert.equal(timeline.axisOf([bar(0, 60_000), bar(60_000, 130_000)]).folds, false);
  });

  it("has a place for what took no time, and none for nothing", () => {
    assert.equal(timeline.axisOf([bar(0, 0)]).place(START), 0);
    assert.equal(timeline.axisOf([]).place(START), 0);
  });

  it("shows steps that ended or run, and undos that did something", () => {
    const order = orderOf({ status: "reserved" });
    const bars = timeline.barsOf(saga.stages(order, done("create", "reserve")), START + 5_000);
    assert.deepEqual(bars.map(({ name, look, from, to }) => [name, look, from - START, to - START]), [
      ["create", "done", 0, 0], ["reserve", "done", 0, 1_000], ["pay", "running", 1_000, 5_000]]);
    const refused = [...done("create", "reserve"), { step: "pay", state: "refused", at: at(2) },
      { step: "release-stock", state: "done", at: at(3) }];
    const undone = timeline.barsOf(saga.stages(orderOf({ status: "cancelled" }), refused), START + 9_000);
    assert.deepEqual(undone.map(({ name, undo }) => [name, undo]), [
      ["create", false], ["reserve", false], ["release-stock", true], ["pay", false]]);
  });
});
