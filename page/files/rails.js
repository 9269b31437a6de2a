// The saga on two rails: the steps forward, and each undo under the step that it undoes, joined to it.

import { h, put, say, set } from "./dom.js";
import { time } from "./format.js";
import { mark } from "./marks.js";

/** @typedef {import("./saga.js").Stage} Stage */
/** @typedef {import("./saga.js").Station} Station */

/** A drawing of stages, which keeps its elements from one update to the next. */
export function rails() {
  const list = h("ol", { class: "rails" });
  /** @type {Map<string, ReturnType<typeof stop>>} */
  const drawn = new Map();
  return {
    node: h("section", { "aria-labelledby": "saga" }, h("h2", { id: "saga" }, "The saga"), list),
    /** @param {Stage[]} stages */
    update(stages) {
      for (const stage of stages) {
        if (!drawn.has(stage.name)) {
          drawn.set(stage.name, stop());
          list.append(drawn.get(stage.name)?.node ?? "");
        }
        drawn.get(stage.name)?.update(stage);
      }
    },
  };
}

function stop() {
  const [step, undo] = [station(false), station(true)];
  const node = h("li", { class: "stage" }, step.node);
  return {
    node,
    /** @param {Stage} stage */
    update(stage) {
      step.update(stage);
      set(node, "data-look", stage.look);
      if (!stage.undo) return undo.node.remove();
      undo.update(stage.undo);
      if (!undo.node.isConnected) node.append(undo.node);
    },
  };
}

/** @param {import("openapi").components["schemas"]["Retry"]} retry */
function triesOf({ tries, next_at }) {
  return `${tries === 1 ? "1 try" : `${tries} tries`} failed, next ${time(next_at)}`;
}

/** @param {boolean} isUndo */
function station(isUndo) {
  const [picture, title, word, at] = [h("span", { class: "picture" }), h("b"), h("span", { class: "word" }), h("time")];
  const tries = h("span", { class: "tries" });
  const node = h("div", { class: isUndo ? "station undo" : "station" }, picture, h("p", {}, title, " ", word, " ", tries, " ", at));
  let look = "";
  return {
    node,
    /** @param {Station} station */
    update(station) {
      say(title, station.title);
      say(word, station.word);
      say(at, station.at ? time(station.at) : "");
      set(at, "datetime", station.at);
      say(tries, station.retry ? triesOf(station.retry) : "");
      if (look === station.look) return;
      look = station.look;
      set(node, "data-look", look);
      put(picture, mark(station.look, isUndo));
    },
  };
}
