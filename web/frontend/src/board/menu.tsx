import type { ComponentChildren, TargetedFocusEvent, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { Button, type ButtonKind } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

export interface MenuItem {
  readonly key: string;
  readonly label: string;
  readonly checked?: boolean;
  /** A heading over the items that follow, not an item. */
  readonly heading?: boolean;
  /** The key that does the same. */
  readonly hotkey?: string;
  readonly run?: () => void;
}

export interface MenuProps {
  readonly id: string;
  readonly label: string;
  readonly children: ComponentChildren;
  readonly items: readonly MenuItem[];
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly kind?: ButtonKind;
  readonly hotkey?: string;
  readonly disabled?: boolean;
  /** One of its items is what the screen shows. */
  readonly chosen?: boolean;
  readonly testId?: string;
}

const STEPS: Readonly<Record<string, (at: number, n: number) => number>> = {
  ArrowDown: (at, n) => (at + 1) % n,
  ArrowUp: (at, n) => (at - 1 + n) % n,
  Home: () => 0,
  End: (_, n) => n - 1,
};

/** A button with a list of things to do. Arrows move, Enter does, Esc and leaving close; focus goes back to the button. */
export function Menu(props: MenuProps) {
  const {
    id,
    label,
    children,
    items,
    open,
    onOpen,
    kind = "plain",
    hotkey,
    disabled = false,
    chosen = false,
    testId,
  } = props;
  const root = useRef<HTMLDivElement>(null);
  const wasOpen = useRef(false);

  const choices = (): HTMLElement[] => [...(root.current?.querySelectorAll<HTMLElement>("[role^='menuitem']") ?? [])];

  // Only the focused item is a Tab stop (a roving tabindex): a list that scrolls needs one to be reachable by keyboard.
  const focusOn = (choice: HTMLElement | undefined): void => {
    for (const each of choices()) each.tabIndex = each === choice ? 0 : -1;
    choice?.focus();
  };

  useLayoutEffect(() => {
    if (open) {
      const all = choices();
      focusOn(all.find((choice) => choice.getAttribute("aria-checked") === "true") ?? all[0]);
    } else if (wasOpen.current && root.current?.contains(document.activeElement)) {
      root.current.querySelector<HTMLElement>("button")?.focus();
    }
    wasOpen.current = open;
  }, [open]);

  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: PointerEvent): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) onOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    if (!open) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      root.current?.querySelector<HTMLElement>("button")?.focus();
      onOpen(false);
      return;
    }
    const all = choices();
    const step = STEPS[event.key];
    if (!step || all.length === 0) return;
    event.preventDefault();
    focusOn(all[step(all.indexOf(document.activeElement as HTMLElement), all.length)]);
  };

  const onFocusOut = (event: TargetedFocusEvent<HTMLDivElement>): void => {
    const next = event.relatedTarget;
    if (open && next instanceof Node && !root.current?.contains(next)) onOpen(false);
  };

  return (
    <div ref={root} class={chosen ? "wl-menu wl-menu-chosen" : "wl-menu"} onKeyDown={onKeyDown} onFocusOut={onFocusOut}>
      <Button
        kind={kind}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        label={label}
        disabled={disabled}
        data-testid={testId}
        {...(hotkey ? { hotkey } : {})}
        onClick={() => onOpen(!open)}
      >
        {children}
        <Icon name="down" />
      </Button>
      {open && (
        <div id={id} class="wl-menu-list" role="menu" aria-label={label}>
          {items.map((item) =>
            item.heading ? (
              <div key={item.key} class="wl-menu-heading" role="presentation">
                {item.label}
              </div>
            ) : (
              <button
                key={item.key}
                type="button"
                class="wl-menu-item"
                role={item.checked === undefined ? "menuitem" : "menuitemradio"}
                aria-checked={item.checked}
                tabIndex={-1}
                onClick={() => {
                  item.run?.();
                  onOpen(false);
                }}
              >
                <span>{item.label}</span>
                {item.checked && <Icon name="check" />}
                {item.hotkey && (
                  <kbd class="wl-key" aria-hidden="true">
                    {item.hotkey}
                  </kbd>
                )}
              </button>
            ),
          )}
        </div>
      )}
    </div>
  );
}
