// When each step began and ended, on one axis. Pauses that would flatten all else are folded.

import { h, put, s, say, set } from "./dom.js";
import { duration } from "./format.js";
import { isFinal } from "./saga.js";

/** @typedef {import("./saga.js").Stage} Stage */
/** @typedef {import("./saga.js").Station} Station */
/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {{name: string, title: string, look: string, undo: boolean, from: number, to: number}} Bar */

/** How wide the axis is, in its own units. */
const WIDTH = 1000;

/** A pause so many times as long as the median one is folded to that, if it is longer than `FOLDED`. */
const FACTOR = 8;
const FOLDED = 2_000;

/** The times of an order. */
export function timeline() {
  const list = h("ol", { class: "bars" });
  const total = h("p", { class: "total" });
  /** @type {Map<string, ReturnType<typeof row>>} */
  const rows = new Map();
  return {
    node: h("section", { "aria-labelledby": "times" }, h("h2", { id: "times" }, "The time it took"), list, total),
    /**
     * @param {Schemas["Order"]} order
     * @param {Stage[]} stages
     * @param {number} now
     */
    update(order, stages, now) {
      const bars = barsOf(stages, now);
      const axis = axisOf(bars);
      const drawn = bars.map((bar) => {
        const drawn = rows.get(bar.name) ?? row(bar);
        rows.set(bar.name, drawn);
        drawn.update(bar, axis);
        return drawn.node;
      });
      if (drawn.some((node, index) => list.children[index] !== node) || list.children.length > drawn.length) put(list, ...drawn);
      const [began, ended] = [Date.parse(order.created_at), Math.max(...bars.map((it) => it.to))];
      const took = duration(ended - began);
      say(total, `${isFinal(order) ? `${took} from start to end` : `${took} so far`}${axis.folds ? "; long pauses are folded" : ""}`);
    },
  };
}

/**
 * @param {Stage[]} stages
 * @param {number} now
 * @returns {Bar[]}
 */
export function barsOf(stages, now) {
  const stations = stages.flatMap(({ undo, ...step }) => (undo ? [step, { ...undo, undo: true }] : [step]));
  return stations.flatMap((/** @type {Station & {undo?: boolean}} */ it) => {
    const to = it.at ? Date.parse(it.at) : it.look === "running" ? now : undefined;
    if (to === undefined || it.began === undefined || (it.undo && it.look === "never")) return [];
    return [{ name: it.name, title: it.title, look: it.look, undo: it.undo ?? false, from: Math.min(it.began, to), to }];
  });
}

/** @param {Bar[]} bars */
export function axisOf(bars) {
  const times = [...new Set(bars.flatMap((it) => [it.from, it.to]))].sort((a, b) => a - b);
  const pauses = times.slice(1).map((it, index) => it - times[index]);
  const median = [...pauses].sort((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
  const longest = Math.max(FOLDED, median * FACTOR);
  const widths = pauses.map((it) => Math.min(it, longest));
  const all = widths.reduce((sum, it) => sum + it, 0) || 1;
  const places = new Map([[times[0], 0]]);
  widths.reduce((at, width, index) => (places.set(times[index + 1], at + width), at + width), 0);
  return {
    folds: pauses.some((it) => it > longest),
    /** @param {number} time */
    place: (time) => ((places.get(time) ?? 0) / all) * WIDTH,
  };
}

/** @param {Bar} bar */
function row({ title, undo }) {
  const bar = s("rect", { y: 0, height: 8, rx: 2 });
  const took = h("span", { class: "took" });
  const node = h("li", { class: undo ? "undo" : "" }, h("span", {}, title),
    s("svg", { viewBox: `0 0 ${WIDTH} 8`, preserveAspectRatio: "none", "aria-hidden": "true" }, bar), took);
  return {
    node,
    /**
     * @param {Bar} shown
     * @param {ReturnType<typeof axisOf>} axis
     */
    update({ from, to, look }, { place }) {
      set(node, "data-look", look);
      const width = Math.max(4, place(to) - place(from));
      set(bar, "x", Math.min(place(from), WIDTH - width));
      set(bar, "width", width);
      put(took, duration(to - from));
    },
  };
}
