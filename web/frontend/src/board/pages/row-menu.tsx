import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../menu.tsx";
import type { PageProps } from "../state.ts";

export interface RowAction {
  readonly label: string;
  readonly run: () => void;
}

interface RowMenuProps extends Pick<PageProps, "board" | "t"> {
  /** Of the row, among all tables of the page. */
  readonly id: string;
  readonly name: string;
  readonly actions: readonly RowAction[];
}

/** Offer what can be done with a table's row, behind one button. */
export function RowMenu({ board, t, id, name, actions }: RowMenuProps) {
  if (actions.length === 0) return null;
  return (
    <span class="wl-inline wl-inline-end wl-actions">
      <Menu
        board={board}
        name={`row-${id}`}
        kind="quiet"
        icon
        label={`${t.more}: ${name}`}
        testId="row-menu"
        items={() => actions.map(({ label, run }) => ({ key: label, label, run }))}
      >
        <Icon name="dots" />
      </Menu>
    </span>
  );
}
