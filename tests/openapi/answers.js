"use strict";
// Holds answers of the gateway against the public API's document. Takes them as a JSON array on standard input; writes
// what is not as documented, a line each, and ends with 1 when there is anything.
const fs = require("node:fs");
const Ajv = require("@redocly/ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const document = JSON.parse(fs.readFileSync("docs/openapi.json", "utf8"));
const ajv = new Ajv({ allErrors: true, strict: false, formats: { uint32: true } });
addFormats(ajv);
ajv.addSchema(document, "api");

const pointer = (...parts) => parts.map((part) => "/" + part.replaceAll("~", "~0").replaceAll("/", "~1")).join("");

// The template that a path fits, the one with the fewest parameters first.
function template(path) {
  const segments = path.split("/");
  const fits = (it) => it.split("/").every((part, at) => part.startsWith("{") || part === segments[at]);
  const parameters = (it) => it.split("{").length;
  const found = Object.keys(document.paths).filter((it) => it.split("/").length === segments.length && fits(it));
  return found.sort((one, other) => parameters(one) - parameters(other))[0];
}

function wrong({ method, path, answer: { status, kind, location, etag, body } }) {
  const unserved = (expected, code) => (status === expected && body?.code === code ? [] : [`${code} is expected`]);
  const found = template(path);
  if (!found) return unserved(404, "unknown-route");
  const name = method === "HEAD" ? "get" : method.toLowerCase();
  const operation = document.paths[found][name];
  if (!operation) return unserved(405, "method-not-allowed");
  let response = operation.responses[status];
  let place = pointer("paths", found, name, "responses", String(status));
  if (!response) return ["the status is not documented"];
  if (response.$ref) {
    place = response.$ref.slice(1);
    response = document.components.responses[place.split("/").pop()];
  }
  const missing = Object.entries({ Location: location, ETag: etag })
    .filter(([name, value]) => response.headers?.[name] && !value)
    .map(([name]) => name);
  if (missing.length > 0) return missing.map((it) => `${it} is missing`);
  if (!response.content || method === "HEAD") return [];
  const media = kind.split(";")[0];
  if (!response.content[media]) return [`the media type ${media} is not documented`];
  if (!media.endsWith("json")) return [];
  const check = ajv.getSchema("api#" + place + pointer("content", media, "schema"));
  return check(body) ? [] : check.errors.map((error) => `${error.instancePath} ${error.message}`);
}

let found = 0;
for (const request of JSON.parse(fs.readFileSync(0, "utf8"))) {
  for (const why of wrong(request)) {
    found += 1;
    const { method, path, answer } = request;
    console.log(`${method} ${path} ${answer.status}: ${why}: ${JSON.stringify(answer.body)}`);
  }
}
process.exitCode = found > 0 ? 1 : 0;
