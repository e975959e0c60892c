/** Which agents are there: the set of each one's connections. After a roll only those who answered stay. Touches nothing. */

import type { AgentPresence } from "../protocol/payloads.ts";

type State = AgentPresence["state"];
interface Connection {
  readonly state: State;
  readonly viewing: string | null;
  /** Said since the last roll. */
  readonly answered: boolean;
}
export interface Somebody {
  readonly state: State;
  /** The conversations on this agent's screens. */
  readonly viewing: readonly string[];
}
/** By agent, then by connection. */
export type Present = Readonly<Record<string, Readonly<Record<string, Connection>>>>;

/** How long the living have to answer a roll (design: 10 s, and the way there). */
export const ROLL_ENDS_MS = 12_000;

export function hearPresence(present: Present, agent: string, presence: AgentPresence): Present {
  const { [presence.conn]: _before, ...others } = present[agent] ?? {};
  if (presence.state === "offline") return { ...present, [agent]: others };
  const { state, viewing } = presence;
  return { ...present, [agent]: { ...others, [presence.conn]: { state, viewing, answered: true } } };
}

const eachOf = (present: Present, change: (connections: [string, Connection][]) => [string, Connection][]): Present =>
  Object.fromEntries(
    Object.entries(present).map(([agent, connections]) => [
      agent,
      Object.fromEntries(change(Object.entries(connections))),
    ]),
  );

export const roll = (present: Present): Present =>
  eachOf(present, (all) => all.map(([conn, connection]) => [conn, { ...connection, answered: false }]));

export const endRoll = (present: Present): Present =>
  eachOf(present, (all) => all.filter(([, connection]) => connection.answered));

/** Online beats away, away beats offline. */
export function somebody(present: Present, agent: string): Somebody {
  const connections = Object.values(present[agent] ?? {});
  const has = (state: State): boolean => connections.some((connection) => connection.state === state);
  const viewing = connections.flatMap((connection) => connection.viewing ?? []);
  return { state: has("online") ? "online" : has("away") ? "away" : "offline", viewing: [...new Set(viewing)] };
}
