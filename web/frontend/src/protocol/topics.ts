/** Topics that the browser builds or reads, as in chat_core.contract.topics. Pure. */

import { isId, isName, isTeam, roleOf } from "./ids.ts";

/** Topics that no client uses. */
const DESK_SHAPES = [
  ["display", "support/{client}/display"],
  ["display_unread", "support/{client}/display/unread"],
  ["display_text", "support/{client}/display/text"],
  ["display_ack", "support/{client}/display/ack"],
  ["desk_do", "desk/do/{agent}"],
  ["team_inbox", "team/{team}/inbox/{client}"],
  ["team_presence", "team/{team}/presence"],
  ["desk_refused", "desk/refused/{agent}"],
  ["desk_presence", "desk/presence/{agent}"],
  ["desk_echo", "desk/echo"],
  ["meter_reading", "meter/{client}/{meter}/reading"],
  ["log", "team/{team}/log/{client}"],
  ["typing", "team/{team}/typing/{client}"],
  ["typing", "team/{team}/typing/{client}/{agent}"],
  ["read", "team/{team}/read/{client}"],
  ["read", "team/{team}/read/{client}/{agent}"],
  ["reading", "team/{team}/reading/{client}"],
  ["desk_row", "desk/row/{agent}"],
] as const;
const SHAPES = [
  ["msg", "support/{client}/msg"],
  ["msg", "support/{client}/msg/{agent}"],
  ["typing", "support/{client}/typing"],
  ["typing", "support/{client}/typing/{agent}"],
  ["read", "support/{client}/read"],
  ["read", "support/{client}/read/{agent}"],
  ["presence", "support/{client}/presence"],
  ["log", "support/{client}/log"],
  ["refused", "support/{client}/refused"],
  ["reading", "support/{client}/reading"],
  ["notice_desk", "notice/desk"],
  ["outage", "notice/outage/{area}"],
  ...(__DESK__ ? DESK_SHAPES : ([] as unknown as typeof DESK_SHAPES)),
] as const;

export type Kind = (typeof SHAPES)[number][0];
type Field = "client" | "agent" | "meter" | "area" | "team";
const FIELDS: readonly Field[] = __DESK__ ? ["client", "agent", "meter", "area", "team"] : ["client", "agent", "area"];

/** A parsed topic; without `agent` the client is the sender. */
export type Address = { readonly kind: Kind } & { readonly [field in Field]?: string };

const SPLIT = SHAPES.map(([kind, shape]) => [kind, shape.split("/")] as const);

function isField(field: string, level: string): boolean {
  if (field === "client") return roleOf(level) === "client";
  if (field === "agent") return roleOf(level) === "agent" || roleOf(level) === "bot";
  if (__DESK__ && field === "team") return isTeam(level);
  return isName(level);
}

function read(shape: readonly string[], levels: readonly string[]): Record<string, string> | null {
  const fields: Record<string, string> = {};
  for (const [place, expected] of shape.entries()) {
    const level = levels[place] as string;
    if (expected[0] === "{") {
      const field = expected.slice(1, -1);
      if (!isField(field, level)) return null;
      fields[field] = level;
    } else if (expected !== level) return null;
  }
  return fields;
}

/** Return the address of a topic; null when it is none of the contract's. */
export function parse(topic: string): Address | null {
  const levels = topic.split("/");
  for (const [kind, shape] of SPLIT) {
    if (shape.length !== levels.length) continue;
    const fields = read(shape, levels);
    if (fields) return { kind, ...fields };
  }
  return null;
}

/** Return the topic of an address. Throws when a field is missing, unknown or malformed. */
export function build(address: Address): string {
  const given = FIELDS.filter((field) => address[field] !== undefined);
  for (const [kind, shape] of SPLIT) {
    const needed = shape.filter((level) => level[0] === "{").map((level) => level.slice(1, -1));
    if (kind !== address.kind || needed.length !== given.length || !given.every((field) => needed.includes(field)))
      continue;
    return shape
      .map((level) => {
        if (level[0] !== "{") return level;
        const value = address[level.slice(1, -1) as Field] as string;
        if (!isField(level.slice(1, -1), value)) throw new Error(`${value.slice(0, 40)} cannot be part of a topic`);
        return value;
      })
      .join("/");
  }
  throw new Error(`a ${address.kind} topic does not consist of ${given.join(", ") || "nothing"}`);
}

