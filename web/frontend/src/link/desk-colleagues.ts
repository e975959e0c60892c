/** The other agents of the teams: their state, and which conversations they have open. */

import { type Signal, signal } from "@preact/signals";
import type { Colleague as Member, TeamPresence } from "../protocol/payloads.ts";

export type ColleagueState = Pick<Member, "state" | "viewing">;

export class Colleagues {
  readonly agents: Signal<Readonly<Record<string, ColleagueState>>> = signal({});
  readonly #byTeam = new Map<string, Map<string, ColleagueState>>();
  #listed: readonly string[] = [];

  constructor(private readonly me: string) {}

  /** Take the desk's list of online agents. */
  list(ids: readonly string[]): void {
    this.#listed = ids;
    this.#show();
  }

  hear(team: string, { agents, all }: TeamPresence): void {
    const members = new Map(all ? [] : this.#byTeam.get(team));
    for (const { id, state, viewing } of agents)
      if (state === "offline") members.delete(id);
      else members.set(id, { state, viewing });
    this.#byTeam.set(team, members);
    this.#show();
  }

  /** The connection ended, or the teams changed: nothing heard is certain. */
  reset(): void {
    this.#byTeam.clear();
  }

  #show(): void {
    // Of an agent that only the desk lists the presence has not come, or is another team's.
    const others: Record<string, ColleagueState> = {};
    for (const id of this.#listed) others[id] = { state: "online", viewing: [] };
    // Each team hears which of its own conversations an agent has open.
    for (const members of this.#byTeam.values())
      for (const [id, { state, viewing }] of members)
        others[id] = { state, viewing: [...(others[id]?.viewing ?? []), ...viewing] };
    delete others[this.me];
    this.agents.value = others;
  }
}
