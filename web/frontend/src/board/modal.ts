import { useLayoutEffect, useRef } from "preact/hooks";

/** Return a ref for a `<dialog>` that opens as soon as it is drawn. */
export function useModal() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return dialog;
}
