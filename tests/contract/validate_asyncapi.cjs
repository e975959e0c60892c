// Reads an AsyncAPI document from standard input and prints, as JSON, what the official parser holds against it.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");

const [, , packageJson] = process.argv;
const { Parser } = createRequire(packageJson)("@asyncapi/parser");

const ERROR = 0;

new Parser().parse(readFileSync(0, "utf8")).then(({ document, diagnostics }) => {
  const errors = diagnostics.filter((found) => found.severity === ERROR).map((found) => `${found.path.join(".")}: ${found.message}`);
  console.log(JSON.stringify({ parsed: document !== undefined, errors }));
});
