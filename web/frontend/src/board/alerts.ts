/** Tells an agent who looks elsewhere that a client has written: a notification and a sound, once for all tabs. */

import { effect, type Signal, signal } from "@preact/signals";

import type { Summary } from "../core/inbox.ts";
import { inOneTab } from "../link/upload.ts";

export type NoticeState = "off" | "on" | "refused" | "impossible";

/** The page's own doors, so that what is decided here is tested without them. */
export interface Doors {
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
  readonly open: (client: string) => void;
}

export class Alerts {
  readonly notices: Signal<NoticeState>;
  readonly sound: Signal<boolean>;
  readonly stop: () => void;
  #before: Readonly<Record<string, Summary>> | null = null;

  constructor(
    readonly doors: Doors,
    readonly heard: Heard,
  ) {
    const allowed = doors.permission();
    this.notices = signal(
      allowed === null ? "impossible" : allowed === "denied" ? "refused" : allowed === "granted" && doors.kept(NOTIFY) !== "" ? "on" : "off",
    );
    this.sound = signal(doors.kept(SOUND) !== OFF);
    this.stop = effect(() => {
      const summaries = heard.summaries();
      const before = this.#before;
      if (!heard.known()) return;
      this.#before = summaries;
      if (before === null || before === summaries) return;
      for (const summary of Object.values(summaries)) if (before[summary.client] !== summary) this.#look(before[summary.client], summary);
    });
  }

  /** From a button alone: a browser asks its user at that moment. */
  async toggleNotices(): Promise<void> {
    if (this.notices.peek() === "on") {
      this.doors.keep(NOTIFY, "");
      this.notices.value = "off";
      return;
    }
    const answer = await this.doors.ask();
    if (answer === "granted") this.doors.keep(NOTIFY, "on");
    this.notices.value = answer === "granted" ? "on" : answer === "denied" ? "refused" : "off";
  }

  toggleSound(): void {
    this.sound.value = !this.sound.peek();
    this.doors.keep(SOUND, this.sound.peek() ? "" : OFF);
  }

  #look(before: Summary | undefined, now: Summary): void {
    const { me, nameOf, wordsOf, open } = this.heard;
    const forMe = now.assignee === null || now.assignee === me;
    const spoke = now.last?.from === now.client && now.last.seq !== before?.last?.seq;
    // A page of the list that comes later holds old words, not new ones.
    if (!forMe || !spoke || !before || now.unread <= before.unread || this.doors.watched()) return;
    void inOneTab(`alert/${now.client}/${now.last.seq}`, async () => {
      if (this.sound.peek()) this.doors.beep();
      if (this.notices.peek() === "on") this.doors.notify(nameOf(now), wordsOf(now), now.client, () => open(now.client));
      await new Promise((done) => setTimeout(done, SETTLE_MS));
    });
  }
}

/** So long the other tabs, slower ones too, find the word already told. */
const SETTLE_MS = 2_000;
