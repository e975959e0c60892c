/** Read the cases that pytest reads too. For tests only. */
import { readFileSync } from "node:fs";
import path from "node:path";

/** Relative to npm's folder: a DOM test has no file URL. */
export const vectors = (name: string): any =>
  JSON.parse(readFileSync(path.resolve("../../tests/vectors", `${name}.json`), "utf8"));
