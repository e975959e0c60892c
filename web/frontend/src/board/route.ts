/** Which conversation is open and which pane a narrow screen shows, kept in the address: back and reload just work. */

export type Pane = "list" | "talk" | "context";

export interface Route {
  readonly client: string | null;
  readonly pane: Pane;
}

const FORM = /^#\/([cg]-[a-z0-9_-]{1,30})(\/client)?$/u;

export function parseRoute(hash: string): Route {
  const match = FORM.exec(hash);
  if (!match?.[1]) return { client: null, pane: "list" };
  return { client: match[1], pane: match[2] ? "context" : "talk" };
}

export function routeHash({ client, pane }: Route): string {
  if (client === null || pane === "list") return "#/";
  return pane === "context" ? `#/${client}/client` : `#/${client}`;
}
