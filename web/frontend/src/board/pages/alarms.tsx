import { useState } from "preact/hooks";

import type { Alarms } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { Check, Field, Pair } from "./field.tsx";
import type { PageProps } from "./loaded.tsx";
import { SettingForm, WithSettings } from "./setting.tsx";

const WH_PER_KWH = 1000;
const MAX_WH = 1e9;

interface NumberProps {
  readonly label: string;
  readonly hint?: string;
  /** Null: the field is empty. */
  readonly value: number | null;
  readonly min: number;
  readonly max: number;
  /** So many of the value's units make one that is shown, as of Wh and kWh. */
  readonly per?: number;
  readonly isOptional?: boolean;
  readonly isWhole?: boolean;
  readonly disabled: boolean;
  readonly t: PageProps["t"];
  readonly onChange: (value: number | null) => void;
}

/** A number as text; what is out of range stays in the field, marked, and is not taken. */
function NumberField({
  value,
  min,
  max,
  per = 1,
  isOptional = false,
  isWhole = true,
  t,
  onChange,
  ...field
}: NumberProps) {
  const [text, setText] = useState<string | null>(null);
  const parsed = (typed: string): number => {
    const number = Number(typed.replace(",", ".")) * per;
    return isWhole ? Math.round(number) : number;
  };
  const isRight = (typed: string): boolean =>
    typed.trim() === "" ? isOptional : parsed(typed) >= min && parsed(typed) <= max;
  return (
    <Field
      {...field}
      value={text ?? (value === null ? "" : String(value / per))}
      error={text !== null && !isRight(text) ? t.alarmsWrong : ""}
      onInput={(typed) => {
        setText(typed);
        if (isRight(typed)) onChange(typed.trim() === "" ? null : parsed(typed));
      }}
    />
  );
}

interface PartProps {
  readonly value: Alarms;
  readonly change: (value: Alarms) => void;
  readonly disabled: boolean;
  readonly t: PageProps["t"];
}

/** The limits of single clients, in place of the one for all. */
function Limits({ value, change, disabled, t }: PartProps) {
  const limits = Object.entries(value.limits);
  const put = (next: readonly (readonly [string, number])[]): void =>
    change({ ...value, limits: Object.fromEntries(next) });
  const replace = (place: number, next: readonly [string, number]): void =>
    put(limits.map((each, at) => (at === place ? next : each)));
  return (
    <fieldset class="wl-block">
      <legend>{t.alarmsLimits}</legend>
      {limits.map(([client, wh], place) => (
        <Pair key={place}>
          <Field
            label={t.alarmsLimitClient}
            value={client}
            maxLength={32}
            required
            disabled={disabled}
            onInput={(id) => replace(place, [id, wh])}
          />
          <NumberField
            label={t.alarmsLimitOf}
            value={wh}
            min={1}
            max={MAX_WH}
            per={WH_PER_KWH}
            disabled={disabled}
            t={t}
            onChange={(next) => replace(place, [client, next ?? wh])}
          />
          {!disabled && (
            <Button kind="quiet" onClick={() => put(limits.filter((_, at) => at !== place))}>
              {t.remove}
            </Button>
          )}
        </Pair>
      ))}
      {!disabled && <Button onClick={() => put([...limits, ["", WH_PER_KWH]])}>{t.alarmsLimitAdd}</Button>}
    </fieldset>
  );
}

/** Unusual consumption, and the limit of an hour. */
function Consumed({ value, change, disabled, t }: PartProps) {
  return (
    <>
      <fieldset class="wl-block">
        <legend>{t.alarmsUsual}</legend>
        <Check
          label={t.alarmsUsualOn}
          checked={value.times_usual !== null}
          disabled={disabled}
          onChange={(on) => change({ ...value, times_usual: on ? 2 : null })}
        />
        {value.times_usual !== null && (
          <NumberField
            label={t.alarmsTimes}
            hint={t.alarmsTimesHint}
            value={value.times_usual}
            min={1}
            max={100}
            isWhole={false}
            disabled={disabled}
            t={t}
            onChange={(times) => change({ ...value, times_usual: times })}
          />
        )}
        <NumberField
          label={t.alarmsAtLeast}
          value={value.at_least_wh}
          min={0}
          max={MAX_WH}
          per={WH_PER_KWH}
          disabled={disabled}
          t={t}
          onChange={(wh) => change({ ...value, at_least_wh: wh ?? value.at_least_wh })}
        />
      </fieldset>
      <fieldset class="wl-block">
        <legend>{t.alarmsLimit}</legend>
        <NumberField
          label={t.alarmsLimitAll}
          hint={t.alarmsLimitHint}
          value={value.limit_wh}
          min={1}
          max={MAX_WH}
          per={WH_PER_KWH}
          isOptional
          disabled={disabled}
          t={t}
          onChange={(wh) => change({ ...value, limit_wh: wh })}
        />
      </fieldset>
      <Limits value={value} change={change} disabled={disabled} t={t} />
    </>
  );
}

/** A limit without a client is not saved. */
const clean = (value: Alarms): Alarms => ({
  ...value,
  limits: Object.fromEntries(Object.entries(value.limits).filter(([client]) => client.trim() !== "")),
});

/** Set when a meter is worth a message to its client. */
export function AlarmsPage(props: PageProps) {
  const { t } = props;
  return (
    <WithSettings {...props}>
      {(settings) => (
        <SettingForm {...props} name="alarms" kept={settings.alarms.value} clean={clean}>
          {(value, change, disabled) => (
            <>
              <p class="wl-muted">{t.alarmsHint}</p>
              <Check
                label={t.alarmsOn}
                checked={value.on}
                disabled={disabled}
                onChange={(on) => change({ ...value, on })}
              />
              <Consumed value={value} change={change} disabled={disabled} t={t} />
              <fieldset class="wl-block">
                <legend>{t.alarmsSilent}</legend>
                <NumberField
                  label={t.alarmsSilentAfter}
                  value={value.silent_minutes}
                  min={10}
                  max={10_080}
                  disabled={disabled}
                  t={t}
                  onChange={(minutes) => change({ ...value, silent_minutes: minutes ?? value.silent_minutes })}
                />
                <NumberField
                  label={t.alarmsStorm}
                  hint={t.alarmsStormHint}
                  value={value.storm_meters}
                  min={2}
                  max={100_000}
                  disabled={disabled}
                  t={t}
                  onChange={(meters) => change({ ...value, storm_meters: meters ?? value.storm_meters })}
                />
              </fieldset>
            </>
          )}
        </SettingForm>
      )}
    </WithSettings>
  );
}
