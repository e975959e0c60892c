import type { ComponentChildren } from "preact";

import { Button, type ButtonKind } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { lazy } from "./lazy.tsx";
import type { MenuItems } from "./menu-list.tsx";
import type { Board, OpenMenu } from "./state.ts";

export const MenuList = lazy(() => import("./menu-list.tsx").then((chunk) => chunk.MenuList), {
  onMissing: ({ board }) => void (board.menu.value = null),
});

interface MenuProps {
  readonly board: Board;
  readonly name: Exclude<OpenMenu, null>;
  readonly label: string;
  readonly title?: string;
  readonly children?: ComponentChildren;
  readonly items: MenuItems;
  readonly kind?: ButtonKind;
  /** The button shows only a picture. */
  readonly icon?: boolean;
  readonly disabled?: boolean;
  /** Whether the screen shows one of its items. */
  readonly chosen?: boolean;
  readonly testId?: string;
}

/**
 * Open a list of choices with a button. Arrows move, Enter runs, Esc and leaving close. The focus returns to the button.
 */
export function Menu({ board, name, label, children, items, chosen = false, testId, ...button }: MenuProps) {
  const id = `wl-${name}-menu`;
  const open = board.menu.value === name;
  return (
    <div class={chosen ? "wl-menu wl-menu-chosen" : "wl-menu"}>
      <Button
        {...button}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        label={label}
        data-testid={testId}
        onClick={() => {
          board.menu.value = open ? null : name;
        }}
      >
        {children}
        {!button.icon && <Icon name="down" />}
      </Button>
      {open && <MenuList {...{ board, id, label, items }} />}
    </div>
  );
}
