import type { ComponentChildren } from "preact";

import type { Settings } from "../../link/desk-api.ts";
import { whenNear } from "../../ui/format.ts";
import { useRequest } from "../request.tsx";
import { type Page, routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { BrandingPreview } from "./branding-preview.tsx";
import { PageHead } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { ShareBar } from "./report-charts.tsx";
import { WithSettings } from "./setting.tsx";
import { Snippet } from "./snippet.tsx";

interface Step {
  readonly page: Page;
  readonly title: string;
  readonly text: string;
  readonly isDone: boolean;
  /** What its page is opened for. */
  readonly verb: string;
  readonly more?: ComponentChildren;
}

/** Return the steps and which of them are done: a setting that was saved once counts as looked at. */
function stepsOf({ board, t }: PageProps, settings: Settings, people: number | null): readonly Step[] {
  const [seen] = settings.seen_origins;
  return [
    {
      page: "branding",
      title: t.startLook,
      text: settings.branding.value.name || t.startLookText,
      isDone: settings.branding.rev > 0,
      verb: t.startSetLook,
    },
    {
      page: "portal",
      title: t.startEmbed,
      text: seen ? t.startSeen(seen.origin, whenNear(t.lang, seen.at, board.now.value)) : t.startNotSeen,
      isDone: seen !== undefined,
      verb: t.startSetPage,
      more: <Snippet line={settings.snippet} t={t} />,
    },
    {
      page: "agents",
      title: t.startTeam,
      text: people === null ? t.startTeamText : t.agentsSub(people),
      isDone: people !== null && people > 1,
      verb: t.startInvite,
    },
    {
      page: "hours",
      title: t.startHours,
      text: settings.hours.value.week === null ? t.noHours : t.startHoursText,
      isDone: settings.hours.rev > 0,
      verb: t.startSetHours,
    },
    {
      page: "answers",
      title: t.startAnswers,
      text: t.startAnswersText(settings.rules.value.rules.filter(({ on }) => on).length),
      isDone: settings.rules.rev > 0,
      verb: t.startRead,
    },
  ];
}

/** Show a step: its number or that it is done, and the way to its page. */
function StepRow({ step, place, t }: { readonly step: Step; readonly place: number; readonly t: PageProps["t"] }) {
  const { page, title, text, isDone, verb, more } = step;
  return (
    <li data-done={isDone}>
      <span class="wl-start-mark">
        {isDone ? <Picture name="check" small /> : t.count(place + 1)}
        {isDone && <span class="wl-hidden">{t.startIsDone}</span>}
      </span>
      <div>
        <h2>{title}</h2>
        <p class="wl-hint">{text}</p>
        {!isDone && more}
      </div>
      <a
        class={isDone ? "wl-button wl-button-quiet" : "wl-button"}
        href={routeHash({ client: null, pane: "list", page })}
      >
        {isDone ? t.startChange : verb}
        <span class="wl-hidden"> {title}</span>
      </a>
    </li>
  );
}

/** List what a new desk sets up, in any order, and what of it is done. */
export function StartPage(props: PageProps) {
  const { board, t } = props;
  const { load } = useRequest({ key: "agents", ask: () => board.desk.api.agents() });
  const people = load.state === "loaded" ? load.value.filter(({ disabled }) => !disabled).length : null;
  return (
    <>
      <PageHead title={t.startTitle(board.config.me.name.split(" ")[0] ?? "")} sub={t.startSub} />
      <WithSettings {...props}>
        {(settings) => {
          const steps = stepsOf(props, settings, people);
          const done = steps.filter(({ isDone }) => isDone).length;
          return (
            <div class="wl-brand-pair">
              <div class="wl-start-side">
                <div class="wl-start-done">
                  <ShareBar share={done / steps.length} />
                  <strong>{t.startDone(done, steps.length)}</strong>
                </div>
                <ol class="wl-start">
                  {steps.map((step, place) => (
                    <StepRow key={step.page} step={step} place={place} t={t} />
                  ))}
                </ol>
              </div>
              <BrandingPreview board={board} t={t} value={settings.branding.value} lang={t.lang} />
            </div>
          );
        }}
      </WithSettings>
    </>
  );
}
