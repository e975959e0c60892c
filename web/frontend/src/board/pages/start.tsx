import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

import type { SettingName, Settings } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { faultText, useRequest } from "../request.tsx";
import { type Page, routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { cleanBranding, Origins } from "./branding.tsx";
import { BrandingPreview } from "./branding-preview.tsx";
import { PageHead } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { ShareBar } from "./report-charts.tsx";
import { ago, SEEN_EVERY_MS } from "./seen.tsx";
import { hasDraftBeside, SettingForm, WithSettings } from "./setting.tsx";
import { Snippet } from "./snippet.tsx";
import { useAgain } from "./use-again.ts";

interface Step {
  readonly page: Page;
  readonly title: string;
  readonly text: string;
  readonly isDone: boolean;
  /** What its page is opened for. */
  readonly verb: string;
  /** What it sets: kept as it is, the step is done too. */
  readonly setting?: SettingName;
  readonly more?: ComponentChildren;
  /** What unfolds that, while another step is next. */
  readonly unfold?: string;
  /** An address that the step opens in another tab, in place of its page. */
  readonly tab?: string;
}

/** The demo's page of an invented client. */
const DEMO = "/?client=c-maria";
/** So long ago a first message may be. */
const ANY_DAYS = "days=92";
/** Show the line for the own pages and the addresses that may show the chat; ask again whether one of them was seen. */
function Embed({ settings, ...props }: PageProps & { readonly settings: Settings }) {
  const { board, t } = props;
  const [checking, setChecking] = useState<"resting" | "asking" | "asked">("resting");
  const [refused] = settings.refused_origins ?? [];
  const check = async (): Promise<void> => {
    setChecking("asking");
    await board.settings.load();
    setChecking("asked");
  };
  return (
    <>
      <Snippet line={settings.snippet} t={t} />
      <SettingForm {...props} name="branding" part="origins" clean={cleanBranding}>
        {(value, change) => <Origins value={value} change={change} t={t} />}
      </SettingForm>
      <div class="wl-inline">
        <Button disabled={checking === "asking"} onClick={() => void check()}>
          {t.startCheck}
        </Button>
      </div>
      <div role="status">
        {checking === "asked" && (
          <p class="wl-banner wl-banner-warn" data-testid="start-checked">
            <Picture name="warning" small />
            {refused ? t.startCheckRefused(refused.origin, ago(t.lang, board.now.value - refused.at)) : t.startCheckNot}
          </p>
        )}
      </div>
    </>
  );
}

/** Say how the chat looks, and what is left to decide. */
function lookText({ t }: PageProps, { branding: { rev, value } }: Settings): string {
  if (rev > 0) return value.name || t.startLookKept;
  return value.name ? t.startLookNamed(value.name) : t.startLookText;
}

/** Return the steps and which of them are done: a setting that was saved once counts as looked at. */
function stepsOf(props: PageProps, settings: Settings, people: number | null, hasMessage: boolean): readonly Step[] {
  const { board, t } = props;
  const { admin } = board.config.me;
  const [seen] = settings.seen_origins;
  return [
    {
      page: "branding",
      title: t.startLook,
      text: lookText(props, settings),
      isDone: settings.branding.rev > 0,
      setting: "branding",
      verb: t.startSetLook,
    },
    {
      page: "portal",
      title: t.startEmbed,
      text: seen
        ? t.startSeen(seen.origin, ago(t.lang, board.now.value - seen.at))
        : admin
          ? t.startNotSeen
          : t.seenNowhere,
      isDone: seen !== undefined,
      verb: t.startSetPage,
      more: admin && <Embed {...props} settings={settings} />,
      unfold: t.startShowLine,
    },
    {
      page: "agents",
      title: t.startTeam,
      text: people === null ? t.startTeamText : `${t.agentsSub(people)}.`,
      isDone: people !== null && people > 1,
      verb: t.startInvite,
    },
    {
      page: "hours",
      title: t.startHours,
      text: settings.hours.value.week === null ? `${t.noHours}.` : t.startHoursText,
      isDone: settings.hours.rev > 0,
      setting: "hours",
      verb: t.startSetHours,
    },
    {
      page: "answers",
      title: t.startAnswers,
      text: t.startAnswersText(settings.rules.value.rules.filter(({ on }) => on).length),
      isDone: settings.rules.rev > 0,
      setting: "rules",
      verb: t.startRead,
    },
    {
      page: "portal",
      title: t.startTry,
      text: hasMessage ? t.startTried : board.config.isDemo ? t.startTryDemo : t.startTryText,
      isDone: hasMessage,
      verb: board.config.isDemo ? t.startTryOpen : t.startSetPage,
      ...(board.config.isDemo && { tab: DEMO }),
    },
  ];
}

interface StepRowProps extends Pick<PageProps, "board" | "t"> {
  readonly step: Step;
  readonly place: number;
  /** The first one that is not done: it alone is unfolded. */
  readonly isNext: boolean;
  /** Whether the agent may change what the step sets; the demo is open to everybody. */
  readonly mayChange: boolean;
}

/** Show a step: its number or that it is done, and the way to its page. */
function StepRow({ board, step, place, isNext, mayChange, t }: StepRowProps) {
  const { page, title, text, isDone, verb, setting, more, unfold, tab } = step;
  const [isAsked, setAsked] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const [fault, setFault] = useState("");
  const keep = async (name: SettingName): Promise<void> => {
    const load = board.settings.state.peek();
    if (load.state !== "loaded") return;
    const outcome = await board.settings.save(name, load.value[name].value);
    setFault(outcome.state === "refused" ? faultText(t, outcome.fault) || t.notReached : "");
    link.current?.focus(); // the button that had it is gone
  };
  // What is set in the step itself needs no other way to it.
  const isElsewhere = (mayChange || tab) && (isDone || !more);
  // What is typed and not saved is neither kept nor thrown away here.
  const isTyped = (name: SettingName): boolean =>
    name === "branding"
      ? hasDraftBeside(board.settings, name, "origins") // those are in the step of the own pages
      : hasDraftBeside(board.settings, name);
  const hasDraft = setting !== undefined && mayChange && isTyped(setting);
  const canKeep = setting && mayChange && !isDone && !hasDraft;
  return (
    <li data-done={isDone} data-testid="step">
      <span class="wl-start-mark">
        {isDone ? <Picture name="check" small /> : t.count(place + 1)}
        {isDone && <span class="wl-hidden">{t.startIsDone}</span>}
      </span>
      <div>
        <h2>{title}</h2>
        <p class="wl-hint" {...(more && { role: "status" })}>
          {text}
        </p>
        {hasDraft && (
          <p class="wl-hint" data-testid="step-unsaved">
            {t.unsaved}
          </p>
        )}
        {fault && (
          <p class="wl-bad" role="alert">
            {fault}
          </p>
        )}
      </div>
      {isElsewhere && (
        <span class="wl-start-acts">
          {canKeep && (
            <Button kind="quiet" onClick={() => void keep(setting)}>
              {t.startKeep}
              <span class="wl-hidden"> {title}</span>
            </Button>
          )}
          <a
            ref={link}
            class={isDone ? "wl-button wl-button-quiet" : "wl-button"}
            href={tab ?? routeHash({ client: null, pane: "list", page })}
            target={tab && "_blank"}
            rel={tab && "noopener"}
          >
            {isDone && !tab ? t.startChange : verb}
            <span class="wl-hidden"> {title}</span>
          </a>
        </span>
      )}
      {!isDone && more && !isNext && (
        <span class="wl-start-acts">
          <Button {...(isAsked && { kind: "quiet" })} aria-expanded={isAsked} onClick={() => setAsked(!isAsked)}>
            {isAsked ? t.startHideLine : unfold}
            <span class="wl-hidden"> {title}</span>
          </Button>
        </span>
      )}
      {!isDone && more && (isNext || isAsked) && <div class="wl-start-more">{more}</div>}
    </li>
  );
}

/** List what a new desk sets up, in any order, and what of it is done; administrators find the way to each. */
export function StartPage(props: PageProps) {
  const { board, t } = props;
  const { admin, name } = board.config.me;
  const { load } = useRequest({ key: "agents", ask: () => board.desk.api.agents() });
  const hasRow = Object.keys(board.desk.inbox.value.summaries).length > 0;
  // Resolved conversations are not among the rows.
  const asked = useRequest({ key: hasRow ? null : ANY_DAYS, ask: () => board.desk.api.report(ANY_DAYS) });
  const hasMessage = hasRow || (asked.load.state === "loaded" && asked.load.value.totals.asked > 0);
  useAgain(() => board.settings.load(), SEEN_EVERY_MS);
  const people = load.state === "loaded" ? load.value.filter(({ disabled }) => !disabled).length : null;
  return (
    <>
      {admin ? (
        <PageHead title={t.startTitle(name.split(" ")[0] ?? "")} sub={t.startSub} />
      ) : (
        <PageHead title={t.pageStart} />
      )}
      <WithSettings {...props}>
        {(settings) => {
          const steps = stepsOf(props, settings, people, hasMessage);
          const done = steps.filter(({ isDone }) => isDone).length;
          const next = steps.find(({ isDone }) => !isDone);
          return (
            <>
              <div class="wl-start-done">
                <ShareBar share={done / steps.length} />
                <span class="wl-dotted">
                  <strong>{t.startDone(done, steps.length)}</strong>
                  {admin && next && <span class="wl-muted">{t.startNext(next.title)}</span>}
                </span>
              </div>
              <div class="wl-brand-pair wl-start-pair">
                <ol class="wl-start">
                  {steps.map((step, place) => (
                    <StepRow key={step.title} {...{ board, t, step, place }} isNext={step === next} mayChange={admin} />
                  ))}
                </ol>
                <BrandingPreview board={board} t={t} value={settings.branding.value} lang={t.lang} />
              </div>
            </>
          );
        }}
      </WithSettings>
    </>
  );
}
