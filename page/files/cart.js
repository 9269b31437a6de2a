// What is about to be ordered. It stays while the tab does, also over a sign-in.

/** @typedef {import("openapi").components["schemas"]} Schemas */
/** @typedef {{product: Schemas["Stock"], quantity: number}} Line */

const KEPT = "cart";

/** The most pieces of one product, and the most products, that an order may have. */
const MOST_PIECES = 1_000;
const MOST_LINES = 100;

/** @type {Map<string, Line>} */
const lines = new Map(read());
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {[string, Line][]} */
function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

export const cart = {
  /** @returns {Line[]} */
  get lines() {
    return [...lines.values()];
  },
  /** The sum, when all prices are of one currency. @returns {Schemas["Money"] | null} */
  get total() {
    const prices = cart.lines.map(({ product, quantity }) => ({ ...product.unit_price, quantity }));
    const [first] = prices;
    if (!first || prices.some((it) => it.currency !== first.currency)) return null;
    return { amount: prices.reduce((sum, it) => sum + it.amount * it.quantity, 0), currency: first.currency };
  },
  /**
   * Adds pieces of a product, or takes some away.
   * @param {Schemas["Stock"]} product
   * @param {number} pieces
   */
  add(product, pieces) {
    const quantity = Math.min((lines.get(product.product_id)?.quantity ?? 0) + pieces, MOST_PIECES);
    if (quantity <= 0) lines.delete(product.product_id);
    else if (lines.has(product.product_id) || lines.size < MOST_LINES) lines.set(product.product_id, { product, quantity });
    changed();
  },
  clear() {
    lines.clear();
    changed();
  },
  /**
   * Calls `listener` when something changes; the answer ends that.
   * @param {() => void} listener
   */
  onChange(listener) {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};

function changed() {
  sessionStorage.setItem(KEPT, JSON.stringify([...lines]));
  for (const listener of listeners) listener();
}
