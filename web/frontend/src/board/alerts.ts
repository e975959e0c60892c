/** Alert an agent who looks elsewhere, once for all tabs: of a client's words, an assignment, or a mention. */

import { effect, type Signal, signal } from "@preact/signals";

import { mentionOf, type Summary } from "../core/inbox.ts";
import { inOneTab } from "../link/environment.ts";

export type NotificationState = "off" | "on" | "refused" | "impossible";

/** What alerts need from the browser; tests have one of their own. */
export interface BrowserAlerts {
  permission(): NotificationPermission | null;
  ask(): Promise<NotificationPermission>;
  notify(title: string, text: string, client: string, onClick: () => void): void;
  beep(): void;
  /** Notify in this browser also while no board is open, or no longer. */
  push(isOn: boolean): void;
  /** Whether the page is visible and has the focus. */
  watched(): boolean;
  write(key: string, text: string): void;
  read(key: string): string;
}

const NOTIFY = "wl-notify";
const SOUND = "wl-sound";
const OFF = "off";
/** Hold the lock this long, so that slower tabs find the alert already given. */
const SETTLE_MS = 2_000;

interface AlertsContext {
  readonly me: string;
  readonly summaries: () => Readonly<Record<string, Summary>>;
  readonly known: () => boolean;
  readonly nameOf: (summary: Summary) => string;
  readonly wordsOf: (summary: Summary) => string;
  /** Whether the connection just brought the summary; a page of the list may bring old ones. */
  readonly isLive: (summary: Summary) => boolean;
  /** The notification's text when a colleague assigns a conversation. */
  readonly handedOver: string;
  /** … and when a colleague's note mentions the agent. */
  readonly mentionsYou: string;
  readonly open: (client: string) => void;
}

export class Alerts {
  readonly notices: Signal<NotificationState>;
  readonly sound: Signal<boolean>;
  readonly stop: () => void;
  #before: Readonly<Record<string, Summary>> | null = null;

  constructor(
    readonly browser: BrowserAlerts,
    readonly context: AlertsContext,
  ) {
    const permission = browser.permission();
    const isOn = permission === "granted" && browser.read(NOTIFY) !== "";
    this.notices = signal(
      permission === null ? "impossible" : isOn ? "on" : permission === "denied" ? "refused" : "off",
    );
    this.sound = signal(browser.read(SOUND) !== OFF);
    this.stop = effect(() => {
      const summaries = context.summaries();
      const before = this.#before;
      if (!context.known()) return;
      this.#before = summaries;
      if (before === null || before === summaries) return;
      for (const summary of Object.values(summaries))
        if (before[summary.client] !== summary) this.#look(before[summary.client], summary);
    });
  }

  /** Turn notifications on or off. Call it from a click only: the browser may ask for permission. */
  async toggleNotices(): Promise<void> {
    if (this.notices.peek() === "on") {
      this.browser.write(NOTIFY, "");
      this.browser.push(false);
      this.notices.value = "off";
      return;
    }
    const answer = await this.browser.ask();
    if (answer === "granted") {
      this.browser.write(NOTIFY, "on");
      this.browser.push(true);
    }
    this.notices.value = answer === "granted" ? "on" : answer === "denied" ? "refused" : "off";
  }

  toggleSound(): void {
    this.sound.value = !this.sound.peek();
    this.browser.write(SOUND, this.sound.peek() ? "" : OFF);
  }

  #look(before: Summary | undefined, now: Summary): void {
    const { me, nameOf, wordsOf, open } = this.context;
    const isMine = now.assignee === me;
    const isHandedOver = isMine && before?.assignee !== me && this.context.isLive(now) && !isMyDoing(now, me);
    const mention = this.context.isLive(now) ? mentionOf(now, me) : null;
    const isMentioned = mention !== null && (!before || mentionOf(before, me)?.id !== mention.id);
    const isOfDesk = isHandedOver || isMentioned;
    if (!isOfDesk && !(this.#hasSpoken(before, now) && (isMine || now.assignee === null))) return;
    if (this.browser.watched()) return;
    void inOneTab(`alert/${now.client}/${isOfDesk ? `rev-${now.rev}` : now.last?.seq}`, async () => {
      if (this.sound.peek()) this.browser.beep();
      const { mentionsYou, handedOver } = this.context;
      const text = isMentioned ? mentionsYou : isHandedOver ? handedOver : wordsOf(now);
      if (this.notices.peek() === "on") this.browser.notify(nameOf(now), text, now.client, () => open(now.client));
      await new Promise((done) => setTimeout(done, SETTLE_MS));
    });
  }

  /** Return whether the client wrote something new. A later page of the list brings old messages of unknown clients. */
  #hasSpoken(before: Summary | undefined, now: Summary): boolean {
    const { client, last, unread } = now;
    if (last?.from !== client || last.seq === before?.last?.seq) return false;
    return before ? unread > before.unread : unread > 0 && this.context.isLive(now);
  }
}

/** Return whether this agent assigned it, by a command or by answering. */
const isMyDoing = ({ did, last }: Summary, me: string): boolean =>
  last?.from === me || did.some((command) => command.startsWith(`${me}/`));
