/** Reads the cases that pytest reads too. For tests only. */
import { readFileSync } from "node:fs";

export const vectors = (name: string): any =>
  JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), "utf8"));
