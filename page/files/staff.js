// The view for those who work in the shop.

import { h } from "./dom.js";

/** @returns {import("./main.js").View} */
export function staffView() {
  return { title: "Staff", node: h("section", {}, h("h1", {}, "Staff")) };
}
