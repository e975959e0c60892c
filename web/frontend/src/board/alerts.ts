/**
 * Tells an agent who looks elsewhere that a client has written, or that a conversation was handed over: a notification and
 * a sound, once for all tabs.
 */

import { effect, type Signal, signal } from "@preact/signals";

import type { Summary } from "../core/inbox.ts";
import { inOneTab } from "../link/environment.ts";

export type NoticeState = "off" | "on" | "refused" | "impossible";

/** What alerts need of the browser, so that what is decided here is tested without one. */
export interface BrowserAlerts {
  permission(): NotificationPermission | null;
  ask(): Promise<NotificationPermission>;
  notify(title: string, text: string, client: string, onClick: () => void): void;
  beep(): void;
  /** Whether somebody has this page in front of them. */
  watched(): boolean;
  keep(key: string, text: string): void;
  kept(key: string): string;
}

const NOTIFY = "wl-notify";
const SOUND = "wl-sound";
const OFF = "off";

interface Heard {
  readonly me: string;
  readonly summaries: () => Readonly<Record<string, Summary>>;
  readonly known: () => boolean;
  readonly nameOf: (summary: Summary) => string;
  readonly wordsOf: (summary: Summary) => string;
  /** Whether the connection has just brought it, and no page of the list. */
  readonly isLive: (summary: Summary) => boolean;
  /** What is said where somebody hands a conversation over. */
  readonly handedOver: string;
  readonly open: (client: string) => void;
}

export class Alerts {
  readonly notices: Signal<NoticeState>;
  readonly sound: Signal<boolean>;
  readonly stop: () => void;
  #before: Readonly<Record<string, Summary>> | null = null;

  constructor(
    readonly browser: BrowserAlerts,
    readonly heard: Heard,
  ) {
    const allowed = browser.permission();
    this.notices = signal(
      allowed === null
        ? "impossible"
        : allowed === "denied"
          ? "refused"
          : allowed === "granted" && browser.kept(NOTIFY) !== ""
            ? "on"
            : "off",
    );
    this.sound = signal(browser.kept(SOUND) !== OFF);
    this.stop = effect(() => {
      const summaries = heard.summaries();
      const before = this.#before;
      if (!heard.known()) return;
      this.#before = summaries;
      if (before === null || before === summaries) return;
      for (const summary of Object.values(summaries))
        if (before[summary.client] !== summary) this.#look(before[summary.client], summary);
    });
  }

  /** From a button alone: a browser asks its user at that moment. */
  async toggleNotices(): Promise<void> {
    if (this.notices.peek() === "on") {
      this.browser.keep(NOTIFY, "");
      this.notices.value = "off";
      return;
    }
    const answer = await this.browser.ask();
    if (answer === "granted") this.browser.keep(NOTIFY, "on");
    this.notices.value = answer === "granted" ? "on" : answer === "denied" ? "refused" : "off";
  }

  toggleSound(): void {
    this.sound.value = !this.sound.peek();
    this.browser.keep(SOUND, this.sound.peek() ? "" : OFF);
  }

  #look(before: Summary | undefined, now: Summary): void {
    const { me, nameOf, wordsOf, open } = this.heard;
    const isMine = now.assignee === me;
    const isHandedOver = isMine && before?.assignee !== me && this.heard.isLive(now) && !isMyDoing(now, me);
    if (!isHandedOver && !(this.#hasSpoken(before, now) && (isMine || now.assignee === null))) return;
    if (this.browser.watched()) return;
    void inOneTab(`alert/${now.client}/${isHandedOver ? `rev-${now.rev}` : now.last?.seq}`, async () => {
      if (this.sound.peek()) this.browser.beep();
      const text = isHandedOver ? this.heard.handedOver : wordsOf(now);
      if (this.notices.peek() === "on") this.browser.notify(nameOf(now), text, now.client, () => open(now.client));
      await new Promise((done) => setTimeout(done, SETTLE_MS));
    });
  }

  /** Whether the client has said something new. A page of the list that comes later holds old words of unknown clients. */
  #hasSpoken(before: Summary | undefined, now: Summary): boolean {
    const { client, last, unread } = now;
    if (last?.from !== client || last.seq === before?.last?.seq) return false;
    return before ? unread > before.unread : unread > 0 && this.heard.isLive(now);
  }
}

/** Whether I took it myself, by an order or by answering. */
const isMyDoing = ({ did, last }: Summary, me: string): boolean =>
  last?.from === me || did.some((command) => command.startsWith(`${me}/`));

/** So long the other tabs, slower ones too, find the word already told. */
const SETTLE_MS = 2_000;
