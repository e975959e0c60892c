// Reads a list of AsyncAPI documents from standard input (JSON) and prints what the official parser holds against each.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");

const [, , packageJson] = process.argv;
const { Parser } = createRequire(packageJson)("@asyncapi/parser");

const ERROR = 0;

async function judge(text) {
  const { document, diagnostics } = await new Parser().parse(text);
  const errors = diagnostics.filter((found) => found.severity === ERROR).map((found) => `${found.path.join(".")}: ${found.message}`);
  return { parsed: document !== undefined, errors };
}

Promise.all(JSON.parse(readFileSync(0, "utf8")).map(judge)).then((judged) => console.log(JSON.stringify(judged)));
