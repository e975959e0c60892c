import type { TargetedKeyboardEvent } from "preact";

import type { Item } from "../core/view.ts";
import { Button } from "../ui/button.tsx";
import { clock, fileSize } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { useModal } from "./picker.tsx";
import type { ClientViewProps } from "./state.ts";

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

const isPicture = ({ seq, body, deleted }: Item): boolean =>
  seq !== null && !deleted && (body.file?.type.startsWith("image/") ?? false);

/** Show the pictures of a conversation large, one at a time: who sent it, when, and a download. */
export function Lightbox({ board, t, words, client, onClose }: ClientViewProps & { readonly onClose: () => void }) {
  const dialog = useModal();
  const pictures = board.conversation.value?.view.value.items.filter(isPicture) ?? [];
  const place = pictures.findIndex(({ seq }) => seq === board.picture.value);
  const item = pictures[place];
  const file = item?.body.file;
  if (!item || !file) return null;
  const address = `${board.config.api}/api/files/${file.file}`;
  const who = item.mine ? words.you : item.sender === client ? board.clientName(client) : board.nameOf(item.sender);
  const step = (by: number): void => {
    board.picture.value = pictures[(place + by + pictures.length) % pictures.length]?.seq ?? null;
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDialogElement>): void => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    step(by);
  };
  return (
    <dialog
      ref={dialog}
      class="wl-dialog wl-lightbox"
      aria-label={words.file(file.name)}
      data-testid="lightbox"
      onClose={onClose}
      onKeyDown={onKeyDown}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <img key={item.key} src={address} alt={words.file(file.name)} width={file.width} height={file.height} />
      <div class="wl-lightbox-foot">
        <span class="wl-lightbox-says">
          <strong>{file.name}</strong>
          <span>{[who, clock(t.lang, item.at), fileSize(t.lang, file.size)].join(" · ")}</span>
        </span>
        {pictures.length > 1 && (
          <>
            <Button icon label={t.pictureBefore} onClick={() => step(-1)}>
              <Icon name="back" />
            </Button>
            <span class="wl-number" role="status">
              {t.pictureOf(place + 1, pictures.length)}
            </span>
            <Button icon label={t.pictureAfter} onClick={() => step(1)}>
              <Icon name="next" />
            </Button>
          </>
        )}
        <a class="wl-button" href={address} download={file.name}>
          <Icon name="download" />
          {t.download}
        </a>
        <Button icon autofocus label={t.close} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </Button>
      </div>
    </dialog>
  );
}
