/** When power was away and when a notice comes down, in words. Pure. */

import type { Incident } from "../../link/desk-api.ts";
import { clock, weekdayDay, whenNear } from "../../ui/format.ts";
import type { PageProps } from "../state.ts";
import { lasted } from "./report-words.ts";

type T = PageProps["t"];

const whole = (date: string): string => date.replaceAll(" ", "\u00a0");

/** Return when power went, or when the notice came. */
export const beganOf = ({ since, began }: Incident): number => began ?? since;

/** Return from when to when power was away, or since when it is. */
export function period(t: T, incident: Incident): string {
  const [begin, { ended }] = [beganOf(incident), incident];
  const day = weekdayDay(t.lang, begin);
  const from = `${day}, ${clock(t.lang, begin)}`;
  if (ended === null) return t.incidentSince(from);
  const lastDay = weekdayDay(t.lang, ended);
  return lastDay === day ? `${from}–${clock(t.lang, ended)}` : `${from} – ${lastDay}, ${clock(t.lang, ended)}`;
}

/** Say when a notice that stands comes down by itself; empty where a person ends it. Its date breaks over no line. */
export const comesDown = (t: T, { ended, ends }: Incident, nowMs: number): string =>
  ended === null && ends !== null ? t.incidentComesDown(whole(whenNear(t.lang, ends, nowMs))) : "";

/** Say when it ended, and after how long; empty while it stands. */
export const endOf = (t: T, incident: Incident, nowMs: number): string =>
  incident.ended === null
    ? ""
    : t.incidentEndedAfter(whenNear(t.lang, incident.ended, nowMs), lasted(t, incident.ended - beganOf(incident)));
