/** The desk's settings as the board has them: loaded when first wanted, saved one by one, never over a colleague's. */

import { type Signal, signal } from "@preact/signals";

import type { Api, SettingName, Settings, SettingValues } from "../link/desk-api.ts";
import { type Fault, faultOf } from "./fault.ts";

export type SettingsLoad =
  | { readonly state: "loading" }
  | { readonly state: "loaded"; readonly settings: Settings }
  | { readonly state: "failed" };

export type SaveState =
  | { readonly state: "resting" }
  | { readonly state: "saving" }
  | { readonly state: "saved" }
  /** A colleague has saved since: what they wrote is loaded, what is written here stays in the form. */
  | { readonly state: "stale" }
  | { readonly state: "refused"; readonly fault: Fault };

const CONFLICT = 409;

export class SettingsState {
  readonly state: Signal<SettingsLoad> = signal({ state: "loading" });
  #asked = false;

  constructor(readonly api: Pick<Api, "settings" | "save">) {}

  /** Loads them unless they are there or on their way. */
  want(): void {
    if (this.#asked) return;
    void this.load();
  }

  async load(): Promise<void> {
    this.#asked = true;
    const settings = await this.api.settings().catch(() => null);
    if (settings) this.state.value = { state: "loaded", settings };
    else if (this.state.peek().state !== "loaded") {
      this.#asked = false;
      this.state.value = { state: "failed" };
    }
  }

  async save<K extends SettingName>(name: K, value: SettingValues[K]): Promise<SaveState> {
    const held = this.state.peek();
    if (held.state !== "loaded") return { state: "resting" };
    try {
      const kept = await this.api.save(name, { rev: held.settings[name].rev, value });
      this.state.value = { state: "loaded", settings: { ...held.settings, [name]: kept } };
      return { state: "saved" };
    } catch (fault) {
      if ((fault as { status?: number }).status !== CONFLICT) return { state: "refused", fault: faultOf(fault) };
      await this.load();
      return { state: "stale" };
    }
  }
}
