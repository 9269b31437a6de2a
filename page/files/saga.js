// What an order's document and steps mean: the same for every part of the view, so that no two of them disagree.

import { money } from "./format.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {Schemas["Order"]} Order */
/** @typedef {Schemas["StepDone"]} StepDone */
/** @typedef {Schemas["Step"]} StepName */
/** @typedef {"done" | "running" | "refused" | "failed" | "undone" | "waiting" | "never"} Look */
/**
 * A step or an undo, as it is drawn.
 * @typedef {object} Station
 * @property {StepName} name
 * @property {string} title
 * @property {Look} look
 * @property {string} word what `look` means, in words
 * @property {string} [at] when it ended
 * @property {number} [began] when it began
 * @property {Schemas["Retry"]} [retry] its tries that failed, while it is tried again
 */
/** @typedef {Station & {undo?: Station}} Stage */

/** The steps forward with what undoes them, as `ARCHITECTURE.md` has them. */
const PLAN = /** @type {const} */ ([
  { name: "create", title: "Accept", doing: "Accepting", done: "Accepted" },
  { name: "reserve", title: "Reserve", doing: "Reserving", done: "Reserved", undo: "release-stock" },
  { name: "pay", title: "Charge", doing: "Charging", done: "Charged", undo: "refund-payment" },
  { name: "ship", title: "Ship", doing: "Booking", done: "Booked", undo: "cancel-shipment" },
  { name: "complete", title: "Complete", doing: "Settling", done: "Completed" },
]);

/** The statuses of an order that goes forward, by the steps that they follow. */
const STATUSES = ["pending", "reserved", "paid", "shipped", "completed"];

const UNDOS = {
  "release-stock": { title: "Release stock", doing: "Releasing", done: "Released", none: "Nothing was held" },
  "refund-payment": { title: "Refund", doing: "Refunding", done: "Refunded", none: "Nothing was charged" },
  "cancel-shipment": { title: "Cancel shipment", doing: "Cancelling", done: "Cancelled", none: "Was not booked" },
};

/**
 * The rail of an order: its steps, each with its undo.
 * @param {Order} order
 * @param {StepDone[]} steps
 * @returns {Stage[]}
 */
export function stages(order, steps) {
  const stop = steps.find((it) => it && it.state !== "done" && indexOf(it.step) >= 0);
  const reached = steps.filter((it) => it?.state === "done").map((it) => indexOf(it.step));
  const furthest = Math.max(STATUSES.indexOf(order.status), ...reached);
  let began = Date.parse(order.created_at);
  return PLAN.map((plan, index) => {
    const record = last(steps, plan.name);
    const over = isFinal(order) || stop !== undefined;
    const station = forward(plan, record, { over, next: !over && index === furthest + 1, passed: index <= furthest });
    Object.assign(station, { began, retry: retryOf(order, station) });
    if (record) began = Date.parse(record.at);
    // Goods that are on their way are not called back: what remains then is to settle their stock.
    if (!("undo" in plan) || !stop || stop.step === "complete" || index > indexOf(stop.step)) return station;
    const undo = back(plan.undo, order, last(steps, plan.undo), station.look === "done");
    Object.assign(undo, { began: Date.parse(stop.at), retry: retryOf(order, undo) });
    if (undo.look === "done" && station.look === "done") Object.assign(station, { look: "undone", word: "Undone" });
    return { ...station, undo };
  });
}

/**
 * @param {typeof PLAN[number]} plan
 * @param {StepDone | undefined} record
 * @param {{over: boolean, next: boolean, passed: boolean}} state
 * @returns {Station}
 */
function forward({ name, title, doing, done }, record, { over, next, passed }) {
  const station = { name, title, at: record?.at };
  if (record?.state === "done") return { ...station, look: "done", word: done };
  if (record?.state === "refused") return { ...station, look: "refused", word: "Refused" };
  if (record?.state === "failed") return { ...station, look: "failed", word: "Failed" };
  // What costs nothing is not charged, and leaves no step. The order may also be known a moment before its steps.
  if (passed) return { ...station, look: "done", word: done };
  if (next) return { ...station, look: "running", word: `${doing}…` };
  return over ? { ...station, look: "never", word: "Never ran" } : { ...station, look: "waiting", word: "To come" };
}

/**
 * @param {keyof typeof UNDOS} name
 * @param {Order} order
 * @param {StepDone | undefined} record
 * @param {boolean} wasDone
 * @returns {Station}
 */
function back(name, order, record, wasDone) {
  const { title, doing, done, none } = UNDOS[name];
  const station = { name, title, at: record?.at };
  // The refund of what was charged in a try whose answer was lost is one, too.
  if (record?.state === "done" && (wasDone || name === "refund-payment")) return { ...station, look: "done", word: done };
  if (record?.state === "done" || isFinal(order)) return { ...station, look: "never", word: none };
  if (order.left?.includes(name)) return { ...station, look: "failed", word: "Left to do" };
  return { ...station, look: "running", word: `${doing}…` };
}

/**
 * @param {Order} order
 * @param {Station} station
 */
const retryOf = ({ retrying }, { name, look }) =>
  look === "running" || look === "failed" ? retrying?.find((it) => it.step === name) : undefined;

