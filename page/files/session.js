// Who is signed in: by an authorization code with PKCE (RFC 6749, RFC 7636). The token is in this module alone, so it
// ends with the page; a reloaded page asks the issuer again, which answers without a question while it knows the person.

import { settings } from "./settings.js";

/** What one sign-in is recognised by when it comes back, and the name by which it is repeated, or "" without one. */
const PENDING = "sign-in";
const HINT = "signed-in-as";

/** @type {string | null} */
let token = null;
/** @type {string[]} */
let granted = [];
let name = "";
/** @type {Set<() => void>} */
const listeners = new Set();

export const session = {
  /** Whether a token is needed at all. */
  needed: settings.issuer !== "",
  /** Whether people can sign in here. */
  possible: settings.issuer !== "" && settings.clientId !== "",
  /** The bearer token, if someone is signed in. */
  get token() {
    return token;
  },
  /** The name to greet by. */
  get name() {
    return name;
  },
  /** Whether requests are going to be answered. */
  get ready() {
    return !session.needed || token !== null;
  },
  /**
   * Whether a scope may have been granted. Some issuers name scopes by addresses, or keep what a person may do out of
   * them (`…/.default`); then the shop says so when it is asked.
   * @param {string} scope
   */
  may(scope) {
    if (!session.needed) return true;
    const own = granted.map((it) => it.slice(it.lastIndexOf("/") + 1));
    return token !== null && (own.includes(".default") || own.some((it) => it === scope || it === `${scope}.admin`));
  },
  /**
   * Calls `listener` when someone signs in or out.
   * @param {() => void} listener
   */
  onChange(listener) {
    listeners.add(listener);
  },
  signIn,
  signOut() {
    sessionStorage.removeItem(HINT);
    forget();
  },
  /** The shop no longer takes the token. */
  expire: forget,
  begin,
};

function forget() {
  if (token === null) return;
  token = null;
  granted = [];
  name = "";
  for (const listener of listeners) listener();
}

/**
 * Completes a sign-in that comes back from the issuer, or repeats the one before this page was reloaded. Resolves to
 * what went wrong, if something did.
 * @returns {Promise<string>}
 */
async function begin() {
  if (!session.possible) return "";
  const query = new URLSearchParams(location.search);
  if (query.has("state") && (query.has("code") || query.has("error"))) return complete(query);
  if (sessionStorage.getItem(HINT) === null) return "";
  return signIn("none").then(() => new Promise(() => {}), () => "");
}

/**
 * Goes to the issuer.
 * @param {"none"} [prompt] "none": without a question, or not at all
 */
async function signIn(prompt) {
  const [verifier, state] = [random(), random()];
  const back = location.pathname + location.hash;
  sessionStorage.setItem(PENDING, JSON.stringify({ verifier, state, back }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const { authorization_endpoint } = await metadata();
  const url = new URL(authorization_endpoint);
  const hint = prompt && sessionStorage.getItem(HINT);
  const parameters = {
    response_type: "code",
    client_id: settings.clientId,
    redirect_uri: redirect(),
    scope: settings.scopes,
    state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
    ...(prompt ? { prompt } : {}),
    ...(hint ? { login_hint: hint } : {}),
  };
  for (const [parameter, value] of Object.entries(parameters)) url.searchParams.set(parameter, value);
  location.assign(url);
}

/**
 * @param {URLSearchParams} query
 * @returns {Promise<string>}
 */
async function complete(query) {
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  sessionStorage.removeItem(PENDING);
  history.replaceState(null, "", typeof pending?.back === "string" && pending.back.startsWith("/") ? pending.back : "/");
  const code = query.get("code");
  if (!pending || query.get("state") !== pending.state || code === null) {
    sessionStorage.removeItem(HINT);
    const silent = ["login_required", "interaction_required"].includes(query.get("error") ?? "");
    return silent ? "" : "The sign-in was not completed. Please sign in again.";
  }
  try {
    await redeem(code, pending.verifier);
    return "";
  } catch {
    sessionStorage.removeItem(HINT);
    return "The sign-in failed at the issuer. Please sign in again.";
  }
}

/**
 * @param {string} code
 * @param {string} verifier
 */
async function redeem(code, verifier) {
  const { token_endpoint } = await metadata();
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirect(),
    client_id: settings.clientId,
    code_verifier: verifier,
  });
  const answer = await fetch(token_endpoint, { method: "POST", body, credentials: "omit" });
  if (!answer.ok) throw new Error(`the issuer answered ${answer.status}`);
  const { access_token, scope } = await answer.json();
  token = String(access_token);
  granted = String(scope ?? settings.scopes).split(" ");
  const claims = claimsIn(token);
  name = String(claims.name ?? claims.preferred_username ?? claims.sub ?? "you");
  sessionStorage.setItem(HINT, String(claims.preferred_username ?? claims.email ?? ""));
  for (const listener of listeners) listener();
}

/** @returns {Promise<{authorization_endpoint: string, token_endpoint: string}>} */
async function metadata() {
  const answer = await fetch(`${settings.issuer}/.well-known/openid-configuration`, { credentials: "omit" });
  if (!answer.ok) throw new Error(`the issuer answered ${answer.status}`);
  return answer.json();
}

/**
 * What a token says of the person, if it can be read. What it may do is for the shop to say, which checks it.
 * @param {string} token
 * @returns {Record<string, unknown>}
 */
function claimsIn(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}

/** Where the issuer sends people back to, which it compares with what was registered. */
const redirect = () => `${location.origin}/`;

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
