/** What can be read of a portal's signed identity without its key. Imports nothing: a page loads it unasked. */

/** The client id that an identity claims; unverified, and good for nothing but opening what is kept under it. */
export function subjectOf(jwt: string): string | null {
  try {
    const [, claims = ""] = jwt.split(".");
    // Bytes read as letters garble a name, and no id.
    const { sub } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof sub === "string" ? sub : null;
  } catch {
    return null;
  }
}
