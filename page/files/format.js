// Money, times and durations in the customer's language.

/** @typedef {import("openapi").components["schemas"]} Schemas */

const locales = navigator.languages.length > 0 ? [...navigator.languages] : undefined;
const clock = new Intl.DateTimeFormat(locales, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(locales, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(locales, { numeric: "auto" });
const countries = new Intl.DisplayNames(locales ?? ["en"], { type: "region" });

/**
 * The currencies whose minor unit is not a hundredth, by its decimals as the shop counts them, which is by ISO 4217:
 * `Intl` has none for some currencies whose coins are out of use.
 */
const EXCEPTIONS = /** @type {const} */ ([
  [0, ["CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND"]],
  [3, ["BHD", "JOD", "KWD", "OMR", "TND"]],
]);

/** The decimals of a currency's minor unit. @param {string} currency */
export const decimals = (currency) =>
  EXCEPTIONS.find(([, codes]) => /** @type {readonly string[]} */ (codes).includes(currency))?.[0] ?? 2;

/**
 * A sum of money, whose amount is of minor units.
 * @param {Schemas["Money"]} sum
 */
export function money({ amount, currency }) {
  const digits = decimals(currency);
  const options = { currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locales, { style: "currency", ...options }).format(amount / 10 ** digits);
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
