"use strict";
// Lints the public API's document by Redocly's recommended rules; ends with 1 when they find anything.
const { createConfig, formatProblems, getTotals, lint } = require("@redocly/openapi-core");

async function main() {
  // The document is served by the gateway that it describes, so its server is relative.
  const config = await createConfig({ extends: ["recommended-strict"] });
  const problems = await lint({ ref: "docs/openapi.json", config });
  if (problems.length > 0) {
    formatProblems(problems, { format: "codeframe", totals: getTotals(problems) });
    process.exitCode = 1;
  }
}

main();
