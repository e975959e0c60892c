/** A picture over the whole window, with its neighbours. Loaded when one is pressed. */

import type { TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { Button } from "./button.tsx";
import { BACK, CLOSE, DOWNLOAD, Drawing, NEXT } from "./drawing.tsx";
import { type Lang, pictureMessages } from "./messages.ts";

export interface Picture {
  readonly address: string;
  readonly name: string;
  /** Who sent it, and when. */
  readonly said: string;
}

export interface LightboxProps {
  readonly lang: Lang;
  readonly pictures: readonly Picture[];
  /** The index of the picture to begin with. */
  readonly first: number;
  readonly onClose: () => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
/** A finger moves so far to turn the page. */
const SWIPE_PX = 48;
const LENS = "M8.5 3.5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12.2 12.2l4.3 4.3M6.5 8.5h4M8.5 6.5v4";

/** Show pictures one by one. The dialog holds the focus, and gives it back when it closes. */
export function Lightbox({ lang, pictures, first, onClose }: LightboxProps) {
  const t = pictureMessages[lang];
  const dialog = useRef<HTMLDialogElement>(null);
  const downAt = useRef(0);
  const [at, setAt] = useState(first);
  const [isActual, setActual] = useState(false);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const picture = pictures[at];
  const go = (by: number): void => {
    if (!pictures[at + by]) return;
    setAt(at + by);
    setActual(false);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDialogElement>): void => {
    event.stopPropagation(); // the keys of the page below are not for a picture
    const by = STEPS[event.key];
    if (by !== undefined && !isActual) go(by);
  };
  if (!picture) return null;
  const { address, name, said } = picture;
  return (
    <dialog
      ref={dialog}
      class="wl-lightbox"
      aria-label={name}
      data-testid="lightbox"
      onKeyDown={onKeyDown}
      onClose={onClose}
    >
      <div class="wl-lightbox-head">
        <span class="wl-lightbox-says">
          <strong>{name}</strong>
          <span class="wl-muted">{said}</span>
        </span>
        <span role="status" class="wl-muted wl-number">
          {pictures.length > 1 && t.placeOf(at + 1, pictures.length)}
        </span>
        <Button kind="quiet" icon label={t.actual} aria-pressed={isActual} onClick={() => setActual(!isActual)}>
          <Drawing path={LENS} />
        </Button>
        <a
          class="wl-button wl-button-quiet wl-button-icon"
          href={`${address}${address.includes("?") ? "&" : "?"}download=1`}
          download={name}
          aria-label={t.download}
          title={t.download}
        >
          <Drawing path={DOWNLOAD} />
        </a>
        <Button kind="quiet" icon label={t.close} autofocus onClick={() => dialog.current?.close()}>
          <Drawing path={CLOSE} />
        </Button>
      </div>
      <div
        class={isActual ? "wl-lightbox-place wl-lightbox-actual" : "wl-lightbox-place"}
        tabIndex={isActual ? 0 : undefined}
        onPointerDown={(event) => {
          downAt.current = event.clientX;
        }}
        onPointerUp={({ clientX }) => {
          const moved = clientX - downAt.current;
          if (!isActual && Math.abs(moved) > SWIPE_PX) go(moved > 0 ? -1 : 1);
        }}
      >
        <img key={address} src={address} alt={name} draggable={false} onDblClick={() => setActual(!isActual)} />
      </div>
      {pictures.length > 1 && (
        <div class="wl-lightbox-steps">
          <Button icon label={t.previous} disabled={at === 0} onClick={() => go(-1)}>
            <Drawing path={BACK} />
          </Button>
          <Button icon label={t.next} disabled={at === pictures.length - 1} onClick={() => go(1)}>
            <Drawing path={NEXT} />
          </Button>
        </div>
      )}
    </dialog>
  );
}
