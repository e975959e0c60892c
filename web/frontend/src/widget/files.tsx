/** What a client chose to send: photos are previewed, other files go at once. */

import { useEffect, useRef, useState } from "preact/hooks";

import { pictureMessages } from "../ui/messages.ts";
import { isPhoto } from "../ui/photo.ts";
import { PhotoForm, type PhotoFormProps } from "../ui/photo-form.tsx";
import { Sheet } from "./sheet.tsx";

export interface FilesProps extends PhotoFormProps {
  readonly onGone: () => void;
}

/** How long a sentence about a refused file stays. */
const TOLD_MS = 8_000;

export function Files({ lang, files, attach, say, onDone, onGone }: FilesProps) {
  const t = pictureMessages[lang];
  const [fault, setFault] = useState("");
  const [photos, setPhotos] = useState<readonly File[]>([]);
  const taken = useRef(0);
  useEffect(() => {
    const chosen = files.slice(taken.current);
    taken.current = files.length;
    if (photos.length > 0) return undefined; // the open form ignores what is dropped on it
    const shown = chosen.filter(isPhoto);
    setPhotos(shown);
    let isNewest = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const send = async (): Promise<void> => {
      let refused = "";
      for (const file of chosen)
        if (!isPhoto(file) && !(await attach(file))) refused = t.tooLarge(file.name, file.size);
      if (isNewest || refused) setFault(refused);
      if (isNewest && shown.length === 0) timer = setTimeout(onDone, refused ? TOLD_MS : 0);
    };
    void send();
    return () => {
      isNewest = false;
      clearTimeout(timer);
    };
  }, [files]);
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
