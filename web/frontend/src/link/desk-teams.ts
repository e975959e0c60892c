/** The teams, and which of them are this agent's. */

import { type Signal, signal } from "@preact/signals";
import type { Summary } from "../protocol/payloads.ts";
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
}

const DEFAULT = "t-desk";
export const ONE_TEAM: Teams = { rev: 0, teams: [{ id: DEFAULT, name: "", members: [] }], mine: [DEFAULT] };
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

  /** The members of the agent's teams. */
  get mates(): readonly string[] {
    const { teams, mine } = this.state.value;
    return [...new Set(teams.filter(({ id }) => mine.includes(id)).flatMap(({ members }) => members))];
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
    this.#cancel = this.environment.timers.after(this.environment.chance() * ASK_WITHIN_MS, () => void this.#take(rev));
  }

  async #take(rev: number): Promise<void> {
    try {
      this.state.value = await this.ask();
      this.changed();
    } catch {
      this.hear(rev);
    }
  }
}
