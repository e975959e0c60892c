/** A dialog over the panel: the rest of the panel takes no focus meanwhile; the page does. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface SheetProps {
  readonly label: string;
  readonly onClose: () => void;
  /** It is gone, and the panel takes the focus again. */
  readonly onGone: () => void;
  readonly children: ComponentChildren;
}

export function Sheet({ label, onClose, onGone, children }: SheetProps) {
  const sheet = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const own = sheet.current?.parentElement;
    const others = [...(own?.parentElement?.children ?? [])].filter((each) => each !== own);
    for (const other of others) other.toggleAttribute("inert", true);
    // A child may have taken the focus already.
    const { activeElement } = (sheet.current?.getRootNode() ?? document) as ShadowRoot;
    if (!sheet.current?.contains(activeElement)) sheet.current?.focus({ preventScroll: true });
    return () => {
      for (const other of others) other.toggleAttribute("inert", false);
      onGone();
    };
  }, []);
  return (
    <div
      ref={sheet}
      class="wl-sheet"
      role="dialog"
      aria-modal="true"
      tabIndex={-1}
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        onClose();
      }}
    >
      <div class="wl-sheet-body">{children}</div>
    </div>
  );
}
