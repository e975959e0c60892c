import { useEffect, useRef, useState } from "preact/hooks";

import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../menu.tsx";
import type { PageProps } from "../state.ts";

export interface RowAction {
  readonly label: string;
  readonly run: () => void;
  /** Asks once more, by a button of this name: for what deletes something or signs somebody out. */
  readonly sure?: string;
}

interface RowMenuProps extends Pick<PageProps, "board" | "t"> {
  /** Of the row, among all tables of the page. */
  readonly id: string;
  readonly name: string;
  readonly actions: readonly RowAction[];
}

/** Offer what can be done with a table's row, behind one button. */
export function RowMenu({ board, t, id, name, actions }: RowMenuProps) {
  const [asked, setAsked] = useState<RowAction | null>(null);
  const root = useRef<HTMLSpanElement>(null);
  const wasAsked = useRef(false);
  useEffect(() => {
    if (asked || wasAsked.current) root.current?.querySelector("button")?.focus();
    wasAsked.current = asked !== null;
  }, [asked]);
  if (actions.length === 0) return null;
  return (
    <span ref={root} class="wl-inline wl-inline-end wl-actions">
      {asked ? (
        <>
          <Button onClick={() => setAsked(null)}>{t.cancel}</Button>
          <Button
            kind="bad"
            onClick={() => {
              setAsked(null);
              asked.run();
            }}
          >
            {asked.sure}
          </Button>
        </>
      ) : (
        <Menu
          board={board}
          name={`row-${id}`}
          kind="quiet"
          icon
          label={`${t.more}: ${name}`}
          testId="row-menu"
          items={() =>
            actions.map((action) => ({
              key: action.label,
              label: action.label,
              run: () => (action.sure ? setAsked(action) : action.run()),
            }))
          }
        >
          <Icon name="dots" />
        </Menu>
      )}
    </span>
  );
}
