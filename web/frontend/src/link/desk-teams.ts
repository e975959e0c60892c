/** The teams, and which of them are this agent's. */

import { type Signal, signal } from "@preact/signals";
import type { Summary } from "../protocol/payloads.ts";
import { DEFAULT_TEAM } from "../protocol/topics.ts";
import type { Environment } from "./link.ts";

export interface Team {
  readonly id: string;
  readonly name: string;
  /** The first 200 of its agents. */
  readonly members: readonly string[];
}
export interface Teams {
  readonly rev: number;
  /** The default team first. */
  readonly teams: readonly Team[];
  readonly mine: readonly string[];
  /** Whether the agent reads the conversations of all teams. */
  readonly reads_all: boolean;
}

export const ONE_TEAM: Teams = {
  rev: 0,
  teams: [{ id: DEFAULT_TEAM, name: "", members: [] }],
  mine: [DEFAULT_TEAM],
  reads_all: true,
};
/** All boards hear of a change at once, and ask spread over this time. */
const ASK_WITHIN_MS = 3_000;

export class DeskTeams {
  readonly state: Signal<Teams>;
  #cancel = (): void => {};

  constructor(
    teams: Teams,
    private readonly environment: Environment,
    private readonly ask: () => Promise<Teams>,
    private readonly changed: () => void,
  ) {
    this.state = signal(teams);
  }

  get areSeveral(): boolean {
    return this.state.value.teams.length > 1;
  }

  /** The agent's teams; null while there is only one team. */
  get mine(): readonly string[] | null {
    return this.areSeveral ? this.state.value.mine : null;
  }

  /** The teams whose conversations the agent reads, `+` for all; null while there is only one. */
  get reads(): readonly string[] | null {
    return this.state.value.reads_all ? this.mine && ["+"] : this.mine;
  }

  /** Return the team of a conversation. */
  of({ team }: Pick<Summary, "team">): Team {
    const { teams } = this.state.value;
    return teams.find(({ id }) => id === team) ?? (teams[0] as Team);
  }

  /** Take the number in the desk's notice, which rises when the teams change. */
  hear(rev = 0): void {
    this.#cancel();
    if (rev === (this.areSeveral ? this.state.peek().rev : 0)) return;
    this.#askSoon(rev);
  }

  /** The broker refused a subscription: the agent may be in other teams now. */
  denied(): void {
    this.#cancel();
    this.#askSoon(null);
  }

  #askSoon(rev: number | null): void {
    this.#cancel = this.environment.timers.after(this.environment.chance() * ASK_WITHIN_MS, () => void this.#take(rev));
  }

  async #take(rev: number | null): Promise<void> {
    try {
      const teams = await this.ask();
      if (JSON.stringify(teams) === JSON.stringify(this.state.peek())) return;
      this.state.value = teams;
      this.changed();
    } catch {
      if (rev !== null) this.hear(rev); // a refused connection is tried, and refused, again
    }
  }
}
