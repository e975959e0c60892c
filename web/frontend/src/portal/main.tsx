/** The demo portal's script: fill the tiles and the chart from REST, and the live value from MQTT. */

import { type ComponentChildren, render } from "preact";
import { pageEnvironment } from "../link/environment.ts";
import { ask } from "../link/http.ts";
import { Link } from "../link/link.ts";
import { keepPolling } from "../link/polling.ts";
import { type Consumption, fetchConsumption, fetchStandard, Rest } from "../link/rest.ts";
import { identitySession } from "../link/session.ts";
import type { Card } from "../protocol/kinds.ts";
import { asDeskOutage, asLiveReading, decode } from "../protocol/payloads.ts";
import * as topics from "../protocol/topics.ts";
import { inLang } from "../protocol/translated.ts";
import { Chart } from "../ui/chart.tsx";
import { ALIKE } from "../ui/consumption-compare.ts";
import {
  capital,
  clock,
  cost,
  dayKey,
  energy,
  midnight,
  monthName,
  percent,
  range,
  shortDay,
  span,
  weekdayDay,
  whenNear,
} from "../ui/format.ts";
import { type Interval, knownUntil, marked, peak, total, usual } from "../ui/load-profile.ts";
import { chartMessages, compareTextsFor, portalTextsFor } from "../ui/messages.ts";
import { noticeLines, withToday } from "../ui/outage-words.ts";
import { PowerBack } from "../ui/power-back.tsx";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { readPortalConfig } from "./config.ts";
import { Energy } from "./energy.tsx";
import { differenceToUsual, month, powerNow, today } from "./figures.ts";
import { letLauncherGiveWay } from "./giving-way.ts";
import { OutageNotice, type Shown } from "./outage.ts";

const DAY_MS = 86_400_000;
const SHOWN_DAYS = 30;
const LIVE_MS = 90_000;
/** A month that costs less is told with its cents: 10 units of money, times Wh of a kWh. */
const CENTS_WH = 10_000;
const KEEP_ALIVE_S = 60;
const NARROW_PX = 360;

const config = readPortalConfig(document);
const { lang, tz, client } = config;
const t = portalTextsFor(lang);
const compareTexts = compareTextsFor(lang);
const environment = pageEnvironment();

const session = identitySession(
  config.api,
  lang,
  config.identity,
  async () => {
    const { identity = null } = await ask(config.identityUrl, { cookies: true });
    return identity;
  },
  null,
  environment.steady,
);
const rest = new Rest(config.api, () => session.bearer());

function put(id: string, text: string): void {
  const element = document.getElementById(id);
  if (element && element.textContent !== text) element.textContent = text;
}

/** Show a text or chart as loaded. */
const setLoaded = (id: string): void => document.getElementById(id)?.setAttribute("aria-busy", "false");

/** Show an amount, with its unit smaller. */
function putAmount(id: string, text: string): void {
  const element = document.getElementById(id);
  if (!element || element.textContent === text) return;
  const [, figure, unit] = /^(.*)(\s\D+)$/u.exec(text) ?? [];
  const small = document.createElement("small");
  small.textContent = unit ?? "";
  element.replaceChildren(figure ?? text, small);
}

function fillTile(id: "today" | "month", value: string, sub: ComponentChildren): void {
  putAmount(`${id}-value`, value);
  const element = document.getElementById(`${id}-sub`);
  if (element) render(<span>{sub}</span>, element);
  setLoaded(`tile-${id}`);
}

// ---- now ----

let reading: Consumption["last"] = null;

function Now() {
  if (!reading) return <span>{t.noMeter}</span>;
  const age = Math.max(0, environment.now() - reading.at);
  return (
    <>
      <PresenceDot state={age < LIVE_MS ? "online" : "offline"} />
      <span>{age < 1500 ? t.meterNow : t.meterAgo(span(lang, age))}</span>
    </>
  );
}

function showNow(): void {
  const sub = document.getElementById("now-sub");
  if (sub) render(<Now />, sub);
  if (!reading) return;
  putAmount("now-value", powerNow(lang, reading));
  setLoaded("tile-now");
}

/** Show a reading unless a newer one is shown. */
function update(next: Consumption["last"]): void {
  if (!next || (reading && reading.at > next.at)) return;
  reading = next;
  showNow();
}

// ---- outage ----

const notice = document.getElementById("outage");
const isOut = Boolean(notice?.textContent?.trim());

