/** Days and times as the page writes them: the browser's own fields follow the browser's language, 12-hour clock included. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Button } from "../../ui/button.tsx";
import type { Lang } from "../../ui/messages.ts";
import type { PageTexts } from "../../ui/page-messages.ts";
import type { PageProps } from "../state.ts";
import { Field, type FieldProps, IfEditable } from "./field.tsx";
import { Picture } from "./page-icon.tsx";

const ISO = /^(\d{4})-(\d{2})-(\d{2})$/u;
/** Day, month, year, in the order of all the page's languages. */
const WRITTEN = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$/u;
const CLOCK = /^([01]?\d|2[0-3])[:.]([0-5]\d)$/u;
/** What the calendar gives a day that has no time yet. */
const NOON = "12:00";

/** Return a day, "2026-11-30", as the language writes it; what is no day stays as it is. */
export const writeDay = (lang: Lang, day: string): string =>
  day.replace(ISO, (_, year: string, month: string, date: string) =>
    [date, month, year].join(lang === "en" ? "/" : "."),
  );

/** Return the day of a text, "2026-11-30"; an empty text for none; undefined for a wrong one. */
export function readDay(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const [, date = "", month = "", year = ""] = WRITTEN.exec(trimmed) ?? [];
  const day = ISO.test(trimmed) ? trimmed : `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}`;
  const at = Date.parse(`${day}T00:00Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day ? undefined : day;
}

/** Return a moment, "2026-11-30T17:30", as the language writes it, by 24 hours. */
export const writeMoment = (lang: Lang, moment: string): string => {
  const [day = "", clock = ""] = moment.split("T");
  return [writeDay(lang, day), clock].filter(Boolean).join(", ");
};

/** Return the moment of a text, "2026-11-30T17:30"; an empty text for none; undefined for a wrong one. */
export function readMoment(text: string): string | undefined {
  const [written = "", clock = ""] = text.trim().split(/[\sT,]+/u);
  if (written === "") return "";
  const day = readDay(written);
  const [, hour = "", minute = ""] = CLOCK.exec(clock) ?? [];
  return day && minute ? `${day}T${hour.padStart(2, "0")}:${minute}` : undefined;
}

const DAY_MS = 86_400_000;

/** The near days by their words: of today and of tomorrow. */
const nearDays = (t: Pick<PageTexts, "today" | "tomorrow">, nowMs: number): readonly (readonly [string, string])[] =>
  [t.today, t.tomorrow].map((word, days) => [word, momentOf(nowMs + days * DAY_MS).slice(0, 10)]);

/** Return a moment as it is written, but "Today, 17:30" and "Tomorrow, 06:00". */
export function writeNear(t: NearTexts, moment: string, nowMs: number): string {
  const [day = "", clock = ""] = moment.split("T");
  const [word] = nearDays(t, nowMs).find(([, near]) => near === day) ?? [];
  return word && clock ? `${word}, ${clock}` : writeMoment(t.lang, moment);
}

/** Return the moment of a text as `readMoment` does, also of "17:30", which is today's, "today 17:30" and "tomorrow 6:00". */
export function readNear(t: NearTexts, text: string, nowMs: number): string | undefined {
  const typed = text.trim().toLocaleLowerCase(t.lang);
  if (CLOCK.test(typed)) return readMoment(`${momentOf(nowMs).slice(0, 10)} ${typed}`);
  const [word, day] = nearDays(t, nowMs).find(([near]) => typed.startsWith(near.toLocaleLowerCase(t.lang))) ?? [];
  return readMoment(word ? `${day} ${typed.slice(word.length)}` : text);
}

/** Return an instant as a moment in the browser's time, "2026-11-30T17:30". */
export const momentOf = (atMs: number): string =>
  new Date(atMs - new Date(atMs).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

type NearTexts = Pick<PageTexts, "lang" | "today" | "tomorrow">;

interface DateFieldProps extends Omit<FieldProps, "rows" | "type" | "list" | "required"> {
  readonly required?: boolean;
  readonly t: PageProps["t"];
}

interface WrittenFieldProps extends DateFieldProps {
  readonly write: (lang: Lang, value: string) => string;
  readonly read: (text: string) => string | undefined;
  /** How to write it. */
  readonly pattern: string;
  /** Return the value with the day that the calendar gave. */
  readonly onDay: (day: string, value: string) => string;
}

/** Edit a value as a text beside a calendar. A wrong text stays in the field, changes nothing, and is not sent. */
function WrittenField({
  t,
  value,
  onInput,
  error,
  placeholder,
  write,
  read,
  pattern,
  onDay,
  required,
  ...field
}: WrittenFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const calendar = useRef<HTMLInputElement>(null);
  // A text is for the value that it came from: one that is set from outside is shown instead.
  const [typed, setTyped] = useState<{ readonly text: string; readonly value: string } | null>(null);
  const [isLeft, setLeft] = useState(false);
  const own = typed?.value === value ? typed.text : null;
  const isWrong = own !== null && read(own) === undefined;
  const wrong = t.dateWrong(pattern);
  useEffect(() => input.current?.setCustomValidity(isWrong ? wrong : ""), [isWrong, wrong]);
  const put = (next: string): void => {
    if (next !== value) onInput(next);
  };
  return (
    <Field
      {...field}
      {...(required ? { required: t.fieldNeeded } : {})}
      inputRef={input}
      inputMode="numeric"
      placeholder={placeholder ?? pattern}
      value={own ?? write(t.lang, value)}
      error={isWrong && isLeft ? wrong : (error ?? "")}
      onInput={(text) => {
        const next = read(text);
        setTyped({ text, value: next ?? value });
        if (next !== undefined) put(next);
      }}
      onBlur={() => {
        setLeft(true);
        if (!isWrong) setTyped(null);
      }}
      beside={
        <IfEditable>
          <input
            ref={calendar}
            class="wl-hidden"
            type="date"
            tabIndex={-1}
            aria-hidden="true"
            value={value.split("T")[0]}
            onChange={(event) => {
              setTyped(null);
              put(onDay(event.currentTarget.value, value));
            }}
          />
          <Button kind="quiet" icon label={t.openCalendar} onClick={() => calendar.current?.showPicker()}>
            <Picture name="calendar" small />
          </Button>
        </IfEditable>
      }
    />
  );
}

/** Edit a day, "2026-11-30". */
export const DayField = (props: DateFieldProps) => (
  <WrittenField {...props} write={writeDay} read={readDay} pattern={props.t.dayPattern} onDay={(day) => day} />
);

/** Edit a day and a time, "2026-11-30T17:30". */
export const MomentField = (props: DateFieldProps) => (
  <WrittenField
    {...props}
    write={writeMoment}
    read={readMoment}
    pattern={`${props.t.dayPattern}, ${props.t.clockPattern}`}
    onDay={(day, value) => day && `${day}T${value.split("T")[1] ?? NOON}`}
  />
);

/** Edit the same where it is most often today's: "Today, 17:30", or only "17:30". */
export const NearMomentField = ({ now, ...props }: DateFieldProps & { readonly now: number }) => (
  <WrittenField
    {...props}
    placeholder={props.placeholder ?? props.t.clockPattern}
    write={(_, value) => writeNear(props.t, value, now)}
    read={(text) => readNear(props.t, text, now)}
    pattern={`${props.t.clockPattern} / ${props.t.dayPattern}, ${props.t.clockPattern}`}
    onDay={(day, value) => day && `${day}T${value.split("T")[1] ?? NOON}`}
  />
);
