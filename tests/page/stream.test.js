"use strict";
const { describe, it, before } = require("node:test");
const assert = require("node:assert/strict");
const { load } = require("./browser.js");

const bytes = (text) => new TextEncoder().encode(text);

const body = (...chunks) => new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(chunk);
    controller.close();
  },
});

describe("server-sent events", () => {
  let readEvents;
  before(async () => ({ readEvents } = await load("stream.js")));

  async function read(...chunks) {
    const messages = [];
    let heard = 0;
    await readEvents(body(...chunks), (message) => messages.push(message), () => (heard += 1));
    return { messages, heard };
  }

  it("have a type, an id and data, and end with an empty line", async () => {
    const { messages } = await read(bytes("event: step\nid: 3\ndata: {}\n\nevent: end\ndata: {}\n\n"));
    assert.deepEqual(messages, [{ event: "step", id: "3", data: "{}" }, { event: "end", id: "", data: "{}" }]);
  });

  it("are read however they are cut, even within a character", async () => {
    const whole = bytes("event: step\r\nid: 1\r\ndata: \"ü€\"\r\n\r\n");
    const one = [...whole].map((byte) => Uint8Array.of(byte));
    assert.deepEqual((await read(...one)).messages, [{ event: "step", id: "1", data: "\"ü€\"" }]);
  });

  it("join the lines of their data, and one without data is none", async () => {
    const { messages } = await read(bytes("data: a\ndata:b\ndata\n\nevent: step\n\nretry: 2000\n\n"));
    assert.deepEqual(messages, [{ event: "", id: "", data: "a\nb\n" }]);
  });

  it("are heard even if they only keep the connection alive, and one that is cut off is not taken", async () => {
    const { messages, heard } = await read(bytes(": alive\n\n"), bytes(": alive\n\n"), bytes("data: cut"));
    assert.deepEqual([messages, heard], [[], 3]);
  });
});
