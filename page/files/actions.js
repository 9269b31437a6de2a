// What staff do about an order, a product or a dead letter: each says what it will do and asks for a reason. Refunds and
// adjustments, which can be made more than once, are sent under a key, so that a lost answer does them once; the others
// come to the same when they are repeated.

import { Problem, call, detailOf, newKey } from "./api.js";
import { h, put, set } from "./dom.js";
import { decimals, money } from "./format.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */
/**
 * @typedef {object} Action
 * @property {string} title
 * @property {string} does what will happen, in full sentences
 * @property {string} confirm the words on the button
 * @property {HTMLElement[]} [fields] what else is asked
 * @property {(reason: string) => Promise<unknown>} act
 */

/** The most letters of a reason. */
const REASON = 200;

/** The most keys that are kept. */
const KEYS = 100;

/**
 * The keys of requests of which it is not known whether they were done, by their paths and bodies.
 * @type {Map<string, string>}
 */
const keys = new Map();

/**
 * Sends a request that is done once, however often it is sent until its outcome is known, from this dialog or a later one.
 * @param {string} path
 * @param {unknown} body
 */
async function sendOnce(path, body) {
  const request = `${path} ${JSON.stringify(body)}`;
  const key = keys.get(request) ?? newKey();
  keys.set(request, key);
  for (const oldest of [...keys.keys()].slice(0, -KEYS)) keys.delete(oldest);
  try {
    await call("POST", path, { body, headers: { "Idempotency-Key": key } });
    keys.delete(request);
  } catch (error) {
    if (isRejection(error)) keys.delete(request);
    throw error;
  }
}

/**
 * Whether a request was not done and will not be. An answer that precedes the look at its key says nothing of an earlier
 * try whose answer was lost.
 * @param {unknown} error
 */
const isRejection = (error) =>
  error instanceof Problem && error.status >= 400 && error.status < 500 && ![401, 403, 408, 429].includes(error.status);

/**
 * Asks in a dialog, and does it. The dialog stays while the request is sent, which cannot be taken back. Resolves to
 * whether it was done.
 * @param {Action} action
 * @returns {Promise<boolean>}
 */
export function ask({ title, does, confirm, fields = [], act }) {
  const reason = h("textarea", { id: "reason", name: "reason", required: true, maxlength: REASON, rows: 2 });
  const trouble = h("p", { class: "trouble", role: "alert" });
  const submit = h("button", { class: "primary" }, confirm);
  const cancel = h("button", { type: "button", click: () => dialog.close() }, "Do nothing");
  const form = h("form", { method: "dialog", submit: done },
    h("h2", { id: "asked" }, title),
    h("p", {}, does),
    ...fields,
    h("p", { class: "field" }, h("label", { for: "reason" }, "Reason, which stays in the record"), reason),
    trouble,
    h("p", { class: "buttons" }, submit, cancel));
  const stay = (/** @type {Event} */ event) => void (submit.disabled && event.preventDefault());
  const dialog = h("dialog", { class: "ask", "aria-labelledby": "asked", cancel: stay }, form);
  const opener = document.activeElement;
  let happened = false;

  /** @param {boolean} sending */
  function hold(sending) {
    submit.disabled = cancel.disabled = sending;
    // Browsers close a dialog whose `cancel` is prevented when Escape is pressed again.
    set(dialog, "closedby", sending && "none");
  }

  /** @param {SubmitEvent} event */
  async function done(event) {
    event.preventDefault();
    if (submit.disabled) return;
    hold(true);
    put(trouble);
    try {
      await act(reason.value.trim());
      happened = true;
      dialog.close();
    } catch (error) {
      put(trouble, detailOf(error));
      hold(false);
    }
  }

  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
      resolve(happened);
    }, { once: true });
  });
}

/**
 * A labelled input of a dialog.
 * @param {string} label
 * @param {HTMLInputElement} input
 */
export const field = (label, input) => h("p", { class: "field" }, h("label", { for: input.id }, label), input);

/**
 * Resumes orders, a few at a time.
 * @param {string[]} ids
 * @param {string} what what is left to be done
 */
export function resume(ids, what) {
  const orders = ids.length === 1 ? "this order" : `these ${ids.length} orders`;
  return ask({
    title: ids.length === 1 ? "Resume the order" : `Resume ${ids.length} orders`,
    does: `What is left of ${orders} is tried again now: ${what}. What was done already is not done twice.`,
    confirm: "Resume",
    act: (reason) => each(ids, (id) => call("POST", `/api/orders/${id}/resume`, { body: { reason } })),
  });
}

/**
 * The buttons for what staff can do about an order as it is now.
 * @param {Schemas["Order"]} order
 * @param {() => void} then called when something was done
 * @returns {HTMLElement[]}
 */
