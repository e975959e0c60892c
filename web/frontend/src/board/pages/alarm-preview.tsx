import { useEffect, useState } from "preact/hooks";

import type { AlarmExample, AlarmKind, AlarmPreview, Alarms } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { Chart } from "../../ui/chart.tsx";
import { clock, dayOfYear, energy, hourOf, kilowattHours, weekdayDay } from "../../ui/format.ts";
import { chartMessages } from "../../ui/messages.ts";
import { type Load, useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { Board, PageProps } from "../state.ts";
import { DataTable } from "./data-table.tsx";
import { Panel, Tally } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";

type T = PageProps["t"];

const DAYS = 28;
/** Ask only when typing pauses. */
const ASK_AFTER_MS = 500;

/** An answer with the thresholds that it is of. */
interface AnsweredPreview extends AlarmPreview {
  readonly asked: Alarms;
}

/** Ask what thresholds would have told; the last answer stays while a new one is computed. */
export function useAlarmPreview(board: Board, value: Alarms): Load<AnsweredPreview> {
  const typed = JSON.stringify(value);
  const [asked, setAsked] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed), ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return useRequest({
    key: "alarms",
    version: asked,
    ask: async () => {
      const alarms = JSON.parse(asked) as Alarms;
      return { ...(await board.desk.api.alarmPreview(alarms)), asked: alarms };
    },
  }).load;
}

interface PreviewProps {
  readonly board: Board;
  readonly t: T;
  readonly load: Load<AnsweredPreview>;
  /** As typed: what was asked before is shown dimmed. */
  readonly value: Alarms;
  /** The rule that it is of alone; null: of all. */
  readonly chosen: AlarmKind | null;
  readonly onAll: () => void;
}

/** Show what the thresholds would have told in the last 28 days, with a day of one alarm. */
export function Preview({ board, t, load, value, chosen, onAll }: PreviewProps) {
  const [place, setPlace] = useState(0);
  const title = chosen ? t.alarmPreviewOf : t.alarmPreview;
  if (load.state !== "loaded")
    return (
      <Panel title={title}>
        <p class="wl-hint" aria-busy={load.state === "loading"}>
          {load.state === "loading" ? t.alarmComputing : `${t.notLoaded}.`}
        </p>
        {load.state === "loading" && <div class="wl-alarm-shape wl-skeleton" />}
      </Panel>
    );
  const { kinds, examined, meters, asked } = load.value;
  const isOld = JSON.stringify(asked) !== JSON.stringify(value);
  const { alarms, clients } = chosen ? kinds[chosen] : { alarms: alarmsOf(load.value), clients: load.value.clients };
  const examples = load.value.examples.filter(({ kind }) => !chosen || kind === chosen);
  const example = examples[place % Math.max(1, examples.length)];
  const figures = [
    [t.count(alarms), t.alarmsWord(alarms)],
    [t.count(clients), t.alarmClients(clients)],
    [t.decimal(alarms / DAYS), t.alarmPerDay],
  ] as const;
  return (
    <Panel
      title={title}
      testId="alarm-preview"
      aside={
        chosen && (
          <Button kind="quiet" onClick={onAll}>
            {t.alarmAllRules}
          </Button>
        )
      }
    >
      <p class="wl-hint">{t.alarmExamined(examined, meters)}</p>
      <Tally figures={figures} />
      {example ? (
        <>
          <div class="wl-box-head">
            <strong>{exampleName(board, t, example)}</strong>
            {examples.length > 1 && (
              <Button kind="quiet" onClick={() => setPlace(place + 1)}>
                {t.alarmNext}
                <Picture name="right" small />
              </Button>
            )}
          </div>
          <div class={isOld ? "wl-alarm-example wl-alarm-old" : "wl-alarm-example"}>
            <ExampleDay board={board} t={t} example={example} value={asked} />
          </div>
          <p class="wl-banner">
            <Picture name="alarms" />
            {t.alarmRings(clock(t.lang, example.rings, board.config.tz))}
          </p>
        </>
      ) : (
        alarms === 0 && <p class="wl-hint">{chosen ? t.alarmNoneOf : t.alarmNone}</p>
      )}
    </Panel>
  );
}

const alarmsOf = ({ kinds }: AlarmPreview): number => Object.values(kinds).reduce((sum, { alarms }) => sum + alarms, 0);

/** Return "Example: Maria Pop, Sat, 28 Nov 2026". */
const exampleName = (board: Board, t: T, { client, name, rings }: AlarmExample): string =>
  t.alarmExample(board.clientName(client, name), dayOfYear(t.lang, rings - 1, board.config.tz));

const thresholdName = (t: T, { times_usual: times, at_least_wh: wh, limit_wh: limit }: Alarms): string =>
  times === null || limit !== null
    ? t.alarmThreshold
    : t.alarmThresholdOf(t.decimal(times), `${kilowattHours(t.lang, wh)}\u00a0kWh`);

