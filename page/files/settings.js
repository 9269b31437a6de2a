// What the gateway says of this shop in the page's frame.

const { issuer = "", clientId = "", scopes = "", traces = "", mails = "", controls = "" } =
  document.documentElement.dataset;

export const settings = Object.freeze({
  /** Where people sign in; empty when everyone may do everything. */
  issuer,
  /** This page, as the issuer knows it; empty when nobody can sign in here. */
  clientId,
  /** What this page requests, with spaces between. */
  scopes,
  /** Where mails are shown; empty when nowhere. */
  mails,
  /** The controls of a shop on this machine; empty everywhere else. */
  controls,
  /** Whether the traces of an order are shown step by step. */
  tracesSteps: traces.includes("{step}"),
  /**
   * Where the traces of an order are shown, or that of one of its steps; empty when nowhere.
   * @param {string} orderId
   */
  tracesOf: (orderId, step = "") =>
    traces.replace("{order_id}", encodeURIComponent(orderId)).replace("{step}", encodeURIComponent(step)),
});
