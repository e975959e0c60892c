import type { ComponentChildren, VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

interface VirtualListProps<T extends object> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** Draws an item again only when the item or this function is another one. */
  readonly draw: (item: T) => VNode;
  /** The key of the item to scroll to whenever it changes. */
  readonly cursor: string | null;
  readonly label: string;
  /** Called when the end is near. */
  readonly onEnd: () => void;
  /** Called with the keys of the drawn rows when they change. */
  readonly onDrawn: (keys: readonly string[]) => void;
}

/** A row's height until one was measured; then rows that were not drawn yet have the first one's. */
const ROW_PX = 64;
/** The list's height in tests without a layout. */
const LIST_PX = 1_000;
/** Draw this many rows above and below the visible ones, for fast scrolling; none in the first frame, which is waited for. */
const BESIDE = 6;

/** Return where each row begins, and at last where the list ends. Args: heights: of the rows that were drawn. */
export function offsetsOf(keys: readonly string[], heights: ReadonlyMap<string, number>, rowPx: number): number[] {
  const offsets = [0];
  for (const [place, key] of keys.entries()) offsets.push((offsets[place] ?? 0) + (heights.get(key) ?? rowPx));
  return offsets;
}

/** Return the last row that begins at or above a place. */
function rowAt(offsets: readonly number[], px: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= px) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Return which rows to draw: from `first` up to but not including `end`. Args: offsets: of `offsetsOf`. */
export function windowOf(
  offsets: readonly number[],
  topPx: number,
  heightPx: number,
  beside = BESIDE,
): { first: number; end: number } {
  const n = offsets.length - 1;
  const first = Math.max(0, Math.min(n - 1, rowAt(offsets, topPx) - beside));
  return { first, end: Math.min(n, rowAt(offsets, topPx + heightPx) + 1 + beside) };
}

/** Take the room of the rows that are not drawn. */
function Space({ px }: { readonly px: number }) {
  const place = useRef<HTMLLIElement>(null);
  useLayoutEffect(() => {
    if (place.current) place.current.style.blockSize = `${px}px`;
  }, [px]);
  return <li ref={place} role="presentation" aria-hidden="true" />;
}

interface ItemProps {
  readonly place: number;
  /** How many rows there are. */
  readonly of: number;
  readonly observer: ResizeObserver | null;
  readonly children: ComponentChildren;
}

/** Tell of a row's height, at first and whenever it changes, without making the browser lay out the page. */
function Item({ place, of, observer, children }: ItemProps) {
  const row = useRef<HTMLLIElement>(null);
  useLayoutEffect(() => {
    const element = row.current;
    if (!element || !observer) return undefined;
    observer.observe(element);
    return () => observer.unobserve(element);
  }, [observer]);
  return (
    <li ref={row} data-place={place} aria-setsize={of} aria-posinset={place + 1}>
      {children}
    </li>
  );
}

/** Draw only the visible rows of a long list. A screen reader still hears how many rows there are. */
export function VirtualList<T extends object>({
  items,
  keyOf,
  draw,
  cursor,
  label,
  onEnd,
  onDrawn,
}: VirtualListProps<T>) {
  const list = useRef<HTMLUListElement>(null);
  const heights = useRef(new Map<string, number>());
  const rows = useMemo(() => new WeakMap<T, VNode>(), [draw]);
  const rowOf = (item: T): VNode => {
    const row = rows.get(item) ?? draw(item);
    rows.set(item, row);
    return row;
  };
  // No list is higher than its window.
  const [view, setView] = useState({ top: 0, height: window.innerHeight, row: ROW_PX, version: 0, beside: 0 });
  const all = useMemo(() => items.map(keyOf), [items]);
  const offsets = useMemo(() => offsetsOf(all, heights.current, view.row), [all, view.row, view.version]);
  const { first, end } = windowOf(offsets, view.top, view.height, view.beside);

  const look = (isNew: boolean): void => {
    const element = list.current;
    if (!element) return;
    const row = heights.current.values().next().value ?? ROW_PX;
    const next = { top: element.scrollTop, height: element.clientHeight || LIST_PX, row };
    setView((last) =>
      !isNew && last.top === next.top && last.height === next.height && last.row === next.row
        ? last
        : { ...next, version: last.version + Number(isNew), beside: BESIDE },
    );
  };

  const keysNow = useRef(all);
  keysNow.current = all;
  const observer = useMemo(() => {
    if (typeof ResizeObserver === "undefined") return null;
    let width: number | undefined;
    return new ResizeObserver((entries) => {
      // In another width a question takes another number of lines; the rows drawn tell theirs in the same round.
      const whole = entries.find(({ target }) => target === list.current)?.contentRect.width;
      if (whole !== undefined && width !== undefined && width !== whole) heights.current.clear();
      width = whole ?? width;
      let isNew = false;
      for (const { target, borderBoxSize } of entries) {
        const key = keysNow.current[Number((target as HTMLElement).dataset.place)];
        const px = Math.round(borderBoxSize[0]?.blockSize ?? 0);
        if (key === undefined || px === 0 || heights.current.get(key) === px) continue;
        heights.current.set(key, px);
        isNew = true;
      }
      // Not at once: what changes sizes while they are told is told as an error of the page.
      requestAnimationFrame(() => look(isNew));
    });
  }, []);
  useLayoutEffect(() => {
    if (list.current) observer?.observe(list.current);
    return () => observer?.disconnect();
  }, [observer]);

  useLayoutEffect(() => {
    const element = list.current;
    const place = cursor === null ? -1 : all.indexOf(cursor);
    const [top, bottom] = [offsets[place], offsets[place + 1]];
    // As they were told last: to ask the element makes the browser lay out the page at each switch.
    if (!element || top === undefined || bottom === undefined) return;
    if (top < view.top) element.scrollTop = top;
    else if (bottom > view.top + view.height) element.scrollTop = bottom - view.height;
    else return;
    look(false);
  }, [cursor]);

  const atEnd = end === items.length;
  useEffect(() => {
    if (atEnd) onEnd();
  }, [atEnd, items.length]);

  const drawn = items.slice(first, end);
  const keys = all.slice(first, end);
  useEffect(() => onDrawn(keys), [keys.join()]);

  return (
    <ul ref={list} class="wl-rows" aria-label={label} onScroll={() => look(false)} data-testid="rows">
      {first > 0 && <Space key="before" px={offsets[first] ?? 0} />}
      {drawn.map((item, at) => (
        <Item key={keyOf(item)} place={first + at} of={items.length} observer={observer}>
          {rowOf(item)}
        </Item>
      ))}
      {!atEnd && <Space key="after" px={(offsets[items.length] ?? 0) - (offsets[end] ?? 0)} />}
    </ul>
  );
}
