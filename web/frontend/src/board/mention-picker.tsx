import { Button } from "../ui/button.tsx";
import { pageTextsFor } from "../ui/page-messages.ts";
import { colleaguesOf } from "./choices.ts";
import { focusComposer } from "./focus.ts";
import { Picker } from "./picker.tsx";
import { folded } from "./search.ts";
import type { ClientViewProps } from "./state.ts";

type Props = ClientViewProps & { readonly onClose: () => void };

/** Choose a colleague to mention in the note, behind the typed `@`. */
export function MentionPicker({ board, t: texts, words, client, onClose }: Props) {
  const t = pageTextsFor(texts.lang);
  const colleagues = colleaguesOf(board);
  const mention = (name: string): void => {
    board.drafts.set(client, "note", `${board.drafts.of(client, "note")}${name} `);
    queueMicrotask(focusComposer);
  };
  const alone = (
    <span class="wl-picker-alone">
      {t.mentionNone}
      {board.config.me.admin && (
        <Button
          onClick={() => {
            onClose();
            board.showPage("agents");
          }}
        >
          {t.mentionInvite}
        </Button>
      )}
    </span>
  );
  return (
    <Picker
      label={texts.mention}
      placeholder={t.mentionFind}
      testId="mention-picker"
      isAtField
      nothing={board.team.value.length === 0 ? words.loading : colleagues.length === 0 ? alone : t.mentionNobody}
      onClose={onClose}
      choices={(text) =>
        colleagues
          .filter(({ name }) => folded(name).includes(folded(text.trim())))
          .map(({ id, name, isHere }) => ({
            key: id,
            label: name,
            hint: isHere ? words.online : words.offline,
            face: { id, name },
            run: () => mention(name),
          }))
      }
    />
  );
}
