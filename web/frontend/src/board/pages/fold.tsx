import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface FoldsProps {
  /** What a row's first and second column hold. */
  readonly columns: readonly [string, string];
  readonly children: ComponentChildren;
}

/** Show a list whose rows open to forms, in two columns. */
export const Folds = ({ columns, children }: FoldsProps) => (
  <div class="wl-folds">
    <div class="wl-fold-row wl-fold-columns" aria-hidden="true">
      {columns.map((column) => (
        <span key={column}>{column}</span>
      ))}
    </div>
    {children}
  </div>
);

interface FoldProps {
  readonly title: string;
  /** The begin of it stands beside the title. */
  readonly text: string;
  /** What is particular to this row. */
  readonly marks?: ComponentChildren;
  readonly open?: boolean;
  readonly testId: string;
  readonly children: ComponentChildren;
}

/** Show a row that opens to its form. One that is added open closes those that were open before. */
export function Fold({ title, text, marks, open, testId, children }: FoldProps) {
  const row = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const others = open ? row.current?.parentElement?.querySelectorAll(":scope > [open]") : undefined;
    for (const other of others ?? []) if (other !== row.current) other.removeAttribute("open");
  }, []);
  return (
    <details ref={row} class="wl-fold" data-testid={testId} open={open}>
      <summary class="wl-fold-row">
        <strong>{title}</strong>
        <span class="wl-fold-text">{text}</span>
        <span class="wl-inline">{marks}</span>
      </summary>
      {children}
    </details>
  );
}
