// Money, times and durations in the customer's language.

/** @typedef {import("openapi").components["schemas"]} Schemas */

const locales = navigator.languages.length > 0 ? [...navigator.languages] : undefined;
const clock = new Intl.DateTimeFormat(locales, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(locales, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(locales, { numeric: "auto" });
const countries = new Intl.DisplayNames(locales ?? ["en"], { type: "region" });

/**
 * A sum of money. Its amount is of minor units, as many as ISO 4217 says, which `Intl` knows.
 * @param {Schemas["Money"]} sum
 */
export function money({ amount, currency }) {
  const format = new Intl.NumberFormat(locales, { style: "currency", currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** @param {string} at */
export const time = (at) => clock.format(new Date(at));

/** @param {string} at */
export const moment = (at) => day.format(new Date(at));

/** @param {string} code */
export const country = (code) => countries.of(code) ?? code;

/**
 * How long something took.
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`;
}

/**
 * How long ago, or until when.
 * @param {string} at
 * @param {number} now
 */
export function since(at, now) {
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return relative.format(Math.trunc(seconds / length), unit);
}
