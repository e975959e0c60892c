/** As many as tokens.css has colours of people. */
const COLOURS = 6;

/** Return the class of a person's colour: the same on every screen and day. Pure. */
export function personClass(id: string): string {
  let sum = 0;
  for (const sign of id) sum = (31 * sum + (sign.codePointAt(0) ?? 0)) % 65_521;
  return `wl-person-${sum % COLOURS}`;
}
