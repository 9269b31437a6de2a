"use strict";
const { describe, it, beforeEach } = require("node:test");
const assert = require("node:assert/strict");
const { setImmediate } = require("node:timers/promises");
const { load, kept, document } = require("./browser.js");

Object.assign(document.documentElement.dataset, { issuer: "http://issuer.test", clientId: "page", scopes: "orders" });
globalThis.history = { replaceState() {} };

const token = (claims) => `head.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
const json = (value) => Promise.resolve(new Response(JSON.stringify(value)));

describe("a sign-in", () => {
  let loads = 0;
  let went;
  const again = async () => (await load("session.js", `session-${(loads += 1)}`)).session;
  const at = (path) => (globalThis.location = Object.assign(new URL(path, "http://shop.test"), { assign: (to) => (went = to) }));

  beforeEach(() => {
    kept.clear();
    went = undefined;
  });

  /** Comes back from the issuer with a token of these claims. */
  async function signedIn(claims) {
    const endpoints = { authorization_endpoint: "http://issuer.test/authorize", token_endpoint: "http://issuer.test/token" };
    globalThis.fetch = (path) => json(path.endsWith("/token") ? { access_token: token(claims) } : endpoints);
    kept.set("sign-in", JSON.stringify({ verifier: "v", state: "s", back: "/" }));
    at("/?state=s&code=c");
    const session = await again();
    assert.equal(await session.begin(), "");
    return session;
  }

  /** What the issuer is asked when the page is loaded again. */
  async function reloaded() {
    at("/");
    void (await again()).begin();
    while (went === undefined) await setImmediate();
    return ["prompt", "login_hint"].map((name) => went.searchParams.get(name));
  }

  it("is repeated by the name that the person signs in with, not the one to greet by", async () => {
    const session = await signedIn({ sub: "7", name: "Ann Smith", preferred_username: "ann", email: "ann@example.com" });
    assert.equal(session.name, "Ann Smith");
    assert.deepEqual(await reloaded(), ["none", "ann"]);
  });

  it("is repeated by the address where there is no such name, and otherwise by none", async () => {
    await signedIn({ sub: "7", name: "Ann Smith", email: "ann@example.com" });
    assert.deepEqual(await reloaded(), ["none", "ann@example.com"]);
    await signedIn({ sub: "7", name: "Ann Smith" });
    went = undefined;
    assert.deepEqual(await reloaded(), ["none", null]);
  });

  it("greets a person whose token cannot be read, and is not repeated once it has ended", async () => {
    const session = await signedIn({});
    assert.equal(session.name, "you");
    session.signOut();
    at("/");
    assert.equal(await (await again()).begin(), "");
    assert.equal(went, undefined);
  });
});
