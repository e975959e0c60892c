/** What a client chose to send: photos are previewed, other files go at once. */

import { useEffect, useState } from "preact/hooks";

import { pictureMessages } from "../ui/messages.ts";
import { isPhoto } from "../ui/photo.ts";
import { PhotoForm, type PhotoFormProps } from "../ui/photo-form.tsx";
import { Sheet } from "./sheet.tsx";

export interface FilesProps extends PhotoFormProps {
  /** Sends a file; false when it is empty or too large. */
  readonly attach: (file: File) => Promise<boolean>;
  readonly onGone: () => void;
}

/** How long a sentence about a refused file stays. */
const TOLD_MS = 8_000;

export function Files({ lang, files, attach, say, onDone, onGone }: FilesProps) {
  const t = pictureMessages[lang];
  const [fault, setFault] = useState("");
  const photos = files.filter(isPhoto);
  const send = async (): Promise<void> => {
    let refused = "";
    for (const file of files) if (!isPhoto(file) && !(await attach(file))) refused = t.tooLarge(file.name);
    setFault(refused);
    if (photos.length === 0) setTimeout(onDone, refused ? TOLD_MS : 0);
  };
  useEffect(() => void send(), []);
  return (
    <>
      <div role="status" class="wl-files-fault wl-strip-fault">
        {fault}
      </div>
      {photos.length > 0 && (
        <Sheet label={t.ask(photos.length)} onClose={onDone} onGone={onGone}>
          <PhotoForm {...{ lang, attach, say, onDone }} files={photos} />
        </Sheet>
      )}
    </>
  );
}
