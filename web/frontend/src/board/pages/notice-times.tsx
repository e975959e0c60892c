/** The times of an outage's notice, as they are written and read. */

import type { Incident } from "../../link/desk-api.ts";
import type { NoticeTimes } from "../../link/desk-notices.ts";
import type { PageTexts } from "../../ui/page-messages.ts";
import { momentOf, NearMomentField, writeNear } from "./date-field.tsx";
import { Select } from "./field.tsx";
import { Picture } from "./page-icon.tsx";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** As in chat_core/domain/outage_times.py. */
const AHEAD_MS = 60_000;
const BEGAN_WITHIN_MS = 7 * DAY_MS;
const ENDS_WITHIN_MS = 30 * DAY_MS;

/** As the fields have them, in the browser's time. */
export interface TypedTimes {
  readonly began: string;
  readonly until: string;
  /** When the notice comes down: "" when a person ends it, an hour after `until`, or at `ends`. */
  readonly down: "" | "after" | "own";
  readonly ends: string;
}

export const NO_TIMES: TypedTimes = { began: "", until: "", down: "", ends: "" };

const written = (atMs: number | null): string => (atMs === null ? "" : momentOf(atMs));

/** Return an outage's times as the fields have them. */
export function timesWritten({ began, until, ends }: Pick<Incident, "began" | "until" | "ends">): TypedTimes {
  const down = ends === null ? "" : until !== null && ends === until + HOUR_MS ? "after" : "own";
  return { began: written(began), until: written(until), down, ends: down === "own" ? written(ends) : "" };
}

const read = (moment: string): number | null => (moment === "" ? null : new Date(moment).getTime());

export interface ReadTimes {
  readonly times: NoticeTimes;
  /** By field; each is empty where nothing is wrong. */
  readonly wrong: { readonly began: string; readonly until: string; readonly ends: string };
  readonly isRight: boolean;
}

/** Return the times that are written, without wrong ones, and what is wrong with those. */
export function readTimes(t: PageTexts, typed: TypedTimes, nowMs: number): ReadTimes {
  const began = read(typed.began);
  const until = read(typed.until);
  const ends = typed.down === "own" ? read(typed.ends) : typed.down && until !== null ? until + HOUR_MS : null;
  const wrong = {
    began:
      began === null
        ? ""
        : began > nowMs + AHEAD_MS
          ? t.noticeBeganAhead
          : began < nowMs - BEGAN_WITHIN_MS
            ? t.noticeBeganLongAgo
            : "",
    until: until !== null && until <= nowMs ? t.outageUntilPast : "",
    ends: wrongEnd(t, typed, ends, until, nowMs),
  };
  return {
    times: {
      ...(began === null || wrong.began ? {} : { began }),
      ...(until === null || wrong.until ? {} : { until }),
      ...(ends === null || wrong.ends ? {} : { ends }),
    },
    wrong,
    isRight: !wrong.began && !wrong.until && !wrong.ends,
  };
}

function wrongEnd(
  t: PageTexts,
  { down }: TypedTimes,
  ends: number | null,
  until: number | null,
  nowMs: number,
): string {
  if (ends === null) return down === "own" ? t.noticeEndsMissing : "";
  if (ends > nowMs + ENDS_WITHIN_MS) return t.noticeEndsLate;
  if (down === "after") return "";
  if (ends <= nowMs) return t.noticeEndsPast;
  return until !== null && ends < until ? t.noticeEndsEarly : "";
}

interface NoticeTimesFieldsProps {
  readonly t: PageTexts;
  readonly typed: TypedTimes;
  readonly wrong: ReadTimes["wrong"];
  readonly onInput: (typed: TypedTimes) => void;
  readonly now: number;
  /** When it began, where the field is left empty; null: now. */
  readonly began?: number | null;
  /** The test ids are this, a hyphen and the field's name. */
  readonly testId: string;
}

/** Write when power went, when it is expected back, and when the notice comes down. */
export function NoticeTimesFields({ t, typed, wrong, onInput, now, began = null, testId }: NoticeTimesFieldsProps) {
  const isAfter = typed.until !== "";
  const down = typed.down === "after" && !isAfter ? "" : typed.down;
  return (
    <div class="wl-notice-times">
      <NearMomentField
        {...{ t, now }}
        label={t.noticeBegan}
        placeholder={began === null ? t.noticeNow : writeNear(t, momentOf(began), now)}
        error={wrong.began}
        value={typed.began}
        onInput={(text) => onInput({ ...typed, began: text })}
        testId={`${testId}-began`}
      />
      <NearMomentField
        {...{ t, now }}
        label={t.outageUntil}
        hint={t.outageUntilHint}
        error={wrong.until}
        value={typed.until}
        onInput={(text) => onInput({ ...typed, until: text })}
        testId={`${testId}-until`}
      />
      <div class="wl-notice-down">
        <Select
          label={t.noticeDown}
          hint={down === "" ? "" : t.noticeDownHint}
          choices={[
            ["", t.noticeDownByHand],
            ...(isAfter ? [["after", t.noticeDownAfter] as const] : []),
            ["own", t.noticeDownOwn],
          ]}
          value={down}
          onChange={(chosen) => onInput({ ...typed, down: chosen as TypedTimes["down"] })}
          testId={`${testId}-down`}
        />
        {down === "own" ? (
          <NearMomentField
            {...{ t, now }}
            label={t.noticeEnds}
            error={wrong.ends}
            value={typed.ends}
            onInput={(text) => onInput({ ...typed, ends: text })}
            testId={`${testId}-ends`}
          />
        ) : (
          wrong.ends && (
            <p class="wl-field-error">
              <Picture name="warning" small />
              {wrong.ends}
            </p>
          )
        )}
      </div>
    </div>
  );
}
