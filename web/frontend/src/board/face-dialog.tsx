import { useRef, useState } from "preact/hooks";

import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { pictureMessages } from "../ui/messages.ts";
import { pageTextsFor } from "../ui/page-messages.ts";
import { readPhoto, type Unread } from "../ui/photo.ts";
import { faces, hasFace } from "./faces.tsx";
import { useModal } from "./modal.ts";
import { Refused, useAction } from "./request.tsx";
import type { Board, ViewProps } from "./state.ts";

/** Return a file's bytes as base64. */
const base64Of = (file: Blob): Promise<string> =>
  new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = fail;
    reader.readAsDataURL(file);
  });

interface Props extends Omit<ViewProps, "words"> {
  readonly agent: string;
  readonly onClose: () => void;
}

/** Choose or remove an agent's photo. */
export function FaceDialog({ board, t: { lang }, agent, onClose }: Props) {
  const t = pageTextsFor(lang);
  const dialog = useModal();
  const field = useRef<HTMLInputElement>(null);
  const [action, run] = useAction();
  const [unread, setUnread] = useState<Unread | null>(null);
  const [isRemoved, setRemoved] = useState(false);
  const isBusy = action.state === "running";
  const has = hasFace(agent);
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const photo = await readPhoto(file);
    setUnread(typeof photo === "string" ? photo : null);
    if (typeof photo === "string") return;
    setRemoved(false);
    await run(async () => faces.change(agent, await board.desk.api.setFace(agent, await base64Of(photo.file))));
  };
  const remove = async (): Promise<void> => {
    if (await run(() => board.desk.api.removeFace(agent))) {
      faces.change(agent, undefined);
      setRemoved(true);
      dialog.current?.querySelector<HTMLElement>(".wl-face-choice button")?.focus(); // the pressed button goes
    }
  };
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-face-title" onClose={onClose} data-testid="face">
      <div class="wl-dialog-body">
        <h2 id="wl-face-title">{t.faceTitle(nameOf(board, agent))}</h2>
        <p class="wl-muted">{t.faceHint}</p>
        <div class="wl-face-choice">
          <Avatar name={nameOf(board, agent)} id={agent} />
          <input
            ref={field}
            class="wl-hidden"
            type="file"
            accept="image/*"
            tabIndex={-1}
            aria-label={t.faceChoose}
            onChange={({ currentTarget: chosen }) => {
              void take(chosen.files?.[0]);
              chosen.value = ""; // the same file can be chosen again
            }}
          />
          <Button kind={has ? "plain" : "primary"} disabled={isBusy} onClick={() => field.current?.click()}>
            {t.faceChoose}
          </Button>
          {has && (
            <Button kind="quiet" disabled={isBusy} onClick={() => void remove()}>
              {t.faceRemove}
            </Button>
          )}
        </div>
        <p role="status" class="wl-muted">
          {isRemoved && t.faceRemoved}
        </p>
        {unread && (
          <p class="wl-bad" role="alert">
            {pictureMessages[lang].unread(unread)}
          </p>
        )}
        <Refused action={action} t={t} />
        <div class="wl-dialog-actions">
          <Button kind={has ? "primary" : "plain"} onClick={() => dialog.current?.close()}>
            {t.close}
          </Button>
        </div>
      </div>
    </dialog>
  );
}

const nameOf = (board: Board, agent: string): string =>
  board.team.value.find(({ id }) => id === agent)?.name ?? board.nameOf(agent);
