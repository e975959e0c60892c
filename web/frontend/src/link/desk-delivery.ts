/** The markers by which this agent's board says that clients' messages have arrived, of conversations not open here. */

import type { DeskNotice, Summary } from "../protocol/payloads.ts";
import type { DeskTeams } from "./desk-teams.ts";
import type { Environment } from "./link.ts";

/** Messages of one client within this time get one marker. */
const DELIVER_AFTER_MS = 100;
/** Members of a team who mark its messages as delivered, as many as agents are named in the desk's notice. */
const MARKING = 12;

export class DeskDelivery {
  /** Markers to publish: the seq by client. */
  readonly #delivered = new Map<string, number>();

  constructor(
    private readonly me: string,
    private readonly environment: Environment,
    private readonly teams: DeskTeams,
    private readonly publish: (client: string, seq: number) => void,
  ) {}

  /**
   * Mark the client's message as delivered. Of many agents only the assignee does, and those that the notice names, or
   * the first members of a team: one marker from each of a thousand boards would be as many messages.
   */
  hear(summary: Summary, before: Summary | undefined, notice: DeskNotice | null): void {
    const { client, last, assignee } = summary;
    if (last?.from !== client || last.seq === before?.last?.seq) return;
    const named = notice?.agents ?? [];
    const marking = [...named.map(({ id }) => id), ...this.teams.of(summary).members.slice(0, MARKING)];
    if (assignee !== this.me && named.length > 0 && !marking.includes(this.me)) return;
    if (this.#delivered.size === 0) this.environment.timers.after(DELIVER_AFTER_MS, () => this.#publishAll());
    this.#delivered.set(client, Math.max(last.seq, this.#delivered.get(client) ?? 0));
  }

  #publishAll(): void {
    for (const [client, seq] of this.#delivered) this.publish(client, seq);
    this.#delivered.clear();
  }
}