function offerPowerBack(isOffered: boolean): void {
  const host = document.getElementById("power-back");
  if (host) render(isOffered ? <PowerBack {...{ lang, client, rest }} /> : null, host);
}

function outageInWords(shown: Shown): ComponentChildren {
  if (!shown || shown === "over") return shown && t.outageOver;
  const said = { area: session.held?.area ?? "", text: inLang(shown.text, lang), at: shown.at };
  const { title, text, updated } = noticeLines(lang, said, environment.now(), tz);
  const since = shown.began ? t.outageSince(whenNear(lang, shown.began, environment.now(), tz)) : "";
  const times = [since, updated].filter(Boolean).join(" · ");
  return (
    <>
      <strong>{title}</strong> <p>{text}</p> {times && <p class="wl-outage-at">{times}</p>}
    </>
  );
}

offerPowerBack(isOut);
const told = notice?.querySelector("p");
if (told) told.textContent = withToday(lang, told.textContent, environment.now(), tz);
const outage = new OutageNotice(
  isOut,
  (shown) => {
    offerPowerBack(shown !== null && shown !== "over");
    const card = notice?.parentElement;
    if (card) card.className = shown ? "wl-outage" : "wl-visually-hidden";
    card?.toggleAttribute("data-over", shown === "over");
    if (notice) render(outageInWords(shown), notice);
  },
  environment.timers,
);

// ---- days and months ----

const place = (at: number): string => shortDay(lang, at, tz);
const placeLong = (at: number): string => weekdayDay(lang, at, tz);
/** A figure and its unit stay on one line. */
const amount = (wh: number, most?: number): string => energy(lang, wh, most).replaceAll(" ", "\u00a0");

function showDays({ points: days, last }: Consumption): void {
  const host = document.getElementById("days-chart");
  if (!host) return;
  const bars = marked(days).slice(-SHOWN_DAYS);
  const highest = peak(bars);
  const isEmpty = !highest || highest.wh === 0;
  const until = knownUntil(last, environment.now());
  const [first, latestBar] = [bars[0], bars.at(-1)];
  const unusual = bars.filter((bar) => bar.unusual).length;
  const period = first && latestBar ? range(lang, first.at, latestBar.at, tz) : "";
  render(isEmpty ? <p class="wl-sub">{t.noReadings}</p> : <Days {...{ bars, highest, until, period }} />, host);
  const sub = document.getElementById("days-sub");
  if (sub)
    render(
      isEmpty ? null : (
        <span>
          {period} · <strong>{amount(total(bars))}</strong>
          {unusual > 0 && ` · ${t.unusualDays(unusual).replaceAll(" ", "\u00a0")}`}
        </span>
      ),
      sub,
    );
  put("days-hint", "");
  setLoaded("days");
  const energyHost = document.getElementById("energy");
  if (energyHost)
    render(
      <Energy
        {...{ t, lang, tz, compareTexts, pointedAt, ask: askAbout, now: environment.now(), version: last?.at ?? 0 }}
        timers={environment.timers}
        chart={chartMessages[lang]}
        load={(span, step) => fetchConsumption(rest, client, { ...span, step })}
        loadStandard={(span, step) => fetchStandard(rest, client, { ...span, step })}
      />,
      energyHost,
    );
}

interface DaysProps {
  readonly bars: ReturnType<typeof marked>;
  readonly highest: Interval;
  readonly until: number;
  /** "1–30 November 2026" */
  readonly period: string;
}

function Days({ bars, highest, until, period }: DaysProps) {
  const now = environment.now();
  // The last day runs, or its meter fell silent.
  const usualWh = usual(bars.filter(({ to = now }) => to <= until).map((bar) => bar.wh));
  // Each on one line, where the card has room for it.
  const facts = [
    t.usualDay(amount(usualWh)),
    t.highest(amount(highest.wh), placeLong(highest.at)).replace(/\.?$/u, "."), // "25. Nov." has one already
  ];
  return (
    <Chart
      bars={bars}
      now={now}
      until={until}
      t={chartMessages[lang]}
      lang={lang}
      zone={tz}
      title={`${t.perDay}, ${period}`}
      unit={chartMessages[lang].perDay}
      place={place}
      placeLong={placeLong}
      amount={amount}
      summary={facts.map((fact) => (innerWidth < NARROW_PX ? fact : fact.replaceAll(" ", "\u00a0"))).join(" ")}
    />
  );
}

