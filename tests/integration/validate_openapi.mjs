// Reads an OpenAPI document from standard input and prints, as JSON, what Redocly's recommended rules find.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const entry = createRequire(process.argv[2]).resolve("@redocly/openapi-core");
const { createConfig, lintFromString } = await import(pathToFileURL(entry));
const config = await createConfig({ extends: ["recommended"] });
const found = await lintFromString({ source: readFileSync(0, "utf8"), absoluteRef: "openapi.json", config });
console.log(JSON.stringify(found.map(({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`)));
