import { useLayoutEffect, useRef } from "preact/hooks";

import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { personClass } from "../ui/person.ts";
import * as menuItems from "./menu-items.ts";
import type { Choice, MenuItem } from "./picker.tsx";
import type { Board } from "./state.ts";

/** Return a menu's items when it opens. Args: from: the items of the menus, which load with the list. */
export type MenuItems = (from: typeof menuItems) => readonly MenuItem[];

const STEPS: Readonly<Record<string, (at: number, n: number) => number>> = {
  ArrowDown: (at, n) => (at + 1) % n,
  ArrowUp: (at, n) => (at - 1 + n) % n,
  Home: () => 0,
  End: (_, n) => n - 1,
};

/** Return a hotkey's keys: "Ctrl Enter" is two. */
const keysOf = (hotkey: string): readonly string[] => hotkey.split(" ");

/** Draw what a choice is about; one without a drawing has its check mark there, or the room for it. */
function Mark({ choice: { face, icon, checked } }: { readonly choice: Choice }) {
  if (face)
    return (
      <span class={`wl-face ${personClass(face.id)}`}>
        <Avatar {...face} small />
      </span>
    );
  if (icon) return <Icon name={icon} />;
  return checked === undefined ? null : <span class="wl-menu-check">{checked && <Icon name="check" />}</span>;
}

function Item({ choice, onDone }: { readonly choice: Choice; readonly onDone: () => void }) {
  return (
    <button
      type="button"
      class="wl-menu-item"
      role={choice.checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={choice.checked}
      tabIndex={-1}
      // Enter and Ctrl Enter are the field's keys; here Enter chooses what has the focus.
      data-hotkey={choice.hotkey?.length === 1 ? choice.hotkey : undefined}
      onClick={() => {
        onDone();
        choice.run();
      }}
    >
      <Mark choice={choice} />
      <span class="wl-menu-label">{choice.label}</span>
      {choice.hint && <span class="wl-menu-hint">{choice.hint}</span>}
      {choice.checked && (choice.icon ?? choice.face) && <Icon name="check" />}
      {choice.hotkey && (
        <span aria-hidden="true">
          {keysOf(choice.hotkey).map((key) => (
            <kbd key={key} class="wl-key">
              {key}
            </kbd>
          ))}
        </span>
      )}
    </button>
  );
}

/** Move the focus into the list, between its items and back to its button, and close it when the focus leaves. */
function useMenuFocus(board: Board) {
  const list = useRef<HTMLDivElement>(null);
  /** The list with its button. */
  const root = (): HTMLElement | null | undefined => list.current?.parentElement;
  const choices = (): HTMLElement[] => [...(list.current?.querySelectorAll<HTMLElement>("[role^='menuitem']") ?? [])];
  const close = (): void => {
    board.menu.value = null;
  };

  // Only the focused item is a Tab stop (a roving tabindex): a scrollable list needs one to be reachable by keyboard.
  const focusOn = (choice: HTMLElement | undefined): void => {
    for (const each of choices()) each.tabIndex = each === choice ? 0 : -1;
    choice?.focus();
  };

  // Before the list goes: with it would go the focus. A choice that moves the focus runs later.
  const closeToButton = (): void => {
    root()?.querySelector("button")?.focus();
    close();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const all = choices();
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey); // Ctrl 1 is the browser's first tab
    const chosen = isPlain && all.find(({ dataset }) => dataset.hotkey === event.key);
    const step = STEPS[event.key];
    if (event.key === "Escape") closeToButton();
    else if (chosen) chosen.click();
    else if (step && all.length > 0) focusOn(all[step(all.indexOf(document.activeElement as HTMLElement), all.length)]);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the menu may be gone: to the board the key would be a letter of a text
  };

  useLayoutEffect(() => {
    const all = choices();
    focusOn(all.find((choice) => choice.getAttribute("aria-checked") === "true") ?? all[0]);
    const ended = new AbortController();
    const { signal } = ended;
    const isOutside = (target: EventTarget | null): boolean => target instanceof Node && !root()?.contains(target);
    root()?.addEventListener("keydown", onKeyDown, { signal });
    root()?.addEventListener("focusout", ({ relatedTarget }) => void (isOutside(relatedTarget) && close()), { signal });
    document.addEventListener("pointerdown", ({ target }) => void (isOutside(target) && close()), { signal });
    return () => ended.abort();
  }, []);

  return { list, closeToButton };
}

interface MenuListProps {
  readonly board: Board;
  readonly id: string;
  readonly label: string;
  readonly items: MenuItems;
}

/** Show an open menu's choices. */
export function MenuList({ board, id, label, items }: MenuListProps) {
  const { list, closeToButton } = useMenuFocus(board);
  return (
    <div ref={list} id={id} class="wl-menu-list" role="menu" aria-label={label}>
      {items(menuItems).map((item) =>
        "heading" in item ? (
          <div key={item.key} class="wl-menu-heading" role="presentation">
            {item.label}
          </div>
        ) : (
          <Item key={item.key} choice={item} onDone={closeToButton} />
        ),
      )}
    </div>
  );
}
