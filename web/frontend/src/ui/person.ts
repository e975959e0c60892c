/** As many as tokens.css has colours of people. */
const COLOURS = 6;

/** Return the class of a person's colour: the same on every screen and day. Pure. */
export function personClass(id: string): string {
  let sum = 0;
  for (const sign of id) sum = (31 * sum + (sign.codePointAt(0) ?? 0)) % 65_521;
  return `wl-person-${sum % COLOURS}`;
}

/** Return an id as a list shows it: of a visitor's random one only the begin. Pure. */
export const shortId = (id: string): string => (id.startsWith("g-") ? id.slice(0, 6) : id);
