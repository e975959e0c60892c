import { useEffect, useState } from "preact/hooks";

import type { AlarmExample, AlarmPreview, Alarms } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { Chart } from "../../ui/chart.tsx";
import { clock, energy, hourOf, weekdayDay } from "../../ui/format.ts";
import { chartMessages } from "../../ui/messages.ts";
import { type Load, useRequest } from "../request.tsx";
import type { Board, PageProps } from "../state.ts";
import { Panel, Tally } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";

type T = PageProps["t"];

const DAYS = 28;
/** Ask only when typing pauses. */
const ASK_AFTER_MS = 500;

/** Ask what thresholds would have told; the last answer stays while a new one is computed. */
export function useAlarmPreview(board: Board, value: Alarms): Load<AlarmPreview> {
  const typed = JSON.stringify(value);
  const [asked, setAsked] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed), ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return useRequest({
    key: "alarms",
    version: asked,
    ask: () => board.desk.api.alarmPreview(JSON.parse(asked) as Alarms),
  }).load;
}

interface PreviewProps {
  readonly board: Board;
  readonly t: T;
  readonly load: Load<AlarmPreview>;
}

/** Show what the thresholds would have told in the last 28 days, with a day of one alarm. */
export function Preview({ board, t, load }: PreviewProps) {
  const [place, setPlace] = useState(0);
  if (load.state !== "loaded")
    return (
      <Panel title={t.alarmPreview}>
        <p class="wl-hint" aria-busy={load.state === "loading"}>
          {load.state === "loading" ? t.alarmComputing : t.notLoaded}
        </p>
      </Panel>
    );
  const { kinds, examples, examined, meters, clients } = load.value;
  const tallies = Object.values(kinds);
  const alarms = tallies.reduce((sum, tally) => sum + tally.alarms, 0);
  const example = examples[place % Math.max(1, examples.length)];
  const figures = [
    [t.count(alarms), t.alarmsWord],
    [t.count(clients), t.alarmClients],
    [t.decimal(alarms / DAYS), t.alarmPerDay],
  ] as const;
  return (
    <Panel title={t.alarmPreview} testId="alarm-preview">
      <p class="wl-hint">{t.alarmExamined(examined, meters)}</p>
      <Tally figures={figures} />
      {example ? (
        <>
          <div class="wl-box-head">
            <strong>
              {t.alarmExample(
                board.clientName(example.client, example.name),
                weekdayDay(t.lang, example.rings - 1, board.config.tz),
              )}
            </strong>
            {examples.length > 1 && (
              <Button kind="quiet" onClick={() => setPlace(place + 1)}>
                {t.alarmNext}
                <Picture name="right" small />
              </Button>
            )}
          </div>
          <div class="wl-alarm-example">
            <ExampleDay board={board} t={t} example={example} />
          </div>
          <p class="wl-banner">
            <Picture name="alarms" />
            {t.alarmRings(clock(t.lang, example.rings, board.config.tz))}
          </p>
        </>
      ) : (
        <p class="wl-hint">{t.alarmNone}</p>
      )}
    </Panel>
  );
}

function ExampleDay({ board, t, example }: Omit<PreviewProps, "load"> & { readonly example: AlarmExample }) {
  const { lang } = t;
  const { tz } = board.config;
  const texts = chartMessages[lang];
  const amount = (wh: number): string => energy(lang, wh);
  const bars = example.hours.map(({ usual_wh: usualWh, ...hour }) => ({ ...hour, usualWh }));
  return (
    <Chart
      key={example.rings}
      bars={bars}
      beside={{ wh: example.hours.map(({ above_wh: aboveWh }) => aboveWh), name: t.alarmThreshold }}
      now={board.outside.now()}
      t={texts}
      lang={lang}
      zone={tz}
      unit={texts.perHour}
      title={t.alarmExample(board.clientName(example.client, example.name), weekdayDay(lang, example.rings - 1, tz))}
      place={(at) => hourOf(lang, at, tz)}
      placeLong={(at) => `${clock(lang, at, tz)}–${clock(lang, at + 3_600_000, tz)}`}
      amount={amount}
      summary=""
    />
  );
}
