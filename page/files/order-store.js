// What is known of one order: the only place that asks for it, and the only state that its view draws.

import { Problem, authorized, call, pause, problemIn } from "./api.js";
import { isFinal } from "./saga.js";
import { readEvents } from "./stream.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {"connecting" | "live" | "reconnecting" | "polling" | "offline" | "ended"} Connection */
/**
 * @typedef {object} State
 * @property {Schemas["Order"] | null} order
 * @property {Schemas["StepDone"][]} steps by their places in the order
 * @property {Connection} connection
 * @property {Problem | null} problem why nothing is known, or nothing else will be
 * @property {number} heard when the shop said something last
 */

/** The pause before a stream is opened again that ended as it should, in ms: what the shop asks for. */
const COME_BACK = 2_000;

/** The pauses after failures, in ms: the first, and the longest. */
const [FIRST, LONGEST] = [1_000, 15_000];

/** After so many failures in a row the order is asked for as well. */
const POLLED_AFTER = 2;

/** A stream that says nothing for so long is dead, in ms: the shop says something every 15 s. */
const SILENCE = 40_000;

/** How long a hidden page keeps its stream, in ms: a browser has few connections. */
const HIDDEN = 10_000;

/** How often an order is asked for whose stream is open, in ms: of tries that fail it says nothing. */
const TRIES = 3_000;

/** How often an order and its steps are asked for once it has ended, in ms: it may still be refunded. */
const AFTERWARDS = 20_000;

/**
 * Watches an order until it is stopped.
 * @param {string} id
 * @param {(state: State) => void} onChange
 */
export function watchOrder(id, onChange) {
  const stopped = new AbortController();
  const { signal } = stopped;
  /** @type {State} */
  const state = { order: null, steps: [], connection: "connecting", problem: null, heard: 0 };
  let [loading, again, ended] = [false, false, false];

  /** @param {Partial<State>} part */
  function change(part) {
    if (!signal.aborted) onChange(Object.assign(state, part));
  }

  /** Asks for the order, once more if something happens meanwhile. */
  async function load() {
    if (loading) return void (again = true);
    loading = true;
    try {
      do {
        again = false;
        const order = await call("GET", `/api/orders/${id}`, { signal });
        // How an order ended is shown when all of its steps are known.
        if (!isFinal(order) || ended) change({ order, heard: Date.now() });
      } while (again && !signal.aborted);
    } finally {
      loading = false;
    }
  }

  /** Asks for the order and its steps. */
  async function poll() {
    const { steps } = await call("GET", `/api/orders/${id}/status`, { signal });
    const order = await call("GET", `/api/orders/${id}`, { signal });
    const { steps: all } = isFinal(order) ? await call("GET", `/api/orders/${id}/status`, { signal }) : { steps };
    ended = isFinal(order);
    change({ order, steps: all, problem: null, heard: Date.now() });
  }

  /** @param {import("./stream.js").Message} message */
  function take({ event, id, data }) {
    const steps = [...state.steps];
    if (event === "end") ended = true;
    else steps[Number(id)] = JSON.parse(data);
    change({ steps });
    load().catch(() => {});
  }

  /**
   * Reads a stream to its end.
   * @param {() => void} onOpen
   */
  async function stream(onOpen) {
    const cut = new AbortController();
    let silence = setTimeout(() => cut.abort(), SILENCE);
    const lost = () => cut.abort();
    const hidden = whenHidden(HIDDEN, lost);
    addEventListener("offline", lost);
    try {
      /** @type {Record<string, string>} */
      const known = state.steps.length > 0 ? { "Last-Event-ID": String(state.steps.length - 1) } : {};
      const answer = await fetch(`/api/orders/${id}/events`, {
        headers: { ...authorized(), Accept: "text/event-stream", ...known },
        signal: AbortSignal.any([signal, cut.signal]),
        cache: "no-store",
        credentials: "omit",
      });
      if (answer.status === 204) return await poll();
      if (!answer.ok || !answer.body) throw await problemIn(answer);
      onOpen();
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => cut.abort(), SILENCE);
        change({ connection: "live", heard: Date.now() });
      };
      await readEvents(answer.body, take, heard);
    } finally {
      clearTimeout(silence);
      removeEventListener("offline", lost);
      hidden();
    }
  }

  /** Asks for the order until it is known, then reads its streams until it has ended. */
  async function follow() {
    let failures = 0;
    while (!signal.aborted && !ended) {
      const known = state.order !== null;
      if (known && document.hidden) await shown(signal);
      try {
        await (known ? stream(() => (failures = 0)) : poll());
        if (known && !ended) await pause(COME_BACK, signal);
      } catch (error) {
        if (signal.aborted || isAnswer(error)) throw error;
        if (known && document.hidden) continue;
        failures += 1;
        change({ connection: "reconnecting", problem: known ? null : unreachable(error) });
        if (failures >= POLLED_AFTER) {
          await poll().then(() => change({ connection: "polling" }), () => change({ connection: "offline" }));
        }
        const over = new AbortController();
        const either = AbortSignal.any([signal, over.signal]);
        await Promise.race([pause(Math.min(FIRST * 2 ** (failures - 1), LONGEST), either), online(either)]);
        over.abort();
      }
    }
  }

  async function run() {
    const tries = setInterval(() => {
      if (state.connection === "live" && !ended && !document.hidden) load().catch(() => {});
    }, TRIES);
    await follow().finally(() => clearInterval(tries));
    change({ connection: "ended" });
    while (!signal.aborted) {
      await pause(AFTERWARDS, signal);
      if (document.hidden) await shown(signal);
      await poll().catch(() => {});
    }
  }

  run().catch((error) => change({ problem: isAnswer(error) ? error : unreachable(error), connection: "ended" }));
  return { stop: () => stopped.abort(), refresh: () => load().catch(() => {}) };
}

/**
 * Whether asking again cannot help.
 * @param {unknown} error
 * @returns {error is Problem}
 */
function isAnswer(error) {
  return error instanceof Problem && [401, 403, 404, 406, 422].includes(error.status);
}

/** @param {unknown} error */
const unreachable = (error) => (error instanceof Problem ? error : new Problem(0, "unreachable", String(error)));

/**
 * Calls `then` when the page has been hidden for `ms`; the answer ends that.
 * @param {number} ms
 * @param {() => void} then
 */
function whenHidden(ms, then) {
  let timer = 0;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = window.setTimeout(then, ms);
  };
  document.addEventListener("visibilitychange", look);
  return () => (clearTimeout(timer), document.removeEventListener("visibilitychange", look));
}

/** @param {AbortSignal} signal */
const shown = (signal) => next(document, "visibilitychange", () => !document.hidden, signal);

/** @param {AbortSignal} signal */
const online = (signal) => next(window, "online", () => true, signal);

/**
 * Resolves when something happens, or the watch is stopped.
 * @param {EventTarget} target
 * @param {string} name
 * @param {() => boolean} holds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function next(target, name, holds, signal) {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds() && !signal.aborted) return;
      target.removeEventListener(name, look);
      signal.removeEventListener("abort", look);
      resolve();
    };
    target.addEventListener(name, look);
    signal.addEventListener("abort", look);
  });
}
