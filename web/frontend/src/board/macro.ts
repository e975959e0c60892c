/** Saved replies that do more than insert their text. */

import type { CannedReply } from "../link/desk-api.ts";
import { inLang } from "../protocol/translated.ts";
import { shortDay } from "../ui/format.ts";
import { type BoardTexts, chooseLang } from "../ui/messages.ts";
import { snoozeEnds, snoozeTimes } from "./snooze.ts";
import type { Board } from "./state.ts";

interface Variables {
  /** Null if it is unknown: the space before it goes too. */
  readonly name: string | null;
  readonly client: string;
  readonly agent: string;
  readonly date: string;
}

/** Fill in `{name}`, `{client}`, `{agent}` and `{date}`; other braces stay. */
export function filled(text: string, variables: Variables): string {
  return text.replace(/( ?)\{(name|client|agent|date)\}/gu, (_, space: string, name: keyof Variables) => {
    const value = variables[name];
    return value === null ? "" : space + value;
  });
}

/** Return a reply's text in the client's language, as it will be sent. */
export function textFor(board: Board, client: string, { text }: Pick<CannedReply, "text">): string {
  const { me, lang } = board.config;
  const summary = board.actions.summaryOf(client);
  // A key may be faster than the client's facts.
  const clientLang = chooseLang(board.clients.facts.valueOf(client)?.lang, summary?.lang, lang);
  const name = summary?.name ?? null;
  return filled(inLang(text, clientLang), {
    name,
    client,
    agent: me.shown,
    date: shortDay(clientLang, board.now.value),
  });
}

/** Return until when a reply snoozes: tomorrow if its evening is over. */
const endOf = (board: Board, snooze: NonNullable<CannedReply["snooze"]>): number => {
  const times = snoozeTimes(board.now.value);
  return times[snooze] ?? times.tomorrow;
};

/** Return in words what a reply does beside its text; empty for a plain one. */
export const actionsOf = (
  t: BoardTexts,
  { tag, assign, resolve, snooze, priority }: CannedReply,
  nowMs: number,
): readonly string[] => [
  ...(tag === null ? [] : [`${t.tagVerb}: ${tag}`]),
  ...(priority === null ? [] : [`${t.priority}: ${t[priority]}`]),
  ...(assign ? [t.toMe] : []),
  ...(resolve ? [t.resolve] : []),
  ...(snooze === null
    ? []
    : [`${t.snooze}: ${snoozeEnds(t, nowMs).find(({ key }) => key === snooze)?.label ?? t.snoozeTomorrow}`]),
];

/** Send the text and do the reply's actions, which one Undo withdraws. The draft stays. */
export function runMacro(board: Board, client: string, text: string, reply: CannedReply): void {
  const { tag, assign, resolve, snooze, priority } = reply;
  const me = board.config.me.id;
  // The text assigns a conversation that nobody has.
  const owner = board.actions.summaryOf(client)?.assignee ?? me;
  board.desk.open(client).say(text);
  board.actions.together(() => {
    if (assign && owner !== me) board.assign([client], me);
    if (priority !== null) board.command(client, { do: "priority", level: priority });
    if (tag !== null) board.tag([client], tag);
    if (resolve) board.resolve([client]);
    if (snooze !== null) board.snooze([client], endOf(board, snooze));
  });
}

/** Run the reply that has this digit for the open conversation, as it is saved now; offline as it was loaded last. */
export async function runKeyed(board: Board, key: string): Promise<void> {
  const client = board.route.peek().client;
  if (client === null) return;
  await board.settings.load();
  const load = board.settings.state.peek();
  const reply = load.state === "loaded" ? load.value.canned.value.replies.find((one) => one.key === key) : undefined;
  if (reply && board.route.peek().client === client) runMacro(board, client, textFor(board, client, reply), reply);
}
