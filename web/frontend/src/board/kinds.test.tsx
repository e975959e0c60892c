// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it } from "vitest";
import { newConversation, reduce } from "../core/conversation.ts";
import { EMPTY_LOG, hear } from "../core/log.ts";
import { viewOf } from "../core/view.ts";
import { asEntry, asSummary, type Entry } from "../protocol/payloads.ts";
import { MessageList } from "../ui/message-list.tsx";
import { MESSAGE_PARTS } from "../ui/message-parts.tsx";
import { type Lang, textsFor } from "../ui/messages.ts";
import { vectors } from "../vectors.ts";
import { lastWords } from "./summary-text.ts";

interface Declared {
  readonly kind: string;
  readonly sender: string;
  readonly example: object;
  readonly drawn: Readonly<Partial<Record<Lang, string>>>;
  readonly row: Readonly<Partial<Record<Lang, string>>>;
}
const kinds = vectors("kinds").kinds as Declared[];
const walks = kinds.flatMap((kind) => (Object.keys(kind.drawn) as Lang[]).map((lang) => ({ ...kind, lang })));
const board = { config: { me: { id: "a-ana", name: "Ana" } }, desk: { names: { value: {} } } };

const drawn = (entries: readonly Entry[], lang: Lang): string => {
  let state = newConversation("c-42", "a-ana");
  for (const entry of entries) state = reduce(state, { type: "entry", entry, nowMs: entry.at }).state;
  const root = document.createElement("div");
  const shown = viewOf(state, { nowMs: 9, dayOf: () => "d" });
  act(() =>
    render(
      <MessageList
        view={shown}
        t={textsFor(lang)}
        name="Maria"
        now={9}
        parts={MESSAGE_PARTS}
        onRetry={() => {}}
        onDiscard={() => {}}
        onOlder={() => {}}
      />,
      root,
    ),
  );
  return root.querySelector("[data-testid=message] > :not(.wl-hidden), .wl-event")?.textContent ?? "";
};

describe("a message of each kind", () => {
  it.each(walks)("$kind is read, drawn and told in one line ($lang)", ({ kind, sender, example, lang, ...told }) => {
    const entry = asEntry({ seq: 1, id: "m1", from: sender, at: 5, kind, ...example });
    expect(entry).not.toBeNull();
    expect(drawn([entry as Entry], lang)).toContain(told.drawn[lang]);
    const summary = { client: "c-42", rev: 1, status: "open", priority: "normal", tags: [], unread: 0, notes: 0 };
    const row = asSummary({ ...summary, online: false, last: entry }) as never;
    expect(lastWords(row, board, textsFor(lang), "Maria")).toContain(told.row[lang]);
  });
  it.each(kinds)("$kind keeps nothing of its content when it is deleted", ({ kind, sender, example }) => {
    const entry = asEntry({
      seq: 1,
      id: "m1",
      from: sender,
      at: 5,
      kind,
      origin: "alarm",
      ...example,
      edited: true,
    }) as Entry;
    const event = asEntry({ seq: 2, id: "k1", from: sender, at: 6, kind: "deleted", of: 1 }) as Entry;
    const [left] = hear(hear(EMPTY_LOG, entry).log, event).log.entries;
    expect(Object.keys(JSON.parse(JSON.stringify(left))).sort()).toEqual(
      [...vectors("kinds").left_by_deletion, "deleted"].sort(),
    );
    expect(drawn([entry, event], "en")).toBe(textsFor("en").deletedText);
  });
});
