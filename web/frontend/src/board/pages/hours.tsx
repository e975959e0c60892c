import type { Hours } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { capital, weekday } from "../../ui/format.ts";
import type { PageProps } from "../state.ts";
import { DayField } from "./date-field.tsx";
import { Check, Field, IfEditable, ParsedField } from "./field.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { replaced, SettingForm, WithSettings, without } from "./setting.tsx";

type Week = NonNullable<Hours["week"]>;
type Weekday = keyof Week;
type Spans = Week[Weekday];
const WEEK: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/** Any Monday, to name the days of the week. */
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

const SPAN = /^(\d{1,2})(?::(\d{2}))?\s*[-–]\s*(\d{1,2})(?::(\d{2}))?$/u;

export const spansText = (spans: Spans): string => spans.map(([from, to]) => `${from}–${to}`).join(", ");

const time = (hour: string, minute = "00"): string | null => {
  const text = `${hour.padStart(2, "0")}:${minute}`;
  return (text < "24:00" && minute < "60") || text === "24:00" ? text : null;
};

/** Return a text such as "09:00-12:30, 13:30-17:00" as spans; null for a wrong time, order or overlap. */
export function parseSpans(text: string): Spans | null {
  const spans: (readonly [string, string])[] = [];
  for (const part of text.split(/[,;]/u).map((each) => each.trim())) {
    if (part === "") continue;
    const match = SPAN.exec(part);
    const from = match && time(match[1] ?? "", match[2]);
    const to = match && time(match[3] ?? "", match[4]);
    const last = spans.at(-1);
    if (!from || !to || to <= from || (last && from < last[1])) return null;
    spans.push([from, to]);
  }
  return spans;
}

interface PartProps {
  readonly value: Hours;
  readonly change: (value: Hours) => void;
  readonly t: PageProps["t"];
}

function Week({ value, change, t }: PartProps) {
  const name = (day: Weekday): string => capital(weekday(t.lang, A_MONDAY + WEEK.indexOf(day) * DAY_MS, "UTC"));
  const { week } = value;
  return (
    <Panel title={t.week}>
      <Check
        label={t.noHours}
        checked={week === null}
        onChange={(none) => change({ ...value, week: none ? null : OFFICE_WEEK })}
      />
      {week !== null && (
        <div class="wl-week">
          <p class="wl-hint">{t.weekHint}</p>
          {WEEK.map((day) => (
            <ParsedField
              key={day}
              label={name(day)}
              value={spansText(week[day])}
              placeholder={t.closedAllDay}
              parse={(text) => parseSpans(text) ?? undefined}
              wrong={t.hoursWrong}
              onChange={(spans) => change({ ...value, week: { ...week, [day]: spans } })}
            />
          ))}
        </div>
      )}
    </Panel>
  );
}

function Holidays({ value, change, t }: PartProps) {
  const put = (holidays: Hours["holidays"]): void => change({ ...value, holidays });
  const { holidays } = value;
  return (
    <fieldset class="wl-box">
      <legend class="wl-hidden">{t.holidays}</legend>
      <div class="wl-box-head">
        <h2>{t.holidays}</h2>
        <IfEditable>
          <Button onClick={() => put([...holidays, { date: "", name: "" }])}>
            <Picture name="add" small />
            {t.holidayAdd}
          </Button>
        </IfEditable>
      </div>
      {holidays.length === 0 && <p class="wl-muted">{t.noHolidays}</p>}
      {holidays.map((holiday, place) => (
        <div key={place} class="wl-holiday">
          <DayField
            t={t}
            label={t.date}
            value={holiday.date}
            required
            onInput={(date) => put(replaced(holidays, place, { ...holiday, date }))}
          />
          <Field
            label={t.name}
            value={holiday.name}
            maxLength={80}
            required={t.fieldNeeded}
            onInput={(name) => put(replaced(holidays, place, { ...holiday, name }))}
          />
          <IfEditable>
            <Button kind="quiet" icon label={t.removeText(holiday.name)} onClick={() => put(without(holidays, place))}>
              <Picture name="close" small />
            </Button>
          </IfEditable>
        </div>
      ))}
    </fieldset>
  );
}

/** Edit opening hours, holidays and the answer target. */
export function HoursPage(props: PageProps) {
  const { t, board } = props;
  const targetMin = board.config.targetMs / 60_000;
  return (
    <WithSettings {...props}>
      {({ tz }) => (
        <>
          <PageHead title={t.pageHours} sub={t.hoursHint(tz)} />
          <div class="wl-hours">
            <SettingForm {...props} name="hours">
              {(value, change) => (
                <>
                  <Week value={value} change={change} t={t} />
                  <Holidays value={value} change={change} t={t} />
                </>
              )}
            </SettingForm>
            <SettingForm {...props} name="target">
              {(value, change) => (
                <Panel title={t.target}>
                  <Field
                    label={t.targetMinutes}
                    hint={t.targetHint}
                    type="number"
                    value={String(value.minutes)}
                    onInput={(text) => change({ minutes: Math.max(1, Math.round(Number(text)) || targetMin) })}
                  />
                </Panel>
              )}
            </SettingForm>
          </div>
        </>
      )}
    </WithSettings>
  );
}
