import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { SettingName, Settings, SettingValues } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { faultText, NOT_REACHED } from "../fault.ts";
import type { SaveState } from "../settings-state.ts";
import { type PageProps, Show } from "./loaded.tsx";

/** The settings once they are there: loaded on the first look, the same for every page. */
export function WithSettings({
  board,
  t,
  words,
  children,
}: PageProps & { readonly children: (settings: Settings) => ComponentChildren }) {
  const { settings } = board;
  useEffect(() => settings.want(), []);
  const held = settings.state.value;
  const load =
    held.state === "loaded"
      ? { state: "loaded" as const, value: held.settings }
      : held.state === "failed"
        ? { state: "failed" as const, fault: NOT_REACHED }
        : held;
  return (
    <Show loaded={{ load, again: () => settings.load() }} t={t} words={words}>
      {children}
    </Show>
  );
}

interface SettingFormProps<K extends SettingName> extends PageProps {
  readonly name: K;
  readonly kept: SettingValues[K];
  /** What one leaves behind while writing, such as empty lines, is not saved. */
  readonly clean?: (value: SettingValues[K]) => SettingValues[K];
  /** The form's fields; `change` is called with the whole value as it would be saved. */
  readonly children: (
    value: SettingValues[K],
    change: (value: SettingValues[K]) => void,
    disabled: boolean,
  ) => ComponentChildren;
}

/** One setting as a form: changed freely, saved whole by the button, and never over what a colleague saved meanwhile. */
export function SettingForm<K extends SettingName>({ board, t, name, kept, clean, children }: SettingFormProps<K>) {
  const [draft, setDraft] = useState<SettingValues[K] | null>(null);
  const [saving, setSaving] = useState<SaveState>({ state: "resting" });
  const { admin } = board.config.me;
  const save = async (): Promise<void> => {
    if (draft === null) return;
    setSaving({ state: "saving" });
    const outcome = await board.settings.save(name, clean ? clean(draft) : draft);
    setSaving(outcome);
    if (outcome.state === "saved") setDraft(null);
  };
  const change = (value: SettingValues[K]): void => {
    setDraft(value);
    setSaving({ state: "resting" });
  };
  return (
    <form
      class="wl-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {children(draft ?? kept, change, !admin)}
      {admin && (
        <div class="wl-form-end">
          <SaveLine saving={saving} t={t} />
          {draft !== null && (
            <Button
              onClick={() => {
                setDraft(null);
                setSaving({ state: "resting" });
              }}
            >
              {t.undo}
            </Button>
          )}
          <Button kind="primary" type="submit" disabled={draft === null || saving.state === "saving"}>
            {t.save}
          </Button>
        </div>
      )}
    </form>
  );
}

/** How saving went, in words. */
export function SaveLine({ saving, t }: { readonly saving: SaveState; readonly t: PageProps["t"] }) {
  const said = {
    resting: "",
    saving: t.saving,
    saved: t.saved,
    stale: t.stale,
    refused: saving.state === "refused" ? faultText(t.lang, saving.fault) || t.notReached : "",
  }[saving.state];
  return (
    <span
      class={saving.state === "refused" || saving.state === "stale" ? "wl-form-said wl-bad" : "wl-form-said"}
      role="status"
    >
      {said}
    </span>
  );
}
