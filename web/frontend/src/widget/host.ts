/** What launcher and panel know of each other. Types only, because they are built apart. */

import type { Card } from "../protocol/kinds.ts";
import type { Lang } from "../ui/messages.ts";
import type { Told } from "./api.ts";

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
  /** The address of a service worker on the page's origin; null for none. */
  readonly worker: string | null;
  /** A text of the page for the field; empty when it was taken or refused. */
  draft: string;
  /** Whether the chat stayed open over a navigation, and takes no focus. */
  isReopened: boolean;
  /** Shows the count on the launcher and in the page's title. */
  setUnread(count: number): void;
  /** Tells the page's listeners. */
  tell<K extends keyof Told>(what: K, value: Told[K]): void;
  /** Hides the launcher, or shows it with the focus. */
  setOpen(open: boolean): void;
}
export interface Panel {
  open(): void;
  close(): void;
  /** The host's identity has changed. */
  identify(): void;
  /** The host's draft has changed. */
  prefill(): void;
  /** Ends the connection and removes what it drew. */
  end(): void;
  /** Attaches a period of consumption to the next message. */
  ask(card: Card): void;
}
export interface PanelModule {
  readonly attach: (host: Host) => Panel;
  /** Deletes all that this browser stores of the person, unsent messages too. */
  readonly forget: (me: string) => Promise<void>;
}
