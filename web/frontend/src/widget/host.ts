/** What launcher and panel know of each other. Types only, because they are built apart. */

import type { Card } from "../protocol/kinds.ts";
import type { Lang } from "../ui/messages.ts";

export interface Host {
  readonly root: ShadowRoot;
  /** The element for the panel, inside the shadow root. */
  readonly place: HTMLElement;
  /** Wattline's origin; empty on its own pages. */
  readonly base: string;
  readonly lang: Lang;
  /** The newest signed identity from the portal; null for a guest. */
  readonly identity: string | null;
  /** The portal's URL for a fresh identity; null for none. */
  readonly identityUrl: string | null;
  /** Shows the count on the launcher and in the page's title. */
  setUnread(count: number): void;
  /** Tells the page which period an agent shared last. */
  setPeriod(card: Card | null): void;
  /** Hides the launcher, or shows it with the focus. */
  setOpen(open: boolean): void;
}
export interface Panel {
  open(): void;
  close(): void;
  /** The host's identity has changed. */
  identify(): void;
  /** Attaches a period of consumption to the next message. */
  ask(card: Card): void;
}
export interface PanelModule {
  readonly attach: (host: Host) => Panel;
}
