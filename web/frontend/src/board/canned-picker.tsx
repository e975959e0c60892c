import type { CannedReply } from "../link/desk-api.ts";
import { inLang } from "../protocol/translated.ts";
import { shortDay } from "../ui/format.ts";
import { chooseLang } from "../ui/messages.ts";
import { focusComposer } from "./focus.ts";
import { actionsOf, runMacro } from "./macro.ts";
import { Picker } from "./picker.tsx";
import { folded } from "./search.ts";
import type { ClientViewProps } from "./state.ts";

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

/** Return the draft with the reply below it; the reply replaces a blank draft, and the `;` that opens the picker. */
export const appended = (draft: string, text: string): string =>
  draft.trim() === "" || draft.trim() === ";" ? text : `${draft.trimEnd()}\n${text}`;

/** Return the replies that hold all the words, in any language. */
export function matching(replies: readonly CannedReply[], text: string): readonly CannedReply[] {
  const words = folded(text).split(/\s+/u).filter(Boolean);
  return replies.filter((reply) => {
    const all = folded(`${reply.title}\n${Object.values(reply.text).join("\n")}`);
    return words.every((word) => all.includes(word));
  });
}

/** Choose a canned reply in the client's language, as it will be sent. */
export function CannedPicker({ board, t, words, client, onClose }: ClientViewProps & { readonly onClose: () => void }) {
  const load = board.settings.state.value;
  const replies = load.state === "loaded" ? load.value.canned.value.replies : [];
  const { me, lang } = board.config;
  const clientLang = chooseLang(board.clients.facts.valueOf(client)?.lang, lang);
  const variables = {
    name: board.summary.value?.name ?? null,
    client,
    agent: me.name,
    date: shortDay(clientLang, board.now.value),
  };
  const nothing = {
    loading: words.loading,
    failed: t.settingsFailed,
    loaded: replies.length === 0 ? t.noCanned : t.noCannedFound,
  }[load.state];
  const insert = (text: string): void => {
    board.setMode(client, "reply");
    board.setDraft(client, "reply", appended(board.draft(client, "reply"), text));
    queueMicrotask(focusComposer);
  };
  const send = (text: string, reply: CannedReply): void => {
    const draft = board.draft(client, "reply");
    if (draft.trim() === ";") board.setDraft(client, "reply", "");
    runMacro(board, client, text, reply);
  };
  return (
    <Picker
      label={t.canned}
      placeholder={t.cannedFind}
      testId="canned-picker"
      nothing={nothing}
      onClose={onClose}
      choices={(typed) =>
        matching(replies, typed).map((reply) => {
          const text = filled(inLang(reply.text, clientLang), variables);
          const actions = actionsOf(t, reply);
          if (actions.length === 0) return { key: reply.id, label: reply.title, hint: text, run: () => insert(text) };
          const hint = `${t.sendsAnd(actions)} · ${text}`;
          return { key: reply.id, label: reply.title, hint, run: () => send(text, reply) };
        })
      }
    />
  );
}
