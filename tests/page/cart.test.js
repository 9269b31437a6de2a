"use strict";
const { describe, it, beforeEach } = require("node:test");
const assert = require("node:assert/strict");
const { load, euro, kept } = require("./browser.js");

const product = (id, price = euro(500)) => ({ product_id: id, name: id, unit_price: price, on_hand: 9, reserved: 0, available: 9 });

describe("the cart", () => {
  let cart;
  let loads = 0;
  const again = async () => (await load("cart.js", `cart-${(loads += 1)}`)).cart;

  beforeEach(async () => {
    kept.clear();
    cart = await again();
  });

  it("adds pieces of a product up, and forgets it when none are left", () => {
    cart.add(product("lamp"), 2);
    cart.add(product("lamp"), 1);
    assert.deepEqual(cart.lines.map((it) => [it.product.product_id, it.quantity]), [["lamp", 3]]);
    cart.add(product("lamp"), -3);
    assert.deepEqual(cart.lines, []);
  });

  it("holds no more than an order may have", () => {
    cart.add(product("lamp"), 2_000);
    assert.equal(cart.lines[0].quantity, 1_000);
    for (let number = 0; number < 120; number += 1) cart.add(product(`p-${number}`), 1);
    assert.equal(cart.lines.length, 100);
    cart.add(product("p-0"), 1);
    assert.equal(cart.lines.find((it) => it.product.product_id === "p-0").quantity, 2);
  });

  it("has a sum, unless its prices are of several currencies", () => {
    assert.equal(cart.total, null);
    cart.add(product("lamp"), 2);
    cart.add(product("desk", euro(10_000)), 1);
    assert.deepEqual(cart.total, euro(11_000));
    cart.add(product("chair", { amount: 1, currency: "USD" }), 1);
    assert.equal(cart.total, null);
  });

  it("stays while the tab does", async () => {
    cart.add(product("lamp"), 2);
    assert.equal((await again()).lines[0].quantity, 2);
    kept.set("cart", "{nonsense");
    assert.deepEqual((await again()).lines, []);
  });

  it("calls its listeners on every change until they are gone", () => {
    let changes = 0;
    const end = cart.onChange(() => (changes += 1));
    cart.add(product("lamp"), 1);
    cart.clear();
    end();
    cart.add(product("lamp"), 1);
    assert.equal(changes, 2);
  });
});
