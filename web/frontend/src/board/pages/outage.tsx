import { useState } from "preact/hooks";

import type { NoticeState } from "../../link/desk-notices.ts";
import { inLang, type Translated, withoutEmpty } from "../../protocol/translated.ts";
import { areaName } from "../../ui/area-name.ts";
import { Button } from "../../ui/button.tsx";
import { type Lang, whyNot } from "../../ui/messages.ts";
import { useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { Board, PageProps } from "../state.ts";
import { AdminOnlyForm } from "./admin-only.tsx";
import { AreaChoice } from "./area-choice.tsx";
import { EditableProvider, TranslatedField } from "./field.tsx";
import { IncidentPage, Incidents } from "./incident.tsx";
import { Confirm, Preview, reachOf } from "./notice-form.tsx";
import { NO_TIMES, NoticeTimesFields, readTimes, type TypedTimes } from "./notice-times.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";

interface Draft extends TypedTimes {
  readonly areas: readonly string[];
  readonly text: Translated;
}

/** As the contract's MAX_AREAS. */
const MOST_AREAS = 20;
const EMPTY: Draft = { areas: [], text: {}, ...NO_TIMES };
const KEY = "outage";

/** Return what was written and not published, also before a reload. */
function storedDraft(board: Board): Draft {
  try {
    return { ...EMPTY, ...(JSON.parse(board.outside.readDraft(KEY)) as Partial<Draft>) };
  } catch {
    return EMPTY; // nothing is stored, or it is damaged
  }
}

/** Publish an outage notice to areas in every language at once; list the outages, and show whom one reached. */
export function OutagePage(props: PageProps) {
  const { board, t } = props;
  const { incident } = board.route.value;
  const { notices, api } = board.desk;
  const request = useRequest({
    key: "incidents",
    ask: () => api.incidents(),
    version: notices.outages.value,
  });
  if (incident !== undefined) return <IncidentPage {...props} id={incident} incidents={request} />;
  return <NoticeForm {...props} side={<Incidents board={board} t={t} words={props.words} request={request} />} />;
}

function NoticeForm({ board, t, side }: PageProps & { readonly side: preact.ComponentChildren }) {
  const { admin } = board.config.me;
  const { notices } = board.desk;
  const [draft, setTyped] = useState(() => storedDraft(board));
  const setDraft = (next: Draft): void => {
    setTyped(next);
    board.outside.writeDraft(KEY, next === EMPTY ? "" : JSON.stringify(next));
  };
  const [lang, setLang] = useState<Lang>(t.lang);
  const [sent, setSent] = useState<string | null>(null);
  const [sentTo, setSentTo] = useState<{ readonly area: string; readonly clients: number | null } | null>(null);
  const [isAsking, setAsking] = useState(false);
  const order: NoticeState = sent === null ? { state: "resting" } : notices.state(sent).value;
  const { load } = useRequest({ key: "areas", ask: () => board.desk.api.areas() });
  const areas = load.state === "loaded" ? load.value : [];
  const reached = load.state === "loaded" ? reachOf(areas, draft.areas) : null;
  const status = {
    resting: "",
    sending: t.saving,
    done: sentTo?.clients ? t.outageDoneTo(sentTo.clients) : t.outageDone,
    refused: order.state === "refused" ? whyNot(t.lang, order.why, order.text) : "",
  }[order.state];
  const texts = withoutEmpty(draft.text);
  const { times, wrong, isRight } = readTimes(t, draft, board.now.value);
  const published = notices.outages.value[sentTo?.area ?? ""]?.id;
  const needed = draft.areas.length === 0 ? t.outageNoArea : Object.keys(texts).length === 0 ? t.outageNoText : "";
  const missing = needed || t.outageNothingSent;
  const isComplete = draft.areas.length > 0 && Object.keys(texts).length > 0 && isRight;
  return (
    <form
      class="wl-form"
      onSubmit={(event) => {
        event.preventDefault();
        setAsking(isComplete);
      }}
    >
      <PageHead title={t.pageOutage} sub={t.outageSub} />
      <div class="wl-outage-pair">
        <EditableProvider value={admin}>
          {!admin && <AdminOnlyForm board={board} t={t} title={t.outageAdminOnly} />}
          {admin && (
            <Panel title={t.outageNew}>
              <div class="wl-field">
                <div class="wl-box-head">
                  <span class="wl-field-label">{t.outageAreas}</span>
                  {reached !== null && draft.areas.length > 0 && (
                    <strong class="wl-number" role="status">
                      {t.outageChosen(draft.areas.length, reached.clients)}
                    </strong>
                  )}
                </div>
                <AreaChoice
                  most={MOST_AREAS}
                  t={t}
                  areas={areas}
                  chosen={draft.areas}
                  struck={Object.keys(notices.outages.value)}
                  onChange={(chosen) => setDraft({ ...draft, areas: chosen })}
                />
              </div>
              <NoticeTimesFields
                {...{ t, wrong }}
                typed={draft}
                onInput={(typed) => setDraft({ ...draft, ...typed })}
                now={board.now.value}
                testId="outage"
              />
              <TranslatedField
                {...{ t, lang, setLang }}
                value={draft.text}
                onInput={(text) => setDraft({ ...draft, text })}
                label={t.outageMessage}
                hint={t.outageHint}
                maxLength={500}
                testId="outage"
              />
            </Panel>
          )}
        </EditableProvider>
        <div class="wl-side">
          {side}
          {admin && (
            <Panel
              title={t.outagePreview}
              aside={
                draft.areas.length > 0 && (
                  <span class="wl-hint" data-testid="preview-areas">
                    <Picture name="place" small />
                    {t.listed(draft.areas.map(areaName))}
                  </span>
                )
              }
            >
              <Preview
                {...{ lang, now: board.now.value, at: board.now.value }}
                areas={draft.areas}
                text={inLang(texts, lang)}
                until={times.until ?? null}
                zone={board.config.tz}
              />
            </Panel>
          )}
        </div>
      </div>
      {admin && (
        <div class="wl-form-end">
          <span class={order.state === "refused" ? "wl-form-said wl-bad" : "wl-form-said"} role="status">
            {order.state === "done" && <Picture name="check" small />}
            {status || missing}
          </span>
          {order.state === "done" && published !== undefined && (
            <a
              class="wl-button"
              href={routeHash({ client: null, pane: "list", page: "outage", incident: published })}
              data-testid="outage-published"
            >
              {t.incidentWho}
            </a>
          )}
          <Button kind="primary" type="submit" disabled={!isComplete || order.state === "sending"}>
            {t.outageTell}
          </Button>
        </div>
      )}
      {isAsking && (
        <Confirm
          t={t}
          areas={draft.areas}
          reached={reached}
          langs={Object.keys(texts)}
          {...{ times, now: board.now.value }}
          zone={board.config.tz}
          publish={() => {
            setSent(notices.order(draft.areas, texts, times));
            setSentTo({ area: draft.areas[0] ?? "", clients: reached?.clients ?? null });
            setDraft(EMPTY);
            setLang(t.lang);
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </form>
  );
}
