// Repeated requests of a view.

import { pause } from "./api.js";

/**
 * Calls `ask` now and every `ms` while the page is visible, one after the other; the answer ends that.
 * @param {number} ms
 * @param {(signal: AbortSignal) => Promise<unknown>} ask
 */
export function visit(ms, ask) {
  const stopped = new AbortController();
  const { signal } = stopped;
  (async () => {
    while (!signal.aborted) {
      if (!document.hidden) await ask(signal);
      await pause(ms, signal);
    }
  })();
  return () => stopped.abort();
}
