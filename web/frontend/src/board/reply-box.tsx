import { useRef, useState } from "preact/hooks";

import type { LiveConversation } from "../link/live-conversation.ts";
import { ACCEPTED } from "../link/uploads.ts";
import { isGuest } from "../protocol/ids.ts";
import { FilePicker, useDropped } from "../ui/attachments.tsx";
import { Button } from "../ui/button.tsx";
import { Composer, fit, withoutControls } from "../ui/composer.tsx";
import { Icon } from "../ui/icon.tsx";
import { isPhoto } from "../ui/photo.ts";
import type { Mode } from "./drafts.ts";
import { focusChart } from "./focus.ts";
import { Menu } from "./menu.tsx";
import { canEdit, edit } from "./own-words.ts";
import { type ChosenPhotos, PhotoDialog } from "./photo-dialog.tsx";
import type { ViewProps } from "./state.ts";

/** The emoji that an agent can choose; any other one can be typed or pasted. */
const EMOJI = [..."🙂😊😀😉🙏👍👎👌👏💪🎉✅❌⚠❗❓⚡💡🔌🔋🔧🏠🌡☀🌙❄📷📄📅📞⏰💶"] as const;

interface ReplyBoxProps extends ViewProps {
  readonly conversation: LiveConversation;
  readonly name: string;
}

type ToolsProps = Omit<ReplyBoxProps, "words" | "name"> & {
  readonly attach: (files: readonly File[]) => void;
  readonly insert: (text: string) => void;
};

/** Show what a reply can hold beside words: files, emoji, a saved reply, a period of the consumption. */
function Tools({ board, t, conversation, attach, insert }: ToolsProps) {
  const { client } = conversation;
  return (
    <>
      <FilePicker
        accept={ACCEPTED}
        take={attach}
        button={(open) => (
          <Button kind="quiet" icon label={t.attach} onClick={open}>
            <Icon name="clip" />
          </Button>
        )}
      />
      <span class="wl-emoji">
        <Menu
          board={board}
          name="emoji"
          kind="quiet"
          icon
          label={t.emoji}
          items={() => EMOJI.map((each) => ({ key: each, label: each, run: () => insert(each) }))}
        >
          <Icon name="smile" />
        </Menu>
      </span>
      <Button kind="quiet" icon label={t.canned} data-testid="canned" onClick={() => board.openCanned()}>
        <Icon name="macro" />
      </Button>
      {!isGuest(client) && (
        <Button
          kind="quiet"
          icon
          label={t.sharePeriod}
          onClick={() => {
            board.go({ client, pane: "context" });
            setTimeout(focusChart);
          }}
        >
          <Icon name="bars" />
        </Button>
      )}
    </>
  );
}

interface MentionProps extends Pick<ReplyBoxProps, "board" | "t"> {
  readonly client: string;
}

/** Mention a colleague: only a note can, so a reply's draft is kept and the note's goes on. */
function Mention({ board, t, client }: MentionProps) {
  const mention = (): void => {
    const note = board.drafts.of(client, "note");
    board.drafts.setMode(client, "note");
    board.drafts.set(client, "note", `${note}${/\S$/u.test(note) ? " " : ""}@`);
    board.dialog.value = "mention";
  };
  return (
    <Button kind="quiet" icon label={t.mention} data-testid="mention" onClick={mention}>
      <Icon name="at" />
    </Button>
  );
}

const isPlainUp = ({ key, ctrlKey, metaKey, altKey, shiftKey, isComposing }: KeyboardEvent): boolean =>
  key === "ArrowUp" && !(ctrlKey || metaKey || altKey || shiftKey || isComposing);

