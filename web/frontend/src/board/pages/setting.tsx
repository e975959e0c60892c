import { type ComponentChildren, Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Kept, SettingName, Settings, SettingValues } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { faultText } from "../request.tsx";
import type { SaveState, SettingsState } from "../settings-state.ts";
import type { PageProps } from "../state.ts";
import { EditableProvider } from "./field.tsx";
import { WhenLoaded } from "./when-loaded.tsx";

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
  /** The one part that the form edits: what is typed elsewhere in the rest is neither shown nor saved here. */
  readonly part?: keyof SettingValues[K];
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

function LoadedForm<K extends SettingName>({ board, t, name, clean, says, part, kept, children }: LoadedFormProps<K>) {
  const { admin } = board.config.me;
  const [before] = useState(() => (admin ? draftOfForm(board.settings, name, part) : null));
  const [draft, setDraft] = useState<SettingValues[K] | null>(before?.value ?? null);
  const isOld = before !== null && before.rev !== kept.rev;
  const [saving, setSaving] = useState<SaveState>({ state: isOld ? "stale" : "resting" });
  /** How many fields held a refused text at the last try to save. */
  const [wrong, setWrong] = useState(0);
  const [discarded, setDiscarded] = useState(0);
  const put = (value: SettingValues[K] | null): void => {
    setDraft(value);
    board.settings.keepDraft(name, part === undefined ? value : withPart(board.settings, name, part, value));
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

/** Return whether a setting's draft differs from what is saved, in one part or in all others. */
function differs<K extends SettingName>(
  settings: SettingsState,
  name: K,
  isCompared: (part: keyof SettingValues[K]) => boolean,
): boolean {
  const draft = settings.draftOf(name)?.value;
  const saved = settings.savedOf(name);
  if (!draft || !saved) return false;
  const parts = Object.keys(saved) as (keyof SettingValues[K])[];
  return parts.some((each) => isCompared(each) && JSON.stringify(draft[each]) !== JSON.stringify(saved[each]));
}

/** Return whether something is typed and not saved in a setting, but for one part of it where a form has that alone. */
export const hasDraftBeside = <K extends SettingName>(
  settings: SettingsState,
  name: K,
  part?: keyof SettingValues[K],
): boolean => (part === undefined ? settings.draftOf(name) !== null : differs(settings, name, (each) => each !== part));

/** Return the draft that a form shows: the setting's, or what is saved with the draft's part. */
function draftOfForm<K extends SettingName>(
  settings: SettingsState,
  name: K,
  part: keyof SettingValues[K] | undefined,
): Kept<SettingValues[K]> | null {
  const draft = settings.draftOf(name);
  const saved = settings.savedOf(name);
  if (part === undefined || !draft || !saved) return draft;
  if (!differs(settings, name, (each) => each === part)) return null;
  return { rev: draft.rev, value: { ...saved, [part]: draft.value[part] } };
}

/** Return the setting's draft with a form's part; null for the part's value: as it is saved. */
function withPart<K extends SettingName>(
  settings: SettingsState,
  name: K,
  part: keyof SettingValues[K],
  value: SettingValues[K] | null,
): SettingValues[K] | null {
  const saved = settings.savedOf(name);
  if (!saved) return null;
  const rest = hasDraftBeside(settings, name, part) ? settings.draftOf(name)?.value : null;
  return value === null && !rest ? null : { ...(rest ?? saved), [part]: (value ?? saved)[part] };
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