export function buttons(order, then) {
  const left = refundable(order);
  const button = (/** @type {string} */ words, /** @type {() => Promise<boolean>} */ act) =>
    h("button", { type: "button", click: async () => void ((await act()) && then()) }, words);
  return [
    ...(order.status === "stuck" ? [button("Resume…", () => resume([order.order_id], stepsLeft(order)))] : []),
    ...(["pending", "reserved", "paid"].includes(order.status) && !order.cancellation
      ? [button("Cancel…", () => cancel(order))] : []),
    ...(left && left.amount > 0 ? [button("Refund…", () => refund(order, left))] : []),
  ];
}

/**
 * What the buttons and their dialogs say depends on this.
 * @param {Schemas["Order"]} order
 */
export const basis = ({ status, total, payment_id, cancellation, left, refunds, owed }) =>
  JSON.stringify([status, total, payment_id, cancellation, left, refunds, owed]);

/** The steps that are left of a stuck order, in words. @param {Schemas["Order"]} order */
export const stepsLeft = (order) => (order.left ?? []).map((step) => step.replaceAll("-", " ")).join(", ");

/**
 * What was paid and is neither refunded nor being refunded, of an order that has ended.
 * @param {Schemas["Order"]} order
 * @returns {Schemas["Money"] | undefined}
 */
function refundable({ status, total, payment_id, refunds = [], owed }) {
  if (status !== "completed" || !total || !payment_id) return owed ?? undefined;
  const counted = refunds.filter((it) => it.status !== "failed");
  return { ...total, amount: total.amount - counted.reduce((sum, it) => sum + it.amount.amount, 0) };
}

/** @param {Schemas["Order"]} order */
function cancel(order) {
  const charged = order.total && order.payment_id ? ` ${money(order.total)} is refunded.` : "";
  return ask({
    title: "Cancel the order",
    does: `Everything that was done is undone.${charged} What is held is released. Once it is shipped, this is refused.`,
    confirm: "Cancel the order",
    act: (reason) => call("POST", `/api/orders/${order.order_id}/cancel`, { body: { reason } }),
  });
}

/**
 * Refunds what was paid for an order that has ended, or a part of it.
 * @param {Schemas["Order"]} order
 * @param {Schemas["Money"]} left
 */
function refund(order, left) {
  const digits = decimals(left.currency);
  const unit = 10 ** digits;
  const most = (left.amount / unit).toFixed(digits);
  const step = (1 / unit).toFixed(digits);
  const amount = h("input", {
    id: "amount", type: "number", required: true, min: step, max: most, step, value: most, inputmode: "decimal",
  });
  return ask({
    title: "Refund the order",
    does: `The amount goes back to the card that was charged. Up to ${money(left)} is left. The customer gets a mail.`,
    confirm: "Refund",
    fields: [field(`Amount in ${left.currency}`, amount)],
    act: (reason) => sendOnce(`/api/orders/${order.order_id}/refunds`, {
      reason, amount: { amount: Math.round(Number(amount.value) * unit), currency: left.currency },
    }),
  });
}

/**
 * Changes how many pieces of a product are there.
 * @param {{product_id: string, name: string, on_hand: number}} product
 */
export function restock(product) {
  const delta = h("input", { id: "delta", type: "number", required: true, step: 1, value: 10, inputmode: "numeric" });
  return ask({
    title: `Adjust the stock of ${product.name}`,
    does: `${product.on_hand} are on hand. A positive number adds pieces, a negative one removes some that are not reserved.`,
    confirm: "Adjust",
    fields: [field("Pieces to add", delta)],
    act: (reason) => sendOnce(`/api/inventory/${product.product_id}/adjustments`, { reason, delta: Number(delta.value) }),
  });
}

/** @param {Schemas["DeadLetter"]} letter */
export const resend = (letter) => ask({
  title: "Resend the message",
  does: `It is published again, and ${letter.function} tries again. What was done already is not done twice.`,
  confirm: "Resend",
  act: (reason) => call("POST", `/api/dead-letters/${letter.letter_id}/resend`, { body: { reason } }),
});

/** @param {Schemas["DeadLetter"]} letter */
export const drop = (letter) => ask({
  title: "Drop the message",
  does: `${letter.function} will never get it. This cannot be undone.`,
  confirm: "Drop",
  act: (reason) => call("POST", `/api/dead-letters/${letter.letter_id}/drop`, { body: { reason } }),
});

/** The requests of one action that are sent at once. */
const AT_ONCE = 4;

/**
 * Does `act` for each of `ids`, and goes on when one fails: it names how many did.
 * @param {string[]} ids
 * @param {(id: string) => Promise<unknown>} act
 */
async function each(ids, act) {
  const waiting = [...ids];
  /** @type {unknown[]} */
  const failed = [];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) await act(id).catch((why) => failed.push(why));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failed.length === 1 && ids.length === 1) throw failed[0];
  if (failed.length > 0) throw new Error(`${failed.length} of ${ids.length} failed: ${detailOf(failed[0])}`);
}
