import { useState } from "preact/hooks";

import { type Hours, type Spans, WEEK, type Weekday } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { weekday } from "../../ui/format.ts";
import { Check, Field, Pair } from "./field.tsx";
import type { PageProps } from "./loaded.tsx";
import { SettingForm, WithSettings } from "./setting.tsx";
import { parseSpans, spansText } from "./spans.ts";

/** Any Monday: the week's names come from the language. */
const A_MONDAY = Date.UTC(2026, 10, 23, 12);
const DAY_MS = 86_400_000;
const OFFICE: Spans = [["09:00", "17:00"]];
const OFFICE_WEEK: Hours["week"] = {
  mon: OFFICE,
  tue: OFFICE,
  wed: OFFICE,
  thu: OFFICE,
  fri: OFFICE,
  sat: [],
  sun: [],
};

interface DayProps {
  readonly name: string;
  readonly spans: Spans;
  readonly disabled: boolean;
  readonly t: PageProps["t"];
  readonly onChange: (spans: Spans) => void;
}

/** One day's hours as text; what is not understood stays in the field, marked, and is not taken. */
function Day({ name, spans, disabled, t, onChange }: DayProps) {
  const [text, setText] = useState<string | null>(null);
  const wrong = text !== null && parseSpans(text) === null;
  return (
    <Field
      label={name}
      value={text ?? spansText(spans)}
      hint={spans.length === 0 && text === null ? t.closedAllDay : ""}
      error={wrong ? t.hoursWrong : ""}
      disabled={disabled}
      onInput={(next) => {
        setText(next);
        const parsed = parseSpans(next);
        if (parsed) onChange(parsed);
      }}
    />
  );
}

function Holidays({
  value,
  change,
  disabled,
  t,
}: {
  readonly value: Hours;
  readonly change: (value: Hours) => void;
  readonly disabled: boolean;
  readonly t: PageProps["t"];
}) {
  const { holidays } = value;
  return (
    <fieldset class="wl-block">
      <legend>{t.holidays}</legend>
      {holidays.map((holiday, place) => {
        const put = (next: typeof holiday): void =>
          change({ ...value, holidays: holidays.map((each, at) => (at === place ? next : each)) });
        return (
          <Pair key={place}>
            <Field
              label={t.date}
              type="date"
              value={holiday.date}
              required
              disabled={disabled}
              onInput={(date) => put({ ...holiday, date })}
            />
            <Field
              label={t.name}
              value={holiday.name}
              maxLength={80}
              required
              disabled={disabled}
              onInput={(name) => put({ ...holiday, name })}
            />
            {!disabled && (
              <Button
                kind="quiet"
                onClick={() => change({ ...value, holidays: holidays.filter((_, at) => at !== place) })}
              >
                {t.remove}
              </Button>
            )}
          </Pair>
        );
      })}
      {!disabled && (
        <Button onClick={() => change({ ...value, holidays: [...holidays, { date: "", name: "" }] })}>
          {t.holidayAdd}
        </Button>
      )}
    </fieldset>
  );
}

/** When the desk is open, on which days it is not, and how long an answer may take. */
export function HoursPage(props: PageProps) {
  const { t, board } = props;
  const name = (day: Weekday): string => weekday(t.lang, A_MONDAY + WEEK.indexOf(day) * DAY_MS, "UTC");
  return (
    <WithSettings {...props}>
      {(settings) => (
        <>
          <SettingForm {...props} name="hours" kept={settings.hours.value}>
            {(value, change, disabled) => (
              <>
                <p class="wl-muted">{t.hoursHint(settings.tz)}</p>
                <Check
                  label={t.noHours}
                  checked={value.week === null}
                  disabled={disabled}
                  onChange={(none) => change({ ...value, week: none ? null : OFFICE_WEEK })}
                />
                {value.week !== null && (
                  <fieldset class="wl-block wl-week">
                    <legend>{t.week}</legend>
                    {WEEK.map((day) => (
                      <Day
                        key={day}
                        name={name(day)}
                        spans={value.week?.[day] ?? []}
                        disabled={disabled}
                        t={t}
                        onChange={(spans) =>
                          change({ ...value, week: { ...(value.week ?? OFFICE_WEEK), [day]: spans } as Hours["week"] })
                        }
                      />
                    ))}
                  </fieldset>
                )}
                <Holidays value={value} change={change} disabled={disabled} t={t} />
              </>
            )}
          </SettingForm>
          <h2>{t.target}</h2>
          <SettingForm {...props} name="target" kept={settings.target.value}>
            {(value, change, disabled) => (
              <Field
                label={t.targetMinutes}
                hint={t.targetHint}
                type="number"
                value={String(value.minutes)}
                disabled={disabled}
                onInput={(text) =>
                  change({ minutes: Math.max(1, Math.round(Number(text)) || board.config.targetMs / 60_000) })
                }
              />
            )}
          </SettingForm>
        </>
      )}
    </WithSettings>
  );
}
