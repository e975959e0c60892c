import type { ComponentChild } from "preact";

import { pictureMessages } from "../ui/messages.ts";
import type { PhotoFormProps } from "../ui/photo-form.tsx";
import { useModal } from "./modal.ts";

/** Photos to send, and the form that is loaded with the first of them. */
export interface ChosenPhotos {
  readonly files: readonly File[];
  readonly PhotoForm: (props: PhotoFormProps) => ComponentChild;
}

interface PhotoDialogProps extends Omit<PhotoFormProps, "files"> {
  readonly photos: ChosenPhotos;
}

/** Preview photos before they are sent. */
export function PhotoDialog({ photos, lang, attach, say, onDone }: PhotoDialogProps) {
  const dialog = useModal();
  const { files, PhotoForm } = photos;
  return (
    <dialog ref={dialog} class="wl-dialog" aria-label={pictureMessages[lang].ask(files.length)} onClose={onDone}>
      <div class="wl-dialog-body">
        <PhotoForm {...{ lang, files, attach, say }} onDone={() => dialog.current?.close()} />
      </div>
    </dialog>
  );
}