/** Call the chat's API. Its script may still be loading: it takes calls from this array then. */
function callChat(...call: readonly [string, ...unknown[]]): void {
  const page = window as { Wattline?: { push(...calls: (readonly [string, ...unknown[]])[]): unknown } };
  (page.Wattline ??= []).push(call);
}

/** Open the chat with the selected period. */
const askAbout = (card: Card): void => callChat("ask", card);

/** The period that an agent shows the client. */
let pointedAt: Card | null = null;

/** Say how much more or less it is than usual; the figure has a colour beside its word. */
function Change({ difference }: { readonly difference: number }) {
  const figure = percent(lang, Math.abs(difference)).replace("+", "");
  const [before, after] = (difference > 0 ? compareTexts.moreUsual : compareTexts.lessUsual)(figure).split(figure);
  return (
    <>
      {before}
      <strong class={difference > 0 ? "wl-more" : "wl-less"}>{figure}</strong>
      {after}
    </>
  );
}

/** Before today's first reading. */
const todayTitle = document.getElementById("today-title")?.textContent ?? "";

function showToday(hours: Consumption["points"], now: number, until: number): void {
  put("today-title", hours.length > 0 ? t.todayUntil(clock(lang, until, tz)) : todayTitle);
  const difference = differenceToUsual(hours, until, tz);
  let sub: ComponentChildren = "";
  if (difference === "early") sub = t.begun;
  else if (difference !== null)
    sub = Math.abs(difference) < ALIKE ? compareTexts.likeUsual : <Change difference={difference} />;
  fillTile("today", hours.length > 0 ? amount(today(hours, now, tz)) : "–", sub);
}

/** Args: wh: null if it is unknown; price: of a kWh, null without a tariff. */
function showMonth(wh: number | null, price: Consumption["price"], now: number, until: number): void {
  const title = document.querySelector("#tile-month h2");
  const name = capital(monthName(lang, now, tz));
  const isBehind = wh !== null && dayKey(until, tz) !== dayKey(now, tz);
  if (title)
    title.textContent = isBehind
      ? `${name} ${chartMessages[lang].until(shortDay(lang, until, tz))}`
      : t.monthUntil(name);
  if (wh === null) fillTile("month", "–", "");
  else
    fillTile(
      "month",
      amount(wh),
      price ? chartMessages[lang].about(cost(lang, wh, price, wh * price.amount > CENTS_WH)) : "",
    );
}

/** Load and show the consumption. Returns whether it is complete: a new meter may still be sending its history. */
async function refresh(): Promise<boolean> {
  const now = environment.now();
  const shown = { from: now - (SHOWN_DAYS + 1) * DAY_MS, to: now, step: "day" } as const;
  const [days, hours] = await Promise.all([
    fetchConsumption(rest, client, shown),
    fetchConsumption(rest, client, { from: midnight(dayKey(now, tz), tz), to: now, step: "hour" }),
  ]);
  update(hours.last);
  const isKnown = total(days.points) > 0;
  const until = knownUntil(hours.last, now);
  showToday(hours.points, now, until);
  showMonth(isKnown ? month(days.points, now, tz) : null, days.price, now, until);
  latest = { ...days, last: hours.last };
  showDays(latest);
  return isKnown && days.points.length >= SHOWN_DAYS;
}

let latest: Consumption | null = null;
callChat("on", "period", (card: Card | null) => {
  pointedAt = card;
  if (latest) showDays(latest);
});

const polling = keepPolling(
  () =>
    refresh().catch(() => {
      put("days-hint", t.failed);
      return false;
    }),
  environment.timers,
);

const link = new Link({
  session,
  environment,
  keepAliveS: KEEP_ALIVE_S,
  wanted: (me) => {
    const area = session.held?.area;
    return [topics.readingFilter(me), ...(area ? [[topics.outage(area), 1] as const] : [])];
  },
  hello: () => null,
  onLive: () => outage.live(),
  onGone: () => outage.gone(),
  onMessage: ({ topic, payload }) => {
    const kind = topics.parse(topic)?.kind;
    if (kind === "outage") outage.receive(decode(asDeskOutage, payload));
    if (kind !== "reading") return;
    update(decode(asLiveReading, payload));
    polling.stir();
  },
});

// The launcher may have given way.
document.getElementById("help")?.addEventListener("click", (event) => {
  event.preventDefault();
  callChat("open");
});
document.querySelector(".wl-portal")?.classList.add("wl-scope");
showNow();
setInterval(showNow, 1000);
letLauncherGiveWay();
link.start();