/** Write a reply or a note. Only a reply takes files: by button, drop or paste. */
export function ReplyBox({ board, t, words, conversation, name }: ReplyBoxProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [refused, setRefused] = useState("");
  /** On a phone: whether it shows what a reply can hold beside words. */
  const [isMore, setMore] = useState(false);
  const [photos, setPhotos] = useState<ChosenPhotos | null>(null);
  const { client } = conversation;
  const mode = board.drafts.modeOf(client);
  const note = mode === "note";
  const draft = board.drafts.of(client, mode);
  const choose = (next: Mode) => () => {
    board.drafts.setMode(client, next);
    field.current?.focus();
  };
  const attach = async (files: readonly File[]): Promise<void> => {
    setRefused("");
    const chosen = files.filter(isPhoto);
    const form = chosen.length > 0 ? await import("../ui/photo-form.tsx").catch(() => null) : null;
    if (form) setPhotos({ files: chosen, PhotoForm: form.PhotoForm });
    else if (chosen.length > 0) setRefused(t.photosNotSent); // as they are, they tell where they were taken
    for (const file of files)
      if (!isPhoto(file) && !(await conversation.attach(file, file.name))) setRefused(t.fileTooLarge(file.name));
  };
  const insert = (text: string): void => {
    const at = field.current?.selectionStart ?? draft.length;
    board.drafts.set(client, mode, draft.slice(0, at) + text + draft.slice(field.current?.selectionEnd ?? at));
    setTimeout(() => {
      field.current?.focus();
      field.current?.setSelectionRange(at + text.length, at + text.length);
    });
  };
  const { empty, over } = fit(draft);
  const sendAnd = (then: () => void): void => {
    if (empty || over) return;
    board.drafts.send(client, mode, withoutControls(draft).trim());
    then();
  };
  const { isOver, on } = useDropped(note ? null : (files) => void attach(files));
  const look = ["wl-reply", isOver && "wl-reply-drop", !note && "wl-reply-words", isMore && "wl-reply-more"];
  return (
    <>
      <div
        class={look.filter(Boolean).join(" ")}
        {...on}
        onKeyDownCapture={(event) => {
          if (event.target === field.current && isPlainUp(event) && draft === "" && !note) {
            const last = conversation.view.peek().items.findLast(canEdit);
            if (last) {
              event.preventDefault();
              edit(board, client, last);
            }
            return;
          }
          if (note || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
          event.preventDefault();
          event.stopPropagation();
          sendAnd(() => board.resolve([client]));
        }}
      >
        {refused !== "" && (
          <p class="wl-line wl-line-refused" role="alert">
            {refused}
          </p>
        )}
        <Composer
          t={words}
          draft={draft}
          tone={mode}
          fieldRef={field}
          showKept
          label={note ? t.noteOn(name) : t.replyTo(name)}
          placeholder={note ? t.writeNote : t.writeReply(name)}
          {...(note ? { sendLabel: t.addNote } : {})}
          onInput={(text) => {
            board.drafts.set(client, mode, text);
            if (!note && text === ";") board.openCanned();
            if (note && text.startsWith(draft) && /(^|\s)@$/u.test(text)) board.dialog.value = "mention";
          }}
          onSend={(text) => {
            board.drafts.send(client, mode, text);
            setMore(false);
          }}
          head={
            <>
              {!note && (
                <span class="wl-reply-plus">
                  <Button kind="quiet" icon label={t.replyMore} aria-expanded={isMore} onClick={() => setMore(!isMore)}>
                    <Icon name={isMore ? "close" : "plus"} />
                  </Button>
                </span>
              )}
              <div class="wl-switch" role="group" aria-label={t.replyOrNote}>
                <span class="wl-tabs-two">
                  <button
                    type="button"
                    class="wl-tab"
                    aria-pressed={!note}
                    data-testid="mode-reply"
                    onClick={choose("reply")}
                  >
                    {t.reply}
                  </button>
                  <button
                    type="button"
                    class="wl-tab"
                    aria-pressed={note}
                    data-testid="mode-note"
                    onClick={choose("note")}
                  >
                    <Icon name="lock" />
                    {t.note}
                  </button>
                </span>
                {note && <span class="wl-switch-hint">{words.onlyAgents}</span>}
              </div>
            </>
          }
          tools={
            <span class="wl-reply-tools">
              {!note && <Tools {...{ board, t, conversation, insert }} attach={(files) => void attach(files)} />}
              <Mention {...{ board, t, client }} />
            </span>
          }
          beside={
            !note && (
              <span class="wl-send-more">
                <Menu
                  board={board}
                  name="send"
                  kind="primary"
                  icon
                  label={t.sendMore}
                  disabled={empty || over}
                  items={({ sendItems }) => sendItems({ board, t, words }, client, sendAnd)}
                >
                  <Icon name="down" />
                </Menu>
              </span>
            )
          }
        />
      </div>
      {photos && (
        <PhotoDialog
          photos={photos}
          lang={t.lang}
          attach={(photo) => conversation.attach(photo, photo.name)}
          say={(caption) => conversation.say(caption)}
          onDone={() => setPhotos(null)}
        />
      )}
    </>
  );
}
