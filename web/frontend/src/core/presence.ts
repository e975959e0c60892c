/** Agents' presence: each one's connections. After a roll only those that answered stay. Pure. */

import type { AgentPresence } from "../protocol/payloads.ts";

type State = AgentPresence["state"];
interface AgentConnection {
  readonly state: State;
  readonly viewing: string | null;
  /** Published since the last roll. */
  readonly answered: boolean;
}
export interface Somebody {
  readonly state: State;
  /** The conversations on this agent's screens. */
  readonly viewing: readonly string[];
}
/** By agent, then by connection. A Map keeps the order of publishing, also for numeric names. */
export type Present = Readonly<Record<string, ReadonlyMap<string, AgentConnection>>>;

/** The time to answer a roll: 10 s (docs/contract.md#presence) and the transport. */
export const ROLL_ENDS_MS = 12_000;
/** For one agent, because the publisher chooses the connection's name. */
const MAX_CONNECTIONS = 32;

/** Take one connection's presence. Above the limit the one that published longest ago is dropped. */
export function hearPresence(present: Present, agent: string, presence: AgentPresence): Present {
  const { conn, state, viewing } = presence;
  const connections = new Map(present[agent]);
  connections.delete(conn);
  if (state !== "offline") connections.set(conn, { state, viewing, answered: true });
  if (connections.size > MAX_CONNECTIONS) connections.delete([...connections.keys()][0] as string);
  return { ...present, [agent]: connections };
}

const eachOf = (
  present: Present,
  change: (connections: [string, AgentConnection][]) => [string, AgentConnection][],
): Present =>
  Object.fromEntries(Object.entries(present).map(([agent, connections]) => [agent, new Map(change([...connections]))]));

export const roll = (present: Present): Present =>
  eachOf(present, (all) => all.map(([conn, connection]) => [conn, { ...connection, answered: false }]));

export const endRoll = (present: Present): Present =>
  eachOf(present, (all) => all.filter(([, connection]) => connection.answered));

/** Return an agent's presence: online before away before offline. */
export function somebody(present: Present, agent: string): Somebody {
  const connections = [...(present[agent]?.values() ?? [])];
  const has = (state: State): boolean => connections.some((connection) => connection.state === state);
  const viewing = connections.flatMap((connection) => connection.viewing ?? []);
  return { state: has("online") ? "online" : has("away") ? "away" : "offline", viewing: [...new Set(viewing)] };
}
