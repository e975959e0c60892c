/** What launcher and panel know of each other. Types only: the two are built apart. */

import type { Card } from "../protocol/kinds.ts";
import type { Lang } from "../ui/messages.ts";

export interface Host {
  readonly root: ShadowRoot;
  /** Inside the root, free of the page's styles: where the panel is drawn. */
  readonly place: HTMLElement;
  /** Where Wattline lives; empty on its own pages. */
  readonly base: string;
  readonly lang: Lang;
  /** The portal's signed word about its user, the newest that it gave; null for a guest. */
  readonly identity: string | null;
  /** Where the portal gives a fresh one; null where it does not. */
  readonly identityUrl: string | null;
  /** Shows the count on the launcher and in the page's title. */
  setUnread(count: number): void;
  /** The panel was opened or closed: the launcher steps aside or takes the focus back. */
  setOpen(open: boolean): void;
}
export interface Panel {
  open(): void;
  close(): void;
  /** The host's identity is another one now. */
  identify(): void;
  /** Puts a period of consumption beside the field, to be sent with a question. */
  ask(card: Card): void;
}
export interface PanelModule {
  readonly attach: (host: Host) => Panel;
}
