/** A dialog over the panel: the rest of the panel takes no focus meanwhile; the page does. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export interface SheetProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Sheet({ label, onClose, children }: SheetProps) {
  const sheet = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const own = sheet.current?.parentElement;
    const others = [...(own?.parentElement?.children ?? [])].filter((each) => each !== own);
    for (const other of others) other.toggleAttribute("inert", true);
    return () => {
      for (const other of others) other.toggleAttribute("inert", false);
    };
  }, []);
  return (
    <div
      ref={sheet}
      class="wl-sheet"
      role="dialog"
      aria-modal="true"
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
