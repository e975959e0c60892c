import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

interface VirtualListProps<T> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly draw: (item: T) => ComponentChildren;
  /** The key of the item to scroll to whenever it changes. */
  readonly cursor: string | null;
  readonly label: string;
  /** Called when the end is near. */
  readonly onEnd: () => void;
  /** Called with the keys of the drawn rows when they change. */
  readonly onDrawn: (keys: readonly string[]) => void;
}

/** A row's height until one was measured; all rows have the same. */
const ROW_PX = 64;
/** The list's height until it was measured, and in tests without a layout. */
const LIST_PX = 1_000;
/** Draw this many rows above and below the visible ones, for fast scrolling. */
const BESIDE = 6;

/** Return which of `n` rows to draw: from `first` up to but not including `end`. */
export function windowOf(n: number, topPx: number, heightPx: number, rowPx: number): { first: number; end: number } {
  const first = Math.max(0, Math.min(n - 1, Math.floor(topPx / rowPx) - BESIDE));
  return { first, end: Math.min(n, Math.ceil((topPx + heightPx) / rowPx) + BESIDE) };
}

/** Take the room of the rows that are not drawn. */
function Space({ px }: { readonly px: number }) {
  const place = useRef<HTMLLIElement>(null);
  useLayoutEffect(() => {
    if (place.current) place.current.style.blockSize = `${px}px`;
  }, [px]);
  return <li ref={place} role="presentation" aria-hidden="true" />;
}

/** Draw only the visible rows of a long list. A screen reader still hears how many rows there are. */
export function VirtualList<T>({ items, keyOf, draw, cursor, label, onEnd, onDrawn }: VirtualListProps<T>) {
  const list = useRef<HTMLUListElement>(null);
  const [view, setView] = useState({ top: 0, height: LIST_PX, row: ROW_PX });
  const { first, end } = windowOf(items.length, view.top, view.height, view.row);

  const measure = (): void => {
    const element = list.current;
    if (!element) return;
    const row = element.querySelector<HTMLElement>("[data-place]")?.offsetHeight || ROW_PX;
    const next = { top: element.scrollTop, height: element.clientHeight || LIST_PX, row };
    setView((last) => (last.top === next.top && last.height === next.height && last.row === next.row ? last : next));
  };

  useLayoutEffect(() => {
    measure();
    if (!list.current || typeof ResizeObserver === "undefined") return undefined;
    const observer = new ResizeObserver(measure);
    observer.observe(list.current);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = list.current;
    const place = cursor === null ? -1 : items.findIndex((item) => keyOf(item) === cursor);
    if (!element || place === -1 || element.clientHeight === 0) return;
    const top = place * view.row;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + view.row > element.scrollTop + element.clientHeight)
      element.scrollTop = top + view.row - element.clientHeight;
    measure();
  }, [cursor]);

  const atEnd = end === items.length;
  useEffect(() => {
    if (atEnd) onEnd();
  }, [atEnd, items.length]);

  const drawn = items.slice(first, end);
  const keys = drawn.map(keyOf);
  useEffect(() => onDrawn(keys), [keys.join()]);

  return (
    <ul ref={list} class="wl-rows" aria-label={label} onScroll={measure} data-testid="rows">
      {first > 0 && <Space key="before" px={first * view.row} />}
      {drawn.map((item, at) => (
        <li key={keyOf(item)} data-place={first + at} aria-setsize={items.length} aria-posinset={first + at + 1}>
          {draw(item)}
        </li>
      ))}
      {!atEnd && <Space key="after" px={(items.length - end) * view.row} />}
    </ul>
  );
}
