"use strict";
// Analyses queries with Microsoft's own language service, against the tables that they read. Takes a JSON object of
// queries by name on standard input; writes what is wrong, a line each, and ends with 1 when there is anything.
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const folder = path.dirname(require.resolve("@kusto/language-service-next/package.json"));
for (const file of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(folder, file), "utf8"), { filename: file });
}
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;

const schema = JSON.parse(fs.readFileSync(path.join(__dirname, "schema.json"), "utf8"));
const documented = Object.entries(schema).filter(([name]) => name !== "$comment");
const tables = documented.map(([name, columns]) => {
  const text = Object.entries(columns).map(([column, type]) => `${column}: ${type}`).join(", ");
  return new Symbols.TableSymbol.$ctor7(name, `(${text})`, "");
});
const database = new Symbols.DatabaseSymbol.ctor("workspace", tables);
const globals = GlobalState.Default.WithDatabase(database);

let wrong = 0;
for (const [name, query] of Object.entries(JSON.parse(fs.readFileSync(0, "utf8")))) {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  for (let i = 0; i < found.Count; i++) {
    const diagnostic = found.getItem(i);
    const text = query.substr(diagnostic.Start, diagnostic.Length);
    console.log(`${name}: ${diagnostic.Message} (${text})`);
    wrong = 1;
  }
}
process.exitCode = wrong;
