// Requests to the public API, of which this page is a client like any other.

import { session } from "./session.js";

/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {{body?: unknown, headers?: Record<string, string>, signal?: AbortSignal}} Options */

/** The tries of a request whose repetition is the same request, and the pause before the second one, in ms. */
const TRIES = 4;
const PAUSE = 500;

/** The longest that one try may take, in ms: longer than the shop needs to give up. */
const TIMEOUT = 15_000;

/** What the shop answers in place of what was asked for (RFC 9457). */
export class Problem extends Error {
  /**
   * @param {number} status 0: it did not answer
   * @param {string} code
   * @param {string} detail
   */
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/**
 * Sends a request and reads its answer. One that may be repeated is, when the shop does not answer or is busy: a `GET`,
 * and what has an `Idempotency-Key`.
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function call(method, path, options = {}) {
  const repeatable = method === "GET" || "Idempotency-Key" in (options.headers ?? {});
  for (let tries = 1; ; tries += 1) {
    try {
      return await once(method, path, options);
    } catch (error) {
      const busy = error instanceof Problem && [0, 429, 503].includes(error.status);
      if (!busy || !repeatable || tries >= TRIES || options.signal?.aborted) throw error;
      await pause(PAUSE * 2 ** (tries - 1), options.signal);
    }
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 */
async function once(method, path, { body, headers = {}, signal }) {
  const answer = await send(path, {
    method,
    headers: { ...authorized(), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]) : AbortSignal.timeout(TIMEOUT),
  });
  if (!answer.ok) throw await problemIn(answer);
  const text = await answer.text();
  return text === "" ? null : JSON.parse(text);
}

/**
 * @param {string} path
 * @param {RequestInit} request
 */
async function send(path, request) {
  try {
    return await fetch(path, { ...request, cache: "no-store", credentials: "omit" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", "The shop does not answer.");
  }
}

/**
 * What an answer says went wrong. A token that the shop no longer takes ends the session.
 * @param {Response} answer
 */
export async function problemIn(answer) {
  const { code = "unknown", detail, title } = await answer.json().catch(() => ({}));
  if (answer.status === 401) session.expire();
  return new Problem(answer.status, code, detail ?? title ?? `The shop answered ${answer.status}.`);
}

/** @returns {Record<string, string>} */
export function authorized() {
  return session.token === null ? {} : { Authorization: `Bearer ${session.token}` };
}

/**
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal?.addEventListener("abort", over);
  });
}

/** A fresh key, under which a request may be repeated. */
export const newKey = () => crypto.randomUUID();

/** @param {unknown} error */
export const detailOf = (error) => (error instanceof Error ? error.message : String(error));
