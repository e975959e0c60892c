/** The preview before photos are sent: each as it will arrive, with a caption for all. Loaded when one is chosen. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { countCharacters, MAX_TEXT } from "../protocol/checks.ts";
import { Button } from "./button.tsx";
import { sends, withoutControls } from "./composer.tsx";
import { CLOSE, Drawing } from "./drawing.tsx";
import { fileSize } from "./format.ts";
import { type Lang, pictureMessages } from "./messages.ts";
import { type Photo, readPhoto, type Unread } from "./photo.ts";

/** So many are sent at once. */
const MOST_PHOTOS = 10;

export interface PhotoFormProps {
  readonly lang: Lang;
  readonly files: readonly File[];
  /** Sends a file; false when it is refused: empty, too large, or nobody is signed in. */
  readonly attach: (file: File) => Promise<boolean>;
  /** Sends the caption after the photos. */
  readonly say: (caption: string) => void;
  readonly onDone: () => void;
}

type Read = Photo | Unread | "reading";

/** Read the files one after the other, so that one is in memory at a time. */
function useRead(files: readonly File[]): readonly Read[] {
  const [read, setRead] = useState<readonly Read[]>(files.map(() => "reading"));
  useEffect(() => {
    let isGone = false;
    const all: Read[] = files.map(() => "reading");
    const run = async (): Promise<void> => {
      for (const [place, file] of files.entries()) {
        if (isGone) return;
        all[place] = await readPhoto(file).catch(() => "broken" as const);
        if (!isGone) setRead([...all]);
      }
    };
    void run();
    return () => {
      isGone = true;
    };
  }, []);
  return read;
}

export function PhotoForm({ lang, files: given, attach, say, onDone }: PhotoFormProps) {
  const t = pictureMessages[lang];
  const field = useRef<HTMLTextAreaElement>(null);
  const [files] = useState(() => given.slice(0, MOST_PHOTOS));
  const read = useRead(files);
  const [removed, setRemoved] = useState<readonly number[]>([]);
  const [caption, setCaption] = useState("");
  const [isSending, setSending] = useState(false);
  const [isRefused, setRefused] = useState(false);
  useLayoutEffect(() => field.current?.focus({ preventScroll: true }), []);

  const shown = files.map((file, place) => ({ file, place, photo: read[place] ?? "reading" }));
  const left = shown.filter(({ place }) => !removed.includes(place));
  const ready = left.flatMap(({ place, photo }) => (typeof photo === "string" ? [] : [{ place, file: photo.file }]));
  const isReading = left.some(({ photo }) => photo === "reading");
  const isOver = countCharacters(caption) > MAX_TEXT;
  const isBlocked = isReading || isSending || isOver || ready.length === 0;
  const remove = (place: number): void => {
    setRemoved([...removed, place]);
    field.current?.focus(); // its button goes
  };
  const send = async (): Promise<void> => {
    if (isBlocked) return;
    setSending(true);
    const sent: number[] = [];
    for (const { place, file } of ready) if (await attach(file)) sent.push(place);
    if (sent.length < ready.length) {
      setRemoved([...removed, ...sent]);
      setRefused(true);
      setSending(false);
      return;
    }
    const words = withoutControls(caption).trim();
    if (words) say(words);
    onDone();
  };
  return (
    <form
      class="wl-photo-form"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div class="wl-sheet-head">
        <h2>{t.ask(left.length)}</h2>
        <Button kind="quiet" icon label={t.cancel} onClick={onDone}>
          <Drawing path={CLOSE} />
        </Button>
      </div>
      <ul class={left.length > 1 ? "wl-photos wl-photos-several" : "wl-photos"} aria-busy={isReading}>
        {left.map(({ file, place, photo }) => (
          <Preview key={place} {...{ lang, file, photo }} onRemove={left.length > 1 ? () => remove(place) : null} />
        ))}
      </ul>
      <p role="status" class="wl-photo-fault">
        {isOver
          ? t.captionTooLong(MAX_TEXT)
          : isRefused
            ? t.notSent
            : given.length > MOST_PHOTOS && t.tooMany(MOST_PHOTOS)}
      </p>
      <label class="wl-photo-caption">
        {t.caption}
        <textarea
          ref={field}
          class="wl-input"
          rows={1}
          value={caption}
          aria-invalid={isOver}
          onInput={(event) => setCaption(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (!sends(event)) return;
            event.preventDefault();
            void send();
          }}
        />
      </label>
      <div class="wl-photo-actions">
        <Button onClick={onDone}>{t.cancel}</Button>
        <Button kind="primary" type="submit" disabled={isBlocked}>
          {t.send(ready.length)}
        </Button>
      </div>
    </form>
  );
}

interface PreviewProps {
  readonly lang: Lang;
  readonly file: File;
  readonly photo: Read;
  readonly onRemove: (() => void) | null;
}

/** Show one photo and what it will weigh, or say why it cannot be sent. */
function Preview({ lang, file, photo, onRemove }: PreviewProps) {
  const t = pictureMessages[lang];
  const place = useRef<HTMLDivElement>(null);
  const canvas = typeof photo === "string" ? null : photo.canvas;
  useLayoutEffect(() => {
    if (!canvas) return;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", file.name);
    place.current?.replaceChildren(canvas);
  }, [canvas]);
  const sent = typeof photo === "string" ? null : photo.file;
  return (
    <li>
      <div ref={place} class="wl-photo-place" />
      <div class="wl-photo-facts wl-number">
        <span>{file.name}</span>
        <span class={sent || photo === "reading" ? "wl-muted" : "wl-photo-unread"} role="status">
          {photo === "reading"
            ? t.reading
            : sent
              ? sent.size < file.size
                ? t.smaller(fileSize(lang, file.size), fileSize(lang, sent.size))
                : fileSize(lang, sent.size)
              : t.unread(photo as Unread)}
        </span>
        {onRemove && (
          <Button kind="quiet" icon label={t.remove(file.name)} onClick={onRemove}>
            <Drawing path={CLOSE} />
          </Button>
        )}
      </div>
    </li>
  );
}
