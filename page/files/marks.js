// The shapes of steps and products: each state has one of its own, so that none differs from another by colour alone.

import { s } from "./dom.js";

/** @typedef {import("./saga.js").Look} Look */

/** What is drawn in a square of 24 by 24 for each state. @type {Record<Look, () => SVGElement[]>} */
const SHAPES = {
  done: () => [s("circle", { cx: 12, cy: 12, r: 11, class: "solid" }), line("M7 12.5l3.5 3.5L17 9")],
  running: () => [s("circle", { cx: 12, cy: 12, r: 10, class: "track" }), s("path", { d: "M12 2a10 10 0 0 1 10 10", class: "turn" })],
  refused: () => [s("path", { d: "M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z", class: "solid" }), line("M7 12h10")],
  failed: () => [s("path", { d: "M12 1.5 23.2 22H.8z", class: "solid" }), line("M12 9v6M12 18.2v.6")],
  undone: () => [s("circle", { cx: 12, cy: 12, r: 10, class: "hollow" }), line("M5 19 19 5")],
  waiting: () => [s("circle", { cx: 12, cy: 12, r: 5, class: "hollow" })],
  never: () => [s("circle", { cx: 12, cy: 12, r: 9, class: "dotted" })],
};

/** The shop's own mark: forward, and back. */
export const logo = () =>
  s("svg", { viewBox: "0 0 24 24", class: "logo", "aria-hidden": "true" },
    s("path", { d: "M2 7h15a4.5 4.5 0 0 1 0 9H8" }), s("path", { d: "M12 11l-5 5 5 5", class: "back" }));

/** @param {string} d */
const line = (d) => s("path", { d, class: "line" });

/**
 * The mark of a step, or that of an undo: a square on its corner, with an arrow that turns back.
 * @param {Look} look
 * @param {boolean} isUndo
 */
export function mark(look, isUndo) {
  const shapes = isUndo && (look === "done" || look === "running") ? back(look) : SHAPES[look]();
  return s("svg", { viewBox: "0 0 24 24", class: `mark ${look}`, "aria-hidden": "true" }, ...shapes);
}

/** @param {Look} look */
function back(look) {
  const square = "M12 .8 23.2 12 12 23.2.8 12z";
  if (look === "done") return [s("path", { d: square, class: "solid" }), line("M9.5 8 7 10.5 9.5 13M7.2 10.5h6a2.8 2.8 0 0 1 0 5.6H11")];
  return [s("path", { d: square, class: "hollow" }), s("path", { d: "M5 12l7-7M8 15l7-7M11 18l7-7", class: "hatch" })];
}

/**
 * A picture of a product, drawn from its id: the same wherever it is shown.
 * @param {string} id
 */
export function emblem(id) {
  const seed = [...id].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0, 7);
  const at = (/** @type {number} */ shift, /** @type {number} */ count) => (seed >>> shift) % count;
  const tiles = [0, 1, 2, 3].map((tile) => {
    const [x, y] = [(tile % 2) * 40, Math.floor(tile / 2) * 40];
    const shapes = [
      `M${x} ${y}h40v40z`,
      `M${x} ${y}v40h40z`,
      `M${x} ${y}a40 40 0 0 1 40 40h-40z`,
      `M${x + 40} ${y}a40 40 0 0 1-40 40v-40z`,
      `M${x + 20} ${y}a20 20 0 0 1 0 40a20 20 0 0 1 0-40z`,
      `M${x} ${y + 10}h40v20h-40z`,
    ];
    return s("path", { d: shapes[at(tile * 5 + 2, shapes.length)], class: `tone-${at(tile * 3 + 5, 3)}` });
  });
  return s("svg", { viewBox: "0 0 80 80", class: `emblem hue-${at(1, 4)}`, "aria-hidden": "true" }, ...tiles);
}
