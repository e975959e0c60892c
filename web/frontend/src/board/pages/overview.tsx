import { useLayoutEffect, useRef, useState } from "preact/hooks";

import type { Overview, Spread } from "../../link/desk-api.ts";
import { span } from "../../ui/format.ts";
import { useRequest, WhenLoaded } from "../request.tsx";
import type { PageProps } from "../state.ts";
import { Steps } from "../steps.tsx";
import { type Chosen, Episodes } from "./episodes.tsx";

const DAY_MS = 86_400_000;
const PERIODS = [1, 7, 30] as const;

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly sub: string;
  readonly onOpen: () => void;
  readonly testId: string;
  readonly bad?: boolean;
}

/** Show a figure as a button that lists its conversations. */
function Figure({ name, value, sub, onOpen, testId, bad = false }: FigureProps) {
  return (
    <button type="button" class="wl-figure-button" data-testid={testId} onClick={onOpen}>
      <span class="wl-muted">{name}</span>
      <span class={bad ? "wl-figure wl-bad" : "wl-figure"}>{value}</span>
      <span class="wl-muted wl-number">{sub}</span>
    </button>
  );
}

interface FiguresProps extends PageProps {
  readonly found: Overview;
  readonly choose: (chosen: Chosen) => void;
}

function Figures({ board, t, found, choose }: FiguresProps) {
  const time = (ms: number | null): string => (ms === null ? "–" : span(t.lang, ms));
  const { waiting, first_answer: first, resolve, satisfaction } = found;
  const showWaiting = (): void => {
    board.show("all");
    board.go({ client: null, pane: "list" });
  };
  const listed = (id: string, name: string, value: string, sub: string, list: string, bad = false) => (
    <Figure {...{ name, value, sub, bad }} testId={`figure-${id}`} onOpen={() => choose({ title: name, list })} />
  );
  const spread = ({ p90_ms, n }: Spread): string => t.spread(time(p90_ms), n);
  const late = t.late(board.config.targetMs / 60_000);
  const mean = satisfaction.mean === null ? "–" : t.decimal(satisfaction.mean);
  return (
    <div class="wl-figures">
      <Figure
        name={t.waitingNow}
        value={String(waiting.now)}
        sub={waiting.longest_ms === null ? t.nobodyWaits : t.longest(time(waiting.longest_ms))}
        bad={waiting.late > 0}
        testId="figure-waiting"
        onOpen={showWaiting}
      />
      {listed("first", t.firstAnswer, time(first.p50_ms), spread(first), first.list)}
      {listed("late", late, String(first.late), t.ofAnswered(first.n), first.late_list, first.late > 0)}
      {listed("resolve", t.resolveTime, time(resolve.p50_ms), spread(resolve), resolve.list)}
      {listed("satisfaction", t.satisfaction, mean, t.ratings(satisfaction.n), satisfaction.list)}
    </div>
  );
}

/** Show how many clients gave each score; each opens its list. */
function Scores({ t, found, choose }: FiguresProps) {
  const { scores, list, n } = found.satisfaction;
  if (n === 0) return null;
  return (
    <div class="wl-scores" role="group" aria-label={t.satisfaction}>
      {[5, 4, 3, 2, 1].map((score) => {
        const count = scores[String(score)] ?? 0;
        return (
          <button
            key={score}
            type="button"
            class="wl-step"
            disabled={count === 0}
            onClick={() => choose({ title: t.scoreOf(score), list: `${list}&score=${score}` })}
          >
            {t.scoreCount(score, count)}
          </button>
        );
      })}
    </div>
  );
}

function Bar({ share }: { readonly share: number }) {
  const bar = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (bar.current) bar.current.style.flexBasis = `${100 * share}%`;
  }, [share]);
  return <span ref={bar} class="wl-hour-bar" />;
}

const hourName = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** Show the messages in each hour of the day as bars; each opens the hour's conversations. */
function LoadByHour({ t, found: { load }, choose }: FiguresProps) {
  const most = Math.max(1, ...load.hours.map(({ asked }) => asked));
  return (
    <section aria-labelledby="wl-load">
      <h2 id="wl-load">{t.load}</h2>
      <div class="wl-hours" role="group" aria-labelledby="wl-load">
        {load.hours.map(({ hour, asked, answered, begun }) => (
          <button
            key={hour}
            type="button"
            class="wl-hour"
            title={t.hourSays(hourName(hour), asked, answered, begun)}
            aria-label={t.hourSays(hourName(hour), asked, answered, begun)}
            disabled={asked + answered + begun === 0}
            onClick={() => choose({ title: t.hourTitle(hourName(hour)), list: `${load.list}&hour=${hour}` })}
          >
            <Bar share={asked / most} />
            <span class="wl-hour-name">{hour % 3 === 0 ? hour : ""}</span>
          </button>
        ))}
      </div>
    </section>
  );
}

/** Show how the desk does in a period. */
export function OverviewPage(props: PageProps) {
  const { board, t, words } = props;
  const [days, setDays] = useState<(typeof PERIODS)[number]>(7);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const request = useRequest({
    key: String(days),
    ask: () => {
      const to = board.outside.now();
      return board.desk.api.overview(to - days * DAY_MS, to);
    },
  });
  return (
    <>
      <Steps
        options={PERIODS}
        chosen={days}
        nameOf={t.lastDays}
        onChoose={(next) => {
          setDays(next);
          setChosen(null);
        }}
        aria-label={t.period}
      />
      <WhenLoaded request={request} t={t} words={words}>
        {(found) => (
          <>
            {found.behind > 0 && <p class="wl-line">{t.behind(found.behind)}</p>}
            <Figures {...props} found={found} choose={setChosen} />
            <Scores {...props} found={found} choose={setChosen} />
            <LoadByHour {...props} found={found} choose={setChosen} />
          </>
        )}
      </WhenLoaded>
      {chosen && <Episodes key={chosen.list} {...props} chosen={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}
