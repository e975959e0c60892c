/** The demo portal's script: fills the page's tiles and chart from REST, and the live value from MQTT. */

import { render } from "preact";
import { pageEnvironment } from "../link/environment.ts";
import { ask } from "../link/http.ts";
import { Link } from "../link/link.ts";
import { keepPolling } from "../link/polling.ts";
import { type Consumption, fetchConsumption, fetchStandard, Rest, type Standard } from "../link/rest.ts";
import { identitySession } from "../link/session.ts";
import { asLiveReading, asOutage, decode } from "../protocol/payloads.ts";
import * as topics from "../protocol/topics.ts";
import { inLang } from "../protocol/translated.ts";
import { Chart } from "../ui/chart.tsx";
import { Compare, comparison } from "../ui/compare.tsx";
import { type Compared, WEEK_MS } from "../ui/consumption-compare.ts";
import {
  capital,
  energy,
  money,
  monthName,
  percent,
  power,
  shortDay,
  span,
  weekday,
  weekdayDay,
} from "../ui/format.ts";
import { marked, peak, total, usual } from "../ui/load-profile.ts";
import { compareTextsFor, portalTextsFor, textsFor } from "../ui/messages.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { readPortalConfig } from "./config.ts";
import { cost, month, onUsual, today } from "./figures.ts";
import { OutageNews } from "./outage.ts";

const DAY_MS = 86_400_000;
const SHOWN_DAYS = 30;
/** Four weeks and a day: what is usual on this weekday. */
const HOURS_BACK_MS = 29 * DAY_MS;
const LIVE_MS = 90_000;
const KEEP_ALIVE_S = 60;
/** Less than this share is no difference worth a word. */
const LIKE_USUAL = 0.02;

const config = readPortalConfig(document);
const { lang, tz, client } = config;
const t = portalTextsFor(lang);
const words = textsFor(lang);
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

const filled = (id: string): void => document.getElementById(id)?.setAttribute("aria-busy", "false");

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
  put("now-value", reading.w === null ? "–" : power(lang, reading.w));
  filled("tile-now");
}

function hear(next: Consumption["last"]): void {
  if (!next || (reading && reading.at > next.at)) return;
  reading = next;
  showNow();
}

// ---- an outage ----

const outagePlace = document.getElementById("outage");
const outage = new OutageNews(
  Boolean(outagePlace?.textContent?.trim()),
  (shown) => {
    if (outagePlace) outagePlace.className = shown ? "wl-outage" : "wl-visually-hidden";
    outagePlace?.toggleAttribute("data-over", shown === "over");
    put("outage", shown === "over" ? t.outageOver : shown ? t.outage(inLang(shown, lang)) : "");
  },
  environment.timers,
);

// ---- days and months ----

const place = (at: number): string => shortDay(lang, at, tz);
const placeLong = (at: number): string => weekdayDay(lang, at, tz);
const amount = (wh: number): string => energy(lang, wh);

let compared: Compared = "none";

function showDays(days: Consumption["points"], standard: Standard | null): void {
  const shown = days.slice(-SHOWN_DAYS);
  const bars = marked(days).slice(-SHOWN_DAYS);
  const host = document.getElementById("days-chart");
  if (!host) return;
  const highest = peak(bars);
  const unusual = bars.filter((bar) => bar.unusual).length;
  const usualWh = usual(bars.map((bar) => bar.wh).filter((wh) => wh > 0));
  const facts = [
    t.usualDay(amount(usualWh)),
    highest ? t.highest(amount(highest.wh), placeLong(highest.at)) : "",
    unusual > 0 ? `${capital(t.unusualDays(unusual))}.` : "",
  ];
  const others = compared === "week" ? { points: days } : standard;
  const { beside, words: difference } = comparison({
    t: compareTexts,
    compared,
    own: shown,
    others,
    zone: tz,
    nowMs: environment.now(),
  });
  if (difference) facts.push(`${capital(difference)}.`);
  render(
    highest && highest.wh > 0 ? (
      <>
        <Chart
          bars={bars}
          beside={beside}
          t={words}
          title={t.last30}
          place={place}
          placeLong={placeLong}
          amount={amount}
          axes
          summary={facts.filter(Boolean).join(" ")}
        />
        <Compare
          t={compareTexts}
          compared={compared}
          onCompare={(next) => {
            compared = next;
            fresh.stir();
          }}
        />
      </>
    ) : (
      <p class="wl-sub">{t.noReadings}</p>
    ),
    host,
  );
  put("days-hint", highest && highest.wh > 0 ? t.askHint : "");
  filled("days");
}

/** Whether all that is shown was there: a meter that is new here may just be telling its history. */
async function refresh(): Promise<boolean> {
  const now = environment.now();
  const shown = { from: now - (SHOWN_DAYS + 1) * DAY_MS, to: now, step: "day" } as const;
  const [days, standard, hours] = await Promise.all([
    fetchConsumption(rest, client, { ...shown, from: shown.from - WEEK_MS }),
    // The bars stand without it.
    compared === "standard" ? fetchStandard(rest, client, shown).catch(() => null) : null,
    fetchConsumption(rest, client, { from: now - HOURS_BACK_MS, to: now, step: "hour" }),
  ]);
  hear(hours.last);
  const known = total(hours.points) > 0;
  put("today-value", known ? amount(today(hours.points, now, tz)) : "–");
  const difference = onUsual(hours.points, now, tz);
  const day = weekday(lang, now, tz);
  put(
    "today-sub",
    difference === null
      ? ""
      : difference === "early"
        ? t.begun
        : Math.abs(difference) < LIKE_USUAL
          ? t.likeUsual(day)
          : t.onUsual(percent(lang, difference), day),
  );
  filled("tile-today");
  const wh = month(days.points, now, tz);
  const title = document.querySelector("#tile-month h2");
  if (title) title.textContent = capital(monthName(lang, now, tz));
  put("month-value", known ? amount(wh) : "–");
  put("month-sub", known ? t.about(money(lang, cost(wh, config.ctPerKwh), config.currency, true)) : "");
  filled("tile-month");
  showDays(days.points, standard);
  return known && days.points.length >= SHOWN_DAYS;
}

const fresh = keepPolling(
  () =>
    refresh().catch(() => {
      put("days-hint", `${t.failed} ${t.failedText}`);
      return false;
    }),
  environment.timers,
);

const line = new Link({
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
    if (kind === "outage") outage.hear(decode(asOutage, payload));
    if (kind !== "reading") return;
    hear(decode(asLiveReading, payload));
    fresh.stir();
  },
});

document.querySelector(".wl-portal")?.classList.add("wl-scope");
showNow();
setInterval(showNow, 1000);
line.start();
