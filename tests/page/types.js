"use strict";
// Checks the types of the page's modules, which are written as comments; those of the API come from its document.
// Ends with 1 when something does not fit.
const { mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { default: openapi, astToString } = require("openapi-typescript");
const ts = require("typescript");

const FILES = resolve("page/files");
const DOCUMENT = resolve("docs/openapi.json");

const OPTIONS = {
  allowJs: true,
  checkJs: true,
  noEmit: true,
  strict: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noImplicitReturns: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ES2022,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [],
};

async function main() {
  const work = mkdtempSync(join(tmpdir(), "page-types-"));
  try {
    const types = join(work, "openapi.d.ts");
    writeFileSync(types, await typesOfTheApi());
    const modules = ts.sys.readDirectory(FILES, [".js"]);
    const program = ts.createProgram([...modules, types], { ...OPTIONS, paths: { openapi: [types] } });
    const found = ts.getPreEmitDiagnostics(program);
    if (found.length > 0) {
      const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => "\n" };
      process.stderr.write(ts.formatDiagnostics(found, host));
      process.exitCode = 1;
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function typesOfTheApi() {
  return astToString(await openapi(pathToFileURL(DOCUMENT), { defaultNonNullable: false }));
}

main();
