// Starts the page: shows the view of the address, and whose session it is.

import { detailOf } from "./api.js";
import { h, put, say, set } from "./dom.js";
import { failures } from "./failures.js";
import { logo } from "./marks.js";
import { go } from "./navigate.js";
import { orderView } from "./order.js";
import { ordersView } from "./orders.js";
import { session } from "./session.js";
import { shopView } from "./shop.js";
import { staffView } from "./staff.js";

/**
 * What an address shows.
 * @typedef {object} View
 * @property {string} title
 * @property {Node} node
 * @property {() => void} [stop] ends its requests
 */

/** @type {[RegExp, (parameters: any) => View][]} */
const VIEWS = [
  [/^\/$/, shopView],
  [/^\/orders$/, ordersView],
  [/^\/orders\/(?<id>[a-z0-9-]{1,64})$/, orderView],
  [/^\/staff$/, staffView],
];

const content = /** @type {HTMLElement} */ (document.getElementById("content"));
const notice = h("p", { class: "notice", role: "alert", hidden: true });
/** @type {View} */
let current = { title: "", node: content };

function show() {
  current.stop?.();
  const path = location.pathname.replace(/(.)\/$/, "$1");
  const [match, view] = VIEWS.map(([pattern, view]) => /** @type {const} */ ([pattern.exec(path), view])).find(([it]) => it) ?? [];
  current = view ? view(match?.groups ?? {}) : { title: "Nothing here", node: h("h1", {}, "There is nothing here") };
  document.title = `${current.title} · saga-shop`;
  put(content, notice, current.node);
  for (const link of document.querySelectorAll("#top nav a")) {
    set(link, "aria-current", link.getAttribute("href") === path && "page");
  }
}

function drawTop() {
  const link = (/** @type {string} */ href, /** @type {string} */ text) => h("li", {}, h("a", { href }, text));
  put(/** @type {HTMLElement} */ (document.getElementById("top")),
    h("a", { class: "brand", href: "/" }, logo(), "saga-shop"),
    h("nav", { "aria-label": "Views" }, h("ul", {}, link("/", "Shop"), link("/orders", "Orders"),
      session.may("orders.admin") && link("/staff", "Staff"))), account());
}

function account() {
  if (!session.needed) return h("p", { class: "account" }, "Open: everyone may do everything");
  if (!session.possible) return h("p", { class: "account" }, "Nobody can sign in here yet");
  if (!session.ready) return h("p", { class: "account" }, button("Sign in", () => session.signIn().catch(fail)));
  return h("p", { class: "account" }, h("span", {}, session.name), " ", button("Sign out", session.signOut));
}

/**
 * @param {string} text
 * @param {() => void} click
 */
const button = (text, click) => h("button", { type: "button", click }, text);

/** @param {unknown} error */
function fail(error) {
  say(notice, detailOf(error));
  notice.hidden = false;
}

/** Follows links within the page without loading it anew, which would end the session. @param {MouseEvent} event */
function follow(event) {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.origin !== location.origin || link.hash) return;
  if (!VIEWS.some(([pattern]) => pattern.test(link.pathname))) return;
  event.preventDefault();
  go(link.pathname);
}

document.addEventListener("click", follow);
addEventListener("popstate", () => {
  if (location.hash) return;
  show();
  content.focus({ preventScroll: true });
  scrollTo(0, 0);
});
session.onChange(() => (drawTop(), show()));
const panel = failures();
if (panel) content.after(h("aside", { "aria-label": "Make it fail" }, panel));
session.begin().then((failed) => {
  drawTop();
  show();
  if (failed) fail(failed);
});
