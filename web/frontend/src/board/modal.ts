import { useLayoutEffect, useRef } from "preact/hooks";

/** Return a ref for a `<dialog>` that opens as soon as it is drawn. */
export function useModal() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
    return keepFocus;
  }, []);
  return dialog;
}

/**
 * Take the focus from what has it and give it back when the dialog is gone. Chromium gives it back to the field before that;
 * then the field looks focused, has no caret and takes no key.
 */
function keepFocus(): void {
  queueMicrotask(() => {
    const { activeElement } = document;
    if (!(activeElement instanceof HTMLElement)) return;
    activeElement.blur();
    activeElement.focus({ preventScroll: true });
  });
}
