// What stands behind each step: its event, its trace, the ids that others know it by, and the same question for a shell.

import { call } from "./api.js";
import { h, put, say } from "./dom.js";
import { moment, time } from "./format.js";
import { titleOf } from "./saga.js";
import { session } from "./session.js";
import { settings } from "./settings.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */

/** The event that each step publishes; its id is the order's with its type, as docs/api.md says. @type {Record<string, string>} */
const EVENTS = {
  create: "order.created",
  reserve: "order.reserved",
  pay: "order.paid",
  ship: "order.shipped",
  complete: "order.completed",
};

/**
 * The evidence of an order.
 * @param {string} id
 */
export function evidence(id) {
  const list = h("ol", { class: "evidence" });
  /** The items of the list, with the facts that they show. @type {Map<string, {node: Element, facts: string}>} */
  const items = new Map();
  /** The payment's id at the provider, which staff may see. */
  let provider = "";

  /**
   * @param {Schemas["Order"]} order
   * @param {Schemas["StepDone"]} record
   */
  function item(order, record) {
    const key = `${record.step} ${record.state}`;
    const facts = factsOf(order, record, provider);
    const known = items.get(key);
    if (known?.facts === JSON.stringify(facts)) return known.node;
    const open = known?.node.querySelector("details")?.open ?? false;
    const node = proof(order.order_id, record, facts, open, () => ask(order, record));
    items.set(key, { node, facts: JSON.stringify(facts) });
    return node;
  }

  /**
   * @param {Schemas["Order"]} order
   * @param {Schemas["StepDone"]} record
   */
  async function ask(order, { step }) {
    if (provider || !isPayment(step) || !order.payment_id || !session.may("payments.admin")) return;
    const payment = await call("GET", `/api/payments/${order.payment_id}`).catch(() => null);
    provider = payment?.provider_id ?? "";
  }

  return {
    node: h("section", { "aria-labelledby": "evidence" }, h("h2", { id: "evidence" }, "Evidence"), links(id), list),
    /**
     * @param {Schemas["Order"]} order
     * @param {Schemas["StepDone"][]} steps
     */
    update(order, steps) {
      const nodes = steps.map((record) => item(order, record));
      if (nodes.some((node, index) => list.children[index] !== node)) put(list, ...nodes);
    },
  };
}

/** @param {string} id */
function links(id) {
  const traces = settings.tracesOf(id);
  return h("p", { class: "links" },
    traces && h("a", { href: traces }, "Its traces"),
    settings.mails && h("a", { href: settings.mails }, "Mails to customers"),
    h("a", { href: "/docs" }, "The API that this page uses"));
}

/** @param {Schemas["Step"]} step */
const isPayment = (step) => step === "pay" || step === "refund-payment";

/**
 * What is known of a step, by name.
 * @param {Schemas["Order"]} order
 * @param {Schemas["StepDone"]} record
 * @param {string} provider
 * @returns {[string, string][]}
 */
function factsOf(order, { step, state, at }, provider) {
  const event = state === "done" ? EVENTS[step] : undefined;
  /** @type {[string, string | null | undefined | false][]} */
  const facts = [
    ["Ended", moment(at)],
    ["Event", event && `${order.order_id}.${event}`],
    ["Payment", isPayment(step) && order.payment_id],
    ["At the provider", isPayment(step) && provider],
    ["Shipment", step === "ship" && order.tracking_id],
    ["Ask the same", curl(`/api/orders/${order.order_id}/status`)],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, value]] : []));
}

/**
 * @param {string} id
 * @param {Schemas["StepDone"]} record
 * @param {[string, string][]} facts
 * @param {boolean} open
 * @param {() => void} toggle
 */
function proof(id, { step, state, at }, facts, open, toggle) {
  const trace = settings.tracesSteps &&
    h("div", {}, h("dt", {}, "Trace"), h("dd", {}, h("a", { href: settings.tracesOf(id, step) }, `Last try of ${titleOf(step)}`)));
  return h("li", {}, h("details", { open, toggle },
    h("summary", {}, h("b", {}, titleOf(step)), ` ${state}, ${time(at)}`),
    h("dl", {}, ...facts.map(([name, value]) => fact(name, value)), trace)));
}

/**
 * @param {string} name
 * @param {string} value
 */
function fact(name, value) {
  const message = h("span", { role: "status" });
  const copy = h("button", {
    type: "button",
    class: "copy",
    "aria-label": `Copy: ${name}`,
    click: () => navigator.clipboard.writeText(value).then(() => say(message, "Copied"), () => say(message, "Not copied")),
  }, "Copy");
  return h("div", {}, h("dt", {}, name), h("dd", {}, h("code", {}, value), " ", copy, " ", message));
}

/** @param {string} path */
function curl(path) {
  const token = session.needed ? ' -H "Authorization: Bearer $TOKEN"' : "";
  return `curl -s '${location.origin}${path}'${token}`;
}
