import { useEffect, useRef } from "preact/hooks";
import { isLayerOpen } from "../focus.ts";
import { placeOf } from "../keys.ts";

/**
 * Close a layer of a page by Escape wherever the focus is, unless a menu or dialog is open or a field outside it has it.
 *
 * Args: close: null while another layer lies over this one. layer: whose own fields close it too.
 */
export function useEscape(close: (() => void) | null, layer?: { readonly current: HTMLElement | null }): void {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isField = placeOf(event.target) === "field" && !layer?.current?.contains(event.target as Node);
      const isOthers = !latest.current || isLayerOpen() || isField;
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || isOthers) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current?.();
    };
    document.addEventListener("keydown", onKey, true);
    return () => document.removeEventListener("keydown", onKey, true);
  }, []);
}
