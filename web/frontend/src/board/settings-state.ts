/** Load the desk's settings on first use, and save each with the revision it was read at. */

import { type Signal, signal } from "@preact/signals";

import type { Api, SettingName, Settings, SettingValues } from "../link/desk-api.ts";
import { type Fault, faultOf, LOADING, type Load, loadOf } from "./request.tsx";

export type SaveState =
  | { readonly state: "resting" }
  | { readonly state: "saving" }
  | { readonly state: "saved" }
  /** A colleague saved in between: their version is loaded, and the form still shows this agent's. */
  | { readonly state: "stale" }
  | { readonly state: "refused"; readonly fault: Fault };

const CONFLICT = 409;

export class SettingsState {
  readonly state: Signal<Load<Settings>> = signal(LOADING);
  #asked = false;

  constructor(readonly api: Pick<Api, "settings" | "save">) {}

  /** Load the settings unless they are loaded or loading. */
  want(): void {
    if (!this.#asked) void this.load();
  }

  async load(): Promise<void> {
    this.#asked = true;
    const load = await loadOf(this.api.settings());
    if (load.state === "failed" && this.state.peek().state === "loaded") return;
    this.#asked = load.state === "loaded";
    this.state.value = load;
  }

  async save<K extends SettingName>(name: K, value: SettingValues[K]): Promise<SaveState> {
    const loaded = this.state.peek();
    if (loaded.state !== "loaded") return { state: "resting" };
    try {
      const saved = await this.api.save(name, { rev: loaded.value[name].rev, value });
      this.state.value = { state: "loaded", value: { ...loaded.value, [name]: saved } };
      return { state: "saved" };
    } catch (fault) {
      if ((fault as { status?: number }).status !== CONFLICT) return { state: "refused", fault: faultOf(fault) };
      await this.load();
      return { state: "stale" };
    }
  }
}
