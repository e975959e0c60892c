/** Attributes of clients as people write them: `plan = Solar`. Pure. */

const FORM = /^\s*([a-z][a-z0-9_ ]*?)\s*[=:]\s*(\S.*?)\s*$/iu;
const MAX_NAME = 40;
const MAX_VALUE = 500;

/** Return `name:value`, as the server takes it; undefined for another text. */
export function parseAttribute(text: string): string | undefined {
  const [, name = "", value = ""] = FORM.exec(text) ?? [];
  const isWhole = name !== "" && name.length <= MAX_NAME && value.length <= MAX_VALUE;
  return isWhole ? `${name.toLowerCase().replaceAll(" ", "_")}:${value}` : undefined;
}

/** Return the attributes of a text, one on each line; undefined where a line is none. */
export function parseAttributes(text: string): readonly string[] | undefined {
  const found = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(parseAttribute);
  return found.every((one) => one !== undefined) ? [...new Set(found)] : undefined;
}

/** Return attributes as a text, one on each line. */
export const attributesText = (attributes: readonly string[]): string =>
  attributes.map((one) => one.replace(":", " = ")).join("\n");
