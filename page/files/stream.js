// Server-sent events, read with `fetch`, which can send a token (https://html.spec.whatwg.org/multipage/server-sent-events.html).

/** @typedef {{event: string, id: string, data: string}} Message */

/**
 * Reads the events of an answer until it ends.
 * @param {ReadableStream<Uint8Array>} body
 * @param {(message: Message) => void} onMessage
 * @param {() => void} onBytes called for whatever arrives, also for what only keeps the connection alive
 */
export async function readEvents(body, onMessage, onBytes) {
  const [reader, decoder] = [body.getReader(), new TextDecoder()];
  let rest = "";
  let message = { event: "", id: "", data: "" };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.map((it) => it.replace(/\r$/, ""))) {
      if (line !== "") note(message, line);
      else {
        if (message.data !== "") onMessage(message);
        message = { event: "", id: "", data: "" };
      }
    }
  }
}

/**
 * @param {Message} message
 * @param {string} line
 */
function note(message, line) {
  const [, field, value] = /^(event|id|data)(?:: ?(.*))?$/.exec(line) ?? [];
  if (field === "data") message.data += (message.data && "\n") + (value ?? "");
  else if (field === "event" || field === "id") message[field] = value ?? "";
}
