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
/** By agent, then by connection: in a Map, whose order is that in which they spoke, also where a name is a number. */
export type Present = Readonly<Record<string, ReadonlyMap<string, Connection>>>;

/** How long the living have to answer a roll (docs/contract.md#presence: 10 s, and the transport). */
export const ROLL_ENDS_MS = 12_000;
/** Of one agent: whoever says presence makes up the name of the connection. */
const MAX_CONNECTIONS = 32;

/** One connection came, changed or went; of one too many the one that spoke longest ago goes. */
export function hearPresence(present: Present, agent: string, presence: AgentPresence): Present {
  const { conn, state, viewing } = presence;
  const connections = new Map(present[agent]);
  connections.delete(conn);
  if (state !== "offline") connections.set(conn, { state, viewing, answered: true });
  if (connections.size > MAX_CONNECTIONS) connections.delete([...connections.keys()][0] as string);
  return { ...present, [agent]: connections };
}

const eachOf = (present: Present, change: (connections: [string, Connection][]) => [string, Connection][]): Present =>
  Object.fromEntries(Object.entries(present).map(([agent, connections]) => [agent, new Map(change([...connections]))]));

export const roll = (present: Present): Present =>
  eachOf(present, (all) => all.map(([conn, connection]) => [conn, { ...connection, answered: false }]));

export const endRoll = (present: Present): Present =>
  eachOf(present, (all) => all.filter(([, connection]) => connection.answered));

/** Online beats away, away beats offline. */
export function somebody(present: Present, agent: string): Somebody {
  const connections = [...(present[agent]?.values() ?? [])];
  const has = (state: State): boolean => connections.some((connection) => connection.state === state);
  const viewing = connections.flatMap((connection) => connection.viewing ?? []);
  return { state: has("online") ? "online" : has("away") ? "away" : "offline", viewing: [...new Set(viewing)] };
}
