import { useRef, useState } from "preact/hooks";

import type { LiveConversation } from "../link/live-conversation.ts";
import { ACCEPTED } from "../link/uploads.ts";
import { FilePicker, useDropped } from "../ui/attachments.tsx";
import { Button } from "../ui/button.tsx";
import { Composer } from "../ui/composer.tsx";
import { Icon } from "../ui/icon.tsx";
import type { Mode, ViewProps } from "./state.ts";

interface ReplyBoxProps extends ViewProps {
  readonly conversation: LiveConversation;
  readonly name: string;
}

/** Write a reply or a note. Only a reply takes files: by button, drop or paste. */
export function ReplyBox({ board, t, words, conversation, name }: ReplyBoxProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [refused, setRefused] = useState("");
  const { client } = conversation;
  const mode = board.modeOf(client);
  const note = mode === "note";
  const choose = (next: Mode) => () => {
    board.setMode(client, next);
    field.current?.focus();
  };
  const attach = async (files: readonly File[]): Promise<void> => {
    setRefused("");
    for (const file of files) if (!(await conversation.attach(file, file.name))) setRefused(t.fileTooLarge(file.name));
  };
  const { isOver, on } = useDropped(note ? null : (files) => void attach(files));
  return (
    <div class={isOver ? "wl-reply wl-reply-drop" : "wl-reply"} {...on}>
      {refused !== "" && (
        <p class="wl-line wl-line-refused" role="alert">
          {refused}
        </p>
      )}
      <Composer
        t={words}
        draft={board.draft(client, mode)}
        tone={mode}
        fieldRef={field}
        showKept
        label={note ? t.noteOn(name) : t.replyTo(name)}
        placeholder={note ? t.writeNote : t.writeReply(name)}
        {...(note ? { sendLabel: t.addNote } : {})}
        onInput={(text) => {
          board.setDraft(client, mode, text);
          if (!note && text === ";") board.openCanned();
        }}
        onSend={(text) => board.write(client, mode, text)}
        head={
          <div class="wl-switch" role="group" aria-label={t.replyOrNote}>
            <button
              type="button"
              class="wl-tab"
              aria-pressed={!note}
              data-testid="mode-reply"
              onClick={choose("reply")}
            >
              {t.reply}
            </button>
            <button type="button" class="wl-tab" aria-pressed={note} data-testid="mode-note" onClick={choose("note")}>
              {t.note}
            </button>
            {note && <span class="wl-switch-hint">{words.onlyAgents}</span>}
          </div>
        }
        tools={
          !note && (
            <>
              <FilePicker
                accept={ACCEPTED}
                take={(files) => void attach(files)}
                button={(open) => (
                  <Button kind="quiet" icon label={t.attach} onClick={open}>
                    <Icon name="clip" />
                  </Button>
                )}
              />
              <Button kind="quiet" hotkey=";" data-testid="canned" onClick={() => board.openCanned()}>
                {t.canned}
              </Button>
            </>
          )
        }
      />
    </div>
  );
}