const AT_FIRST = 8;

interface NewestProps {
  readonly board: Board;
  readonly t: T;
  readonly found: AlarmPreview;
  /** The rule whose alarms are listed; null: all. */
  readonly chosen: AlarmKind | null;
}

/** List the newest alarms that the thresholds would have told: when, whose, which meter, and how much. */
export function Newest({ board, t, found, chosen }: NewestProps) {
  const [isAll, setAll] = useState(false);
  const { tz } = board.config;
  const newest = found.newest.filter(({ kind }) => !chosen || kind === chosen);
  if (newest.length === 0) return null;
  const names: Readonly<Record<AlarmKind, string>> = {
    usual: t.alarmsUsual,
    limit: t.alarmsLimit,
    silent: t.alarmsSilent,
    tamper: t.alarmTamper,
  };
  const count = chosen ? found.kinds[chosen].alarms : alarmsOf(found);
  return (
    <Panel
      title={t.alarmNewest}
      testId="alarm-newest"
      aside={
        !isAll &&
        newest.length > AT_FIRST && (
          <Button kind="quiet" onClick={() => setAll(true)}>
            {t.allOf(newest.length)}
          </Button>
        )
      }
    >
      <DataTable
        label={t.alarmNewest}
        columns={[
          {
            id: "at",
            label: t.alarmWhen,
            sortBy: ({ at }) => at,
            cell: ({ at, to }) => (
              <div>
                {weekdayDay(t.lang, at, tz)}
                <span class="wl-hint">{at === to ? clock(t.lang, at, tz) : spanOf(t, at, to, tz)}</span>
              </div>
            ),
          },
          {
            id: "client",
            label: t.deviceClient,
            sortBy: ({ client, name }) => name ?? client,
            cell: ({ client, name, meter }) => (
              <div>
                <a href={routeHash({ client, pane: "context" })}>{board.clientName(client, name)}</a>
                <span class="wl-hint">{meter}</span>
              </div>
            ),
          },
          { id: "kind", label: t.alarmWhat, sortBy: ({ kind }) => names[kind], cell: ({ kind }) => names[kind] },
          {
            id: "wh",
            label: t.alarmUsed,
            isNumber: true,
            sortBy: ({ wh }) => wh,
            cell: ({ wh }) => (wh === null ? "–" : energy(t.lang, wh)),
          },
        ]}
        rows={isAll ? newest : newest.slice(0, AT_FIRST)}
        keyOf={({ client, meter, kind, at }) => [client, meter, kind, at].join(" ")}
        mark={({ client }) => ({ "data-testid": "rung", "data-client": client })}
      />
      {count > newest.length && <p class="wl-hint">{t.alarmNewestOf(newest.length, count)}</p>}
    </Panel>
  );
}

/** Return "17:00–21:00", and the day of the end where it is another one. */
function spanOf(t: T, at: number, to: number, tz: string | undefined): string {
  const isSameDay = weekdayDay(t.lang, at, tz) === weekdayDay(t.lang, to - 1, tz);
  return `${clock(t.lang, at, tz)}–${isSameDay ? "" : `${weekdayDay(t.lang, to, tz)}, `}${clock(t.lang, to, tz)}`;
}

interface ExampleDayProps extends Pick<PreviewProps, "board" | "t"> {
  readonly example: AlarmExample;
  readonly value: Alarms;
}

function ExampleDay({ board, t, example, value }: ExampleDayProps) {
  const { lang } = t;
  const { tz } = board.config;
  const texts = chartMessages[lang];
  const amount = (wh: number, most?: number): string => energy(lang, wh, most);
  // It tells what the axis counts.
  const end = hourOf(lang, example.hours.at(-1)?.to ?? example.rings, tz);
  const bars = example.hours.map(({ usual_wh: usualWh, ...hour }) => ({ ...hour, usualWh }));
  return (
    <Chart
      key={example.rings}
      bars={bars}
      beside={{
        wh: example.hours.map(({ above_wh: aboveWh }) => aboveWh),
        name: thresholdName(t, value),
        short: t.alarmThreshold,
      }}
      usual={{ wh: bars.map(({ usualWh }) => usualWh), name: t.alarmUsual }}
      now={board.outside.now()}
      t={texts}
      lang={lang}
      zone={tz}
      unit={texts.perHour}
      title={board.clientName(example.client, example.name)}
      place={(at) => hourOf(lang, at, tz)}
      endPlace={`${end === "00" ? "24" : end}\u00a0h`}
      placeLong={(at) => `${clock(lang, at, tz)}–${clock(lang, at + 3_600_000, tz)}`}
      amount={amount}
      summary={t.alarmDayUse(amount(bars.reduce((sum, { wh }) => sum + (wh ?? 0), 0)))}
    />
  );
}
