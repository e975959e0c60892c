/** Load the desk's settings on first use, and save each with the revision it was read at. */

import { type Signal, signal } from "@preact/signals";

import type { Api, Kept, SettingName, Settings, SettingValues } from "../link/desk-api.ts";
import { SETTINGS_FORM } from "../link/settings.gen.ts";
import type { NoteDrafts } from "./drafts.ts";
import { type Fault, faultOf, LOADING, type Load, loadOf } from "./request.tsx";

export type SaveState =
  | { readonly state: "resting" }
  | { readonly state: "saving" }
  | { readonly state: "saved" }
  /** A colleague saved in between: their version is loaded, and the form still shows this agent's. */
  | { readonly state: "stale" }
  | { readonly state: "refused"; readonly fault: Fault };

const CONFLICT = 409;
const NOT_KEPT: NoteDrafts = { writeDraft: () => undefined, readDraft: () => "" };

const draftKey = (name: SettingName): string => `setting/${name}`;

/** What is typed and not saved, and the form of the settings that it was typed in. */
type Draft<T> = Kept<T> & { readonly form: string };

/** Return a stored draft; null for what is damaged, or older than the program. */
function parseDraft<T>(text: string): Draft<T> | null {
  try {
    const draft = JSON.parse(text) as Draft<T> | null;
    return draft?.form === SETTINGS_FORM ? draft : null;
  } catch {
    return null;
  }
}

export class SettingsState {
  readonly state: Signal<Load<Settings>> = signal(LOADING);
  #asked = false;

  constructor(
    readonly api: Pick<Api, "settings" | "save">,
    readonly drafts: NoteDrafts = NOT_KEPT,
  ) {}

  /** Return what was typed and not saved, with the revision that it was made from. */
  draftOf<K extends SettingName>(name: K): Kept<SettingValues[K]> | null {
    const loaded = this.state.peek();
    const text = this.drafts.readDraft(draftKey(name));
    return loaded.state === "loaded" && text !== "" ? parseDraft<SettingValues[K]>(text) : null;
  }

  /** Return what is saved; null before it is loaded. */
  savedOf<K extends SettingName>(name: K): SettingValues[K] | null {
    const loaded = this.state.peek();
    return loaded.state === "loaded" ? (loaded.value[name].value as SettingValues[K]) : null;
  }

  /** Keep what is typed over navigation and reload; null: nothing is unsaved. */
  keepDraft<K extends SettingName>(name: K, value: SettingValues[K] | null): void {
    const loaded = this.state.peek();
    if (loaded.state !== "loaded") return;
    const text = value === null ? "" : JSON.stringify({ rev: loaded.value[name].rev, form: SETTINGS_FORM, value });
    this.drafts.writeDraft(draftKey(name), text);
  }

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