/** What a step or an undo is called. @param {StepName} name */
export const titleOf = (name) =>
  PLAN.find((it) => it.name === name)?.title ?? UNDOS[/** @type {keyof typeof UNDOS} */ (name)]?.title ?? "Close";

/**
 * The last record of a step: one that was left may have been done since.
 * @param {StepDone[]} steps
 * @param {StepName} name
 */
const last = (steps, name) => steps.findLast((it) => it?.step === name);

/** @param {StepName} name */
const indexOf = (name) => PLAN.findIndex((it) => it.name === name);

/** @param {Pick<Order, "status">} order */
export const isFinal = ({ status }) => status === "completed" || status === "cancelled";

/**
 * The sums of an order, in minor units of its currency.
 * @param {Order} order
 * @param {StepDone[]} steps
 */
export function sums(order, steps) {
  const total = order.total?.amount ?? 0;
  const done = (/** @type {StepName} */ name) => last(steps, name)?.state === "done";
  const charged = done("pay") || done("refund-payment") ? total : 0;
  const owed = order.owed?.amount ?? 0;
  const undone = done("refund-payment") ? total : 0;
  const refunds = (order.refunds ?? []).filter((it) => it.status === "succeeded");
  const refunded = Math.max(0, undone - owed) + refunds.reduce((sum, it) => sum + it.amount.amount, 0);
  const pieces = order.items.reduce((sum, it) => sum + it.quantity, 0);
  const reserved = done("reserve") ? pieces : 0;
  const released = done("release-stock") ? reserved : 0;
  const sold = done("complete") ? reserved : 0;
  return { currency: order.total?.currency, charged, refunded, owed, reserved, released, sold };
}

/**
 * The truth about an order, in a sentence or three.
 * @param {Order} order
 * @param {StepDone[]} steps
 */
export function sentence(order, steps) {
  const { currency, charged, refunded, owed, reserved, released, sold } = sums(order, steps);
  const sum = (/** @type {number} */ amount) => (currency ? money({ amount, currency }) : "");
  const held = reserved - released - sold;
  const stopped = steps.some((it) => it && it.state !== "done");
  switch (order.status) {
    case "completed":
      return `Completed: ${charged ? `${sum(charged)} was charged` : "nothing was charged"}, and the parcel is booked.${
        refunded ? ` ${sum(refunded)} is refunded.` : ""
      }`;
    case "cancelled":
      return `Cancelled: ${why(order)}. ${charged ? `${sum(charged)} was charged and ${
        owed ? `${sum(owed)} of it came back from the bank, so it is still owed` : "is refunded"
      }` : "Nothing was charged"}. ${held ? `${pieces(held)} held.` : "Nothing is held."}`;
    case "stuck":
      return `Stuck: ${why(order)}, and ${list((order.left ?? []).map(remaining))} could not be done yet. The shop tries again every hour.`;
    default:
      if (stopped) return `Stopped: ${why(order)}. What was done is being undone.${again(order)}`;
      if (order.cancellation) return "To be cancelled: it will not be shipped, and what was done is undone.";
      return `${under(order.status, order.total ? money(order.total) : "")}${again(order)}`;
  }
}

/**
 * That something fails and is tried again: more than once, as a single failure is over before anyone reads of it.
 * @param {Order} order
 */
function again({ retrying }) {
  return retrying?.some((it) => it.tries > 1) ? " This has failed several times, and is tried again." : "";
}

/**
 * @param {Schemas["Status"]} status
 * @param {string} total
 */
function under(status, total) {
  if (status === "reserved") return `Reserved: everything is held for you, and ${total} is being charged.`;
  if (status === "paid") return `Paid: ${total} was charged, and the parcel is being booked.`;
  if (status === "shipped") return `Shipped: ${total} was charged, and the parcel is booked.`;
  return "Accepted: the products are being reserved.";
}

/** @param {Order} order */
function why({ reason, cancellation }) {
  switch (reason?.code) {
    case "country-not-served":
      return `the shop does not ship to ${reason.country}`;
    case "payment-declined":
      return "the card was declined";
    case "out-of-stock":
      return "there is not enough in stock";
    case "unknown-product":
      return "a product is not on sale";
    case "price-changed":
      return "a price has changed";
    case "cancel-requested":
      return (reason.by ?? cancellation?.by) === "staff" ? "the shop cancelled it" : "the customer cancelled it";
    case "step-failed":
      return "a step failed again and again";
    case undefined:
      return "a step was refused";
    default:
      return String(reason?.detail ?? reason?.title ?? "a step was refused").replace(/\.$/, "");
  }
}

/** @param {StepName} step */
function remaining(step) {
  if (step === "refund-payment") return "the refund";
  if (step === "release-stock") return "the release of its stock";
  if (step === "cancel-shipment") return "the cancellation of its shipment";
  return step === "complete" ? "the settlement of its stock" : "its last note";
}

/** @param {number} count */
export const pieces = (count) => (count === 1 ? "1 piece" : `${count} pieces`);

/** @param {string[]} parts */
const list = (parts) => new Intl.ListFormat("en").format(parts);
