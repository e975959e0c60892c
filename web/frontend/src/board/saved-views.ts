/** The saved views of the inbox: the agent's own and those that the desk shares. */

import { type Signal, signal } from "@preact/signals";

import type { Api, SavedView, Views, Whose } from "../link/desk-api.ts";

const NONE: Views = { rev: 0, views: [] };
const CONFLICT = 409;

export class SavedViews {
  readonly state: Signal<Readonly<Record<Whose, Views>>> = signal({ own: NONE, desk: NONE });
  #isLoaded = false;

  constructor(private readonly api: Pick<Api, "views" | "saveViews">) {}

  /** Return all views, the agent's own first. */
  get all(): readonly SavedView[] {
    const { own, desk } = this.state.value;
    return [...own.views, ...desk.views];
  }

  /** Ask for the views unless they came already. */
  want(): void {
    if (!this.#isLoaded) void this.load();
  }

  /** Ask for the views; those at hand stay when the server does not answer. */
  async load(): Promise<void> {
    const found = await this.api.views().catch(() => null);
    if (!found) return;
    this.#isLoaded = true;
    this.state.value = found;
  }

  /** Change the newest views. Raises: RestError. */
  async change(whose: Whose, by: (views: readonly SavedView[]) => readonly SavedView[]): Promise<void> {
    const save = async (): Promise<Views> => {
      const { rev, views } = this.state.peek()[whose];
      return await this.api.saveViews(whose, rev, by(views));
    };
    const saved = await save().catch(async (fault: unknown) => {
      if ((fault as { status?: number }).status !== CONFLICT) throw fault;
      await this.load(); // a colleague or another tab was first
      return await save();
    });
    this.state.value = { ...this.state.peek(), [whose]: saved };
  }
}