/** Return who publishes on this topic; null when the topic does not name the sender. */
export const senderOf = ({ kind, agent, client }: Address): string | null =>
  SENT_BY.includes(kind) ? (agent ?? client ?? null) : null;
/** Topics that name their sender. */
const SENT_BY: readonly Kind[] = ["msg", "typing", "read", "presence", "desk_do", "desk_presence"];

/** Return the topic on which `me` publishes for this client. */
const spoken = (kind: Kind, client: string, me: string): string =>
  build(me === client ? { kind, client } : { kind, client, agent: me });

export const msg = (client: string, me: string): string => spoken("msg", client, me);
export const typing = (client: string, me: string): string => spoken("typing", client, me);
export const marker = (client: string, me: string): string => spoken("read", client, me);
export const presence = (client: string): string => build({ kind: "presence", client });
export const deskDo = (agent: string): string => build({ kind: "desk_do", agent });
export const deskPresence = (agent: string): string => build({ kind: "desk_presence", agent });
const deskRefused = (agent: string): string => build({ kind: "desk_refused", agent });
export const outage = (area: string): string => build({ kind: "outage", area });

/** The team of conversations without one. */
export const DEFAULT_TEAM = "t-desk";

/** A topic filter and the QoS of its messages. */
export type Wanted = readonly [topicFilter: string, qos: 0 | 1];

/** Return a client's subscriptions. RabbitMQ sends retained messages to exact names only. */
export function widgetFilters(client: string): readonly Wanted[] {
  if (!isId(client)) throw new Error("no client's id");
  const own = `support/${client}`;
  return [
    [`${own}/log`, 1],
    [`${own}/refused`, 1],
    [`${own}/typing/+`, 0],
    [`${own}/read`, 1], // the client's other tabs
    [`${own}/read/+`, 1],
    ["notice/desk", 1],
  ];
}

export const readingFilter = (client: string): Wanted => [build({ kind: "reading", client }), 0];

/**
 * Return the board's subscriptions that do not depend on its screen. Args: teams: the agent's; null: there is one. reads:
 * those whose conversations it reads, `+` for all; null: there is one.
 */
export function boardFilters(
  agent: string,
  teams: readonly string[] | null,
  reads: readonly string[] | null,
): readonly Wanted[] {
  return [
    ...(teams ?? ["+"]).map((team): Wanted => [`team/${team}/inbox/+`, 1]),
    ...(reads ?? [DEFAULT_TEAM]).map((team): Wanted => [`team/${team}/presence`, 1]),
    ...(teams ? [[build({ kind: "desk_row", agent }), 1] as const] : []),
    [deskRefused(agent), 1],
    ["notice/desk", 1],
    ["notice/outage/+", 1],
  ];
}

/**
 * Return what a board hears of a conversation that it has open: messages from `log` only, never from `msg`. Args: teams:
 * those whose conversations its agent reads, `+` for all; null: there is one.
 */
export function conversationFilters(client: string, teams: readonly string[] | null): readonly Wanted[] {
  if (teams)
    return teams.flatMap((team): readonly Wanted[] => [
      [`team/${team}/+/${client}`, 1],
      [`team/${team}/+/${client}/+`, 1],
    ]);
  const one = `support/${client}`;
  return [
    [`${one}/log`, 1],
    ...rowFilters(client, null),
    [`${one}/typing/+`, 0],
    [`${one}/read`, 1],
    [`${one}/read/+`, 1],
    readingFilter(client),
  ];
}

/** Return what a row on screen shows beside its Summary. Args: teams: as above. */
export const rowFilters = (client: string, teams: readonly string[] | null): readonly Wanted[] =>
  teams
    ? teams.map((team) => [`team/${team}/typing/${client}`, 0] as const)
    : [[build({ kind: "typing", client }), 0] as const];
