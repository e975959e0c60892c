import { type ComponentChildren, Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Kept, SettingName, Settings, SettingValues } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { faultText, WhenLoaded } from "../request.tsx";
import type { SaveState } from "../settings-state.ts";
import type { PageProps } from "../state.ts";
import { EditableProvider } from "./field.tsx";

type WithSettingsProps = PageProps & { readonly children: (settings: Settings) => ComponentChildren };

/** Load the settings on the first use, and show something with them. */
export function WithSettings({ board: { settings }, t, words, children }: WithSettingsProps) {
  useEffect(() => settings.want(), []);
  return (
    <WhenLoaded request={{ load: settings.state.value, again: () => settings.load() }} t={t} words={words}>
      {children}
    </WhenLoaded>
  );
}

interface FormProps<K extends SettingName> extends PageProps {
  readonly name: K;
  /** Remove what editing leaves behind, such as empty lines, before it is saved. */
  readonly clean?: (value: SettingValues[K]) => SettingValues[K];
  /** Say what was changed and what follows, beside that it is not saved. */
  readonly says?: (before: SettingValues[K], now: SettingValues[K]) => string;
  /** Draw the fields. `change` takes the whole new value. */
  readonly children: (value: SettingValues[K], change: (value: SettingValues[K]) => void) => ComponentChildren;
}

/** Show one setting as a form. Only an administrator can change and save it. */
export const SettingForm = <K extends SettingName>(props: FormProps<K>) => (
  <WithSettings board={props.board} t={props.t} words={props.words}>
    {(settings) => <LoadedForm {...props} kept={settings[props.name] as Kept<SettingValues[K]>} />}
  </WithSettings>
);

type LoadedFormProps<K extends SettingName> = FormProps<K> & { readonly kept: Kept<SettingValues[K]> };

function LoadedForm<K extends SettingName>({ board, t, name, clean, says, kept, children }: LoadedFormProps<K>) {
  const { admin } = board.config.me;
  const [before] = useState(() => (admin ? board.settings.draftOf(name) : null));
  const [draft, setDraft] = useState<SettingValues[K] | null>(before?.value ?? null);
  const isOld = before !== null && before.rev !== kept.rev;
  const [saving, setSaving] = useState<SaveState>({ state: isOld ? "stale" : "resting" });
  /** How many fields held a refused text at the last try to save. */
  const [wrong, setWrong] = useState(0);
  const [discarded, setDiscarded] = useState(0);
  const put = (value: SettingValues[K] | null): void => {
    setDraft(value);
    board.settings.keepDraft(name, value);
  };
  const save = async (): Promise<void> => {
    if (draft === null) return;
    setSaving({ state: "saving" });
    const outcome = await board.settings.save(name, clean ? clean(draft) : draft);
    setSaving(outcome);
    if (outcome.state === "saved") put(null);
  };
  const change = (value: SettingValues[K] | null): void => {
    put(value);
    setWrong(0);
    setSaving({ state: "resting" });
  };
  return (
    <form
      class="wl-form"
      onSubmit={(event) => {
        event.preventDefault();
        const refused = event.currentTarget.querySelectorAll<HTMLElement>("[aria-invalid=true]");
        setWrong(refused.length);
        // The document holds what was there before the refused text: saving it would save another value.
        if (refused.length > 0) refused[0]?.focus();
        else void save();
      }}
    >
      <EditableProvider value={admin}>
        {/* Fields keep a refused text to themselves: discarding draws them anew. */}
        <Fragment key={discarded}>{children(draft ?? kept.value, change)}</Fragment>
      </EditableProvider>
      {admin && (
        <div class="wl-form-end" data-unsaved={draft !== null}>
          <SaveStatus
            {...{ saving, wrong, t }}
            isChanged={draft !== null}
            change={draft === null ? "" : (says?.(kept.value, draft) ?? "")}
          />
          {draft !== null && (
            <>
              <Button
                onClick={() => {
                  change(null);
                  setDiscarded(discarded + 1);
                }}
              >
                {t.discardChanges}
              </Button>
              <Button kind="primary" type="submit" disabled={saving.state === "saving"}>
                {t.save}
              </Button>
            </>
          )}
        </div>
      )}
    </form>
  );
}

interface SaveStatusProps {
  readonly saving: SaveState;
  readonly wrong: number;
  readonly isChanged: boolean;
  /** What was changed. */
  readonly change: string;
  readonly t: PageProps["t"];
}

function SaveStatus({ saving, wrong, isChanged, change, t }: SaveStatusProps) {
  const text = {
    resting: isChanged ? t.unsaved : "",
    saving: t.saving,
    saved: t.saved,
    stale: t.stale,
    refused: saving.state === "refused" ? faultText(t, saving.fault) || t.notReached : "",
  }[saving.state];
  const isBad = wrong > 0 || saving.state === "refused" || saving.state === "stale";
  return (
    <span class={isBad ? "wl-form-said wl-bad" : "wl-form-said"} role="status">
      {wrong > 0 ? t.toCorrect(wrong) : text}
      {wrong === 0 && saving.state === "resting" && change && <span class="wl-muted wl-form-change">{change}</span>}
    </span>
  );
}

/** Return a list with the item at an index replaced. */
export const replaced = <T,>(list: readonly T[], index: number, item: T): readonly T[] =>
  list.map((each, at) => (at === index ? item : each));

/** Return a list without the item at an index. */
export const without = <T,>(list: readonly T[], index: number): readonly T[] => list.filter((_, at) => at !== index);

/** Return an id that none of the items has: the prefix and a number. */
export function freshId(items: readonly { readonly id: string }[], prefix: string): string {
  const ids = new Set(items.map(({ id }) => id));
  let number = items.length + 1;
  while (ids.has(`${prefix}_${number}`)) number += 1;
  return `${prefix}_${number}`;
}
