import { useState } from "preact/hooks";

import type { Area } from "../../link/desk-api.ts";
import type { NoticeState } from "../../link/desk-notices.ts";
import { inLang, type Translated, withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import { capital, clock, dayInFull, languageName, weekdayDay } from "../../ui/format.ts";
import { LANGS, type Lang, whyNot } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { useModal } from "../modal.ts";
import { useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { Steps } from "../steps.tsx";
import { areaName } from "./area-name.ts";
import { MomentField } from "./date-field.tsx";
import { EditableProvider } from "./field.tsx";
import { IncidentPage, Incidents } from "./incident.tsx";
import { OutageAreas } from "./outage-areas.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";

type T = PageProps["t"];

interface Draft {
  readonly areas: readonly string[];
  readonly text: Translated;
  /** As the field has it, in the browser's time. */
  readonly until: string;
}

const EMPTY: Draft = { areas: [], text: {}, until: "" };

/** Return the text as clients see it: with the sentence that the bridge adds. Args: t: of the text's language. */
const withEnd = (t: T, text: string, until: number | null): string =>
  until === null || text === "" ? text : `${text} ${t.outageExpected(clock(t.lang, until), dayInFull(t.lang, until))}`;

/** Show the notice as the widget draws it. */
function Preview({ t, text, until }: { readonly t: T; readonly text: string; readonly until: number | null }) {
  return (
    <div class="wl-outage-card" lang={t.lang} data-testid="outage-preview">
      <strong>
        <Picture name="outage" />
        {t.outageCard}
      </strong>
      <p>{withEnd(t, text, until) || t.outagePreviewEmpty}</p>
    </div>
  );
}

interface ReachedProps {
  readonly clients: number;
  readonly displays: number;
  readonly silent: number;
}

const reachOf = (areas: readonly Area[], chosen: readonly string[]): ReachedProps =>
  areas
    .filter(({ area }) => chosen.includes(area))
    .reduce(
      (sum, { clients, displays, silent }) => ({
        clients: sum.clients + clients,
        displays: sum.displays + displays,
        silent: sum.silent + silent,
      }),
      { clients: 0, displays: 0, silent: 0 },
    );

interface ConfirmProps {
  readonly t: T;
  readonly areas: readonly string[];
  /** Whom it reaches; null: unknown. */
  readonly reached: ReachedProps | null;
  readonly langs: readonly string[];
  readonly until: number | null;
  readonly publish: () => void;
  readonly onClose: () => void;
}

/** Set a sentence's numbers in bold. */
const withBoldNumbers = (text: string) =>
  text
    .split(/(\d[\d.,\u00a0\u202f]*)/u)
    .map((part, place) => (place % 2 === 1 ? <strong key={part}>{part}</strong> : part));

/** Ask before publishing, with whom it reaches: clients have read it when it is taken back. */
function Confirm({ t, areas, reached, langs, until, publish, onClose }: ConfirmProps) {
  const dialog = useModal();
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-outage-title" onClose={onClose}>
      <div class="wl-dialog-body">
        <h2 id="wl-outage-title">{reached === null ? t.outageTellAsk : t.publishAsk(reached.clients)}</h2>
        <p class="wl-muted">{t.outageNoRecall}</p>
        <ul class="wl-facts">
          <li>
            <Picture name="place" small />
            <strong>{t.listed(areas.map(areaName))}</strong>
          </li>
          <li>
            <Picture name="chat" small />
            <span>{reached === null ? t.outageHint : withBoldNumbers(t.outageScreens(reached.clients))}</span>
          </li>
          {reached !== null && reached.displays > 0 && (
            <li>
              <Picture name="devices" small />
              <span>{withBoldNumbers(t.outageDisplays(reached.displays))}</span>
            </li>
          )}
          <li>
            <Picture name="check" small />
            {t.outageLangs(langs.map((lang) => languageName(t.lang, lang)))}
          </li>
          {until !== null && (
            <li>
              <Picture name="hours" small />
              {t.outageSays(`${clock(t.lang, until)}, ${weekdayDay(t.lang, until)}`)}
            </li>
          )}
          {reached?.clients === 0 && <li class="wl-bad">{t.outageNobody(t.listed(areas.map(areaName)))}</li>}
        </ul>
        <div class="wl-dialog-actions">
          <Button autofocus onClick={() => dialog.current?.close()}>
            {t.backToForm}
          </Button>
          <Button
            kind="primary"
            onClick={() => {
              publish();
              dialog.current?.close();
            }}
          >
            {reached === null ? t.outageTellAnyway : t.publishTo(reached.clients)}
          </Button>
        </div>
      </div>
    </dialog>
  );
}

interface MessageProps {
  readonly t: T;
  readonly lang: Lang;
  readonly setLang: (lang: Lang) => void;
  readonly text: Translated;
  readonly onInput: (text: Translated) => void;
}

/** Write the notice, one language at a time. */
const Message = ({ t, lang, setLang, text, onInput }: MessageProps) => (
  <div class="wl-field">
    <div class="wl-box-head">
      <span class="wl-field-label" id="wl-outage-message">
        {t.outageMessage}
      </span>
      <Steps
        options={LANGS}
        chosen={lang}
        nameOf={(each) => capital(languageName(each, each)) + (text[each]?.trim() ? " ✓" : "")}
        onChoose={setLang}
        aria-label={t.textsLanguage}
      />
    </div>
    <textarea
      class="wl-input"
      aria-labelledby="wl-outage-message"
      rows={3}
      maxLength={500}
      lang={lang}
      value={text[lang] ?? ""}
      data-testid={`outage-${lang}`}
      onInput={(event) => onInput({ ...text, [lang]: event.currentTarget.value })}
    />
    <p class="wl-hint">{t.outageHint}</p>
  </div>
);

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
  const [draft, setDraft] = useState(EMPTY);
  const [lang, setLang] = useState<Lang>(t.lang);
  const [sent, setSent] = useState<string | null>(null);
  const [sentTo, setSentTo] = useState("");
  const [isAsking, setAsking] = useState(false);
  const order: NoticeState = sent === null ? { state: "resting" } : notices.state(sent).value;
  const { load } = useRequest({ key: "areas", ask: () => board.desk.api.areas() });
  const areas = load.state === "loaded" ? load.value : [];
  const reached = load.state === "loaded" ? reachOf(areas, draft.areas) : null;
  const status = {
    resting: "",
    sending: t.saving,
    done: t.outageDone,
    refused: order.state === "refused" ? whyNot(t.lang, order.why, order.text) : "",
  }[order.state];
  const texts = withoutEmpty(draft.text);
  const until = draft.until === "" ? null : new Date(draft.until).getTime();
  const isPast = until !== null && until <= board.now.value;
  const published = notices.outages.value[sentTo]?.id;
  const isComplete = draft.areas.length > 0 && Object.keys(texts).length > 0 && !isPast;
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
                <OutageAreas
                  t={t}
                  areas={areas}
                  chosen={draft.areas}
                  struck={Object.keys(notices.outages.value)}
                  onChange={(chosen) => setDraft({ ...draft, areas: chosen })}
                />
              </div>
              <MomentField
                t={t}
                label={t.outageUntil}
                hint={t.outageUntilHint}
                error={isPast ? t.outageUntilPast : ""}
                value={draft.until}
                onInput={(text) => setDraft({ ...draft, until: text })}
                testId="outage-until"
              />
              <Message
                t={t}
                lang={lang}
                setLang={setLang}
                text={draft.text}
                onInput={(text) => setDraft({ ...draft, text })}
              />
            </Panel>
          )}
        </EditableProvider>
        <div class="wl-side">
          {side}
          {admin && (
            <Panel title={t.outagePreview}>
              <Preview t={pageTextsFor(lang)} text={inLang(texts, lang)} until={isPast ? null : until} />
            </Panel>
          )}
        </div>
      </div>
      {admin && (
        <div class="wl-form-end">
          <span class={order.state === "refused" ? "wl-form-said wl-bad" : "wl-form-said"} role="status">
            {status || t.outageNothingSent}
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
          until={until}
          publish={() => {
            setSent(notices.order(draft.areas, texts, until));
            setSentTo(draft.areas[0] ?? "");
            setDraft(EMPTY);
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </form>
  );
}
