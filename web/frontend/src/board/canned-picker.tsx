import { inLang } from "../protocol/translated.ts";
import { shortDay } from "../ui/format.ts";
import { type BoardTexts, chooseLang, type Texts } from "../ui/messages.ts";
import { appended, filled, matching } from "./canned.ts";
import { Picker } from "./picker.tsx";
import type { Board } from "./state.ts";

interface Props {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
  readonly onClose: () => void;
}

/** The desk's ready answers, in the client's language, with their variables filled in as they will be sent. */
export function CannedPicker({ board, t, words, onClose }: Props) {
  const { client } = board.route.value;
  const kept = board.settings.state.value;
  if (client === null) return null;
  const replies = kept.state === "loaded" ? kept.settings.canned.value.replies : [];
  const { me, lang } = board.config;
  const facts = board.clients.facts.value[client];
  const spoken = chooseLang(facts?.lang, lang);
  const variables = {
    name: board.summary.value?.name ?? null,
    client,
    agent: me.name,
    date: shortDay(spoken, board.now.value),
  };
  const nothing = {
    loading: words.loading,
    failed: t.settingsFailed,
    loaded: replies.length === 0 ? t.noCanned : t.noCannedFound,
  }[kept.state];
  return (
    <Picker
      label={t.canned}
      placeholder={t.cannedFind}
      testId="canned-picker"
      nothing={nothing}
      onClose={onClose}
      choices={(wish) =>
        matching(replies, wish).map((reply) => {
          const text = filled(inLang(reply.text, spoken), variables);
          return {
            key: reply.id,
            label: reply.title,
            hint: text,
            run: () => {
              board.setMode(client, "reply");
              board.setDraft(client, "reply", appended(board.draft(client, "reply"), text));
              queueMicrotask(() =>
                document.querySelector<HTMLElement>(".wl-pane-conversation .wl-composer-field")?.focus(),
              );
            },
          };
        })
      }
    />
  );
}
