import type { CannedReply } from "../link/desk-api.ts";
import { inLang } from "../protocol/translated.ts";
import { focusComposer } from "./focus.ts";
import { actionsOf, runMacro, textFor } from "./macro.ts";
import { Picker } from "./picker.tsx";
import { folded } from "./search.ts";
import type { ClientViewProps } from "./state.ts";

/** Return the draft with the reply below it; the reply replaces a blank draft, and the `;` that opens the picker. */
export const appended = (draft: string, text: string): string =>
  draft.trim() === "" || draft.trim() === ";" ? text : `${draft.trimEnd()}\n${text}`;

/** Return the replies that hold all the words, in any language. */
export function matching(replies: readonly CannedReply[], text: string): readonly CannedReply[] {
  const words = folded(text).split(/\s+/u).filter(Boolean);
  return replies.filter((reply) => {
    const all = folded(`${Object.values(reply.title).join("\n")}\n${Object.values(reply.text).join("\n")}`);
    return words.every((word) => all.includes(word));
  });
}

/** Choose a canned reply in the client's language, as it will be sent. */
export function CannedPicker({ board, t, words, client, onClose }: ClientViewProps & { readonly onClose: () => void }) {
  const load = board.settings.state.value;
  const replies = load.state === "loaded" ? load.value.canned.value.replies : [];
  const nothing = {
    loading: words.loading,
    failed: t.settingsFailed,
    loaded: replies.length === 0 ? t.noCanned : t.noCannedFound,
  }[load.state];
  const insert = (text: string): void => {
    board.drafts.setMode(client, "reply");
    board.drafts.set(client, "reply", appended(board.drafts.of(client, "reply"), text));
    queueMicrotask(focusComposer);
  };
  const send = (text: string, reply: CannedReply): void => {
    const draft = board.drafts.of(client, "reply");
    if (draft.trim() === ";") board.drafts.set(client, "reply", "");
    runMacro(board, client, text, reply);
  };
  return (
    <Picker
      label={t.canned}
      placeholder={t.cannedFind}
      testId="canned-picker"
      isAtField
      nothing={nothing}
      onClose={onClose}
      choices={(typed) =>
        matching(replies, typed).map((reply) => {
          const text = textFor(board, client, reply);
          const actions = actionsOf(t, reply, board.now.value);
          const shown = { key: reply.id, label: inLang(reply.title, t.lang), ...(reply.key && { hotkey: reply.key }) };
          if (actions.length === 0) return { ...shown, below: text, run: () => insert(text) };
          return { ...shown, below: text, hint: t.sendsAnd(actions), run: () => send(text, reply) };
        })
      }
    />
  );
}
