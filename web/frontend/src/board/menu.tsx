import type { ComponentChildren, TargetedFocusEvent, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { Button, type ButtonKind } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import type { Choice } from "./picker.tsx";
import type { Board, OpenMenu } from "./state.ts";

/** A choice, or a heading over the choices that follow. */
export type MenuItem = Choice | { readonly key: string; readonly label: string; readonly heading: true };

interface MenuProps {
  readonly board: Board;
  readonly name: Exclude<OpenMenu, null>;
  readonly label: string;
  readonly children: ComponentChildren;
  readonly items: readonly MenuItem[];
  readonly kind?: ButtonKind;
  /** The button shows only a picture. */
  readonly icon?: boolean;
  readonly disabled?: boolean;
  /** Whether the screen shows one of its items. */
  readonly chosen?: boolean;
  readonly testId?: string;
}

const STEPS: Readonly<Record<string, (at: number, n: number) => number>> = {
  ArrowDown: (at, n) => (at + 1) % n,
  ArrowUp: (at, n) => (at - 1 + n) % n,
  Home: () => 0,
  End: (_, n) => n - 1,
};

function Item({ choice, onDone }: { readonly choice: Choice; readonly onDone: () => void }) {
  return (
    <button
      type="button"
      class="wl-menu-item"
      role={choice.checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={choice.checked}
      tabIndex={-1}
      data-hotkey={choice.hotkey}
      onClick={() => {
        onDone();
        choice.run();
      }}
    >
      <span>{choice.label}</span>
      {choice.checked && <Icon name="check" />}
      {choice.hotkey && (
        <kbd class="wl-key" aria-hidden="true">
          {choice.hotkey}
        </kbd>
      )}
    </button>
  );
}

/** Move the focus into an open menu, between its items and back to its button, and close it when the focus leaves. */
function useMenuFocus(open: boolean, setOpen: (next: boolean) => void) {
  const root = useRef<HTMLDivElement>(null);
  const choices = (): HTMLElement[] => [...(root.current?.querySelectorAll<HTMLElement>("[role^='menuitem']") ?? [])];

  // Only the focused item is a Tab stop (a roving tabindex): a scrollable list needs one to be reachable by keyboard.
  const focusOn = (choice: HTMLElement | undefined): void => {
    for (const each of choices()) each.tabIndex = each === choice ? 0 : -1;
    choice?.focus();
  };

  useLayoutEffect(() => {
    if (open) {
      const all = choices();
      focusOn(all.find((choice) => choice.getAttribute("aria-checked") === "true") ?? all[0]);
    }
  }, [open]);

  // Before the list goes: with it would go the focus. A choice that moves the focus runs later.
  const closeToButton = (): void => {
    root.current?.querySelector<HTMLElement>("button")?.focus();
    setOpen(false);
  };

  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: PointerEvent): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    if (!open) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      closeToButton();
      return;
    }
    const all = choices();
    const chosen = all.find(({ dataset }) => dataset.hotkey === event.key);
    if (chosen) {
      event.preventDefault();
      chosen.click();
      return;
    }
    const step = STEPS[event.key];
    if (!step || all.length === 0) return;
    event.preventDefault();
    focusOn(all[step(all.indexOf(document.activeElement as HTMLElement), all.length)]);
  };

  const onFocusOut = (event: TargetedFocusEvent<HTMLDivElement>): void => {
    const next = event.relatedTarget;
    if (open && next instanceof Node && !root.current?.contains(next)) setOpen(false);
  };

  return { root, closeToButton, onKeyDown, onFocusOut };
}

/**
 * Open a list of choices with a button. Arrows move, Enter runs, Esc and leaving close. The focus returns to the button.
 */
export function Menu({ board, name, label, children, items, chosen = false, testId, ...button }: MenuProps) {
  const id = `wl-${name}-menu`;
  const open = board.menu.value === name;
  const setOpen = (next: boolean): void => {
    board.menu.value = next ? name : null;
  };
  const { root, closeToButton, ...events } = useMenuFocus(open, setOpen);
  return (
    <div ref={root} class={chosen ? "wl-menu wl-menu-chosen" : "wl-menu"} {...events}>
      <Button
        {...button}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        label={label}
        data-testid={testId}
        onClick={() => setOpen(!open)}
      >
        {children}
        {!button.icon && <Icon name="down" />}
      </Button>
      {open && (
        <div id={id} class="wl-menu-list" role="menu" aria-label={label}>
          {items.map((item) =>
            "heading" in item ? (
              <div key={item.key} class="wl-menu-heading" role="presentation">
                {item.label}
              </div>
            ) : (
              <Item key={item.key} choice={item} onDone={closeToButton} />
            ),
          )}
        </div>
      )}
    </div>
  );
}
