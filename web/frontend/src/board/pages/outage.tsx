import { useState } from "preact/hooks";

import type { Area } from "../../link/desk-api.ts";
import type { NoticeState } from "../../link/desk-notices.ts";
import type { Outage } from "../../protocol/payloads.ts";
import { inLang, type Translated, withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import { languageName } from "../../ui/format.ts";
import { whyNot } from "../../ui/messages.ts";
import { useModal } from "../picker.tsx";
import { useRequest } from "../request.tsx";
import type { PageProps } from "../state.ts";
import { EditableProvider, Field, TranslatedFields } from "./field.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";

/** More areas than these are found by typing. */
const MOST_AREAS = 8;

type T = PageProps["t"];

interface CurrentOutagesProps {
  readonly t: T;
  readonly outages: Readonly<Record<string, Outage>>;
  /** End an area's outage; false: the agent may not. */
  readonly end: ((area: string) => void) | false;
}

function CurrentOutages({ t, outages, end }: CurrentOutagesProps) {
  const areas = Object.entries(outages);
  return (
    <Panel title={t.outagesNow}>
      {areas.length === 0 ? (
        <p class="wl-hint">{t.outagesNone}</p>
      ) : (
        <ul class="wl-outages" aria-label={t.outagesNow}>
          {areas.map(([area, outage]) => (
            <li key={area} data-testid="outage" data-area={area}>
              <span class="wl-mark wl-mark-bad">{area}</span>
              <span>{outage.text && inLang(outage.text, t.lang)}</span>
              {end && <Button onClick={() => end(area)}>{t.outageEnd}</Button>}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

interface AreasProps {
  readonly t: T;
  readonly areas: readonly Area[];
  readonly chosen: string;
  readonly onChoose: (area: string) => void;
}

/** List the known areas, those whose name has the typed text, with the number of their clients. */
function Areas({ t, areas, chosen, onChoose }: AreasProps) {
  const typed = chosen.trim().toLowerCase();
  const isKnown = areas.some(({ area }) => area === typed);
  const fitting = areas.filter(({ area }) => isKnown || area.includes(typed)).slice(0, MOST_AREAS);
  return (
    <div class="wl-area-list" role="group" aria-label={t.outageAreas}>
      {fitting.map(({ area, clients }) => (
        <button key={area} type="button" aria-pressed={area === typed} onClick={() => onChoose(area)}>
          <span>{area}</span>
          <span>{t.clientCount(clients)}</span>
        </button>
      ))}
    </div>
  );
}

interface ConfirmProps {
  readonly t: T;
  readonly area: string;
  /** How many clients live in the area; null: unknown. */
  readonly reached: number | null;
  readonly langs: readonly string[];
  readonly publish: () => void;
  readonly onClose: () => void;
}

/** Ask before publishing, with whom it reaches: clients have read it when it is taken back. */
function Confirm({ t, area, reached, langs, publish, onClose }: ConfirmProps) {
  const dialog = useModal();
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-outage-title" onClose={onClose}>
      <div class="wl-dialog-body">
        <h2 id="wl-outage-title">{reached === null ? t.outageTellAsk : t.publishAsk(reached)}</h2>
        <p class="wl-muted">{t.outageNoRecall}</p>
        <ul class="wl-plain">
          <li>{t.outageWhere(area)}</li>
          <li>{t.outageHint}</li>
          <li>{t.outageLangs(langs.map((lang) => languageName(t.lang, lang)))}</li>
          {reached === 0 && <li class="wl-bad">{t.outageNobody(area)}</li>}
        </ul>
        <div class="wl-inline wl-inline-end">
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
            {reached === null ? t.outageTellAnyway : t.publishTo(reached)}
          </Button>
        </div>
      </div>
    </dialog>
  );
}

/** Publish an outage notice to an area, or its end, in every language at once. */
export function OutagePage({ board, t }: PageProps) {
  const { admin } = board.config.me;
  const { notices } = board.desk;
  const [area, setArea] = useState("");
  const [text, setText] = useState<Translated>({});
  const [sent, setSent] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const order: NoticeState = sent === null ? { state: "resting" } : notices.state(sent).value;
  const publish = (where: string, texts: Translated | null): void => setSent(notices.order(where, texts));
  const { load } = useRequest({ key: "areas", ask: () => board.desk.api.areas() });
  const areas = load.state === "loaded" ? load.value : [];
  const where = area.trim();
  /** Null if it is unknown. */
  const reached =
    load.state !== "loaded" || where === "" ? null : (areas.find((each) => each.area === where)?.clients ?? 0);
  const status = {
    resting: "",
    sending: t.saving,
    done: t.outageDone,
    refused: order.state === "refused" ? whyNot(t.lang, order.why, order.text) : "",
  }[order.state];
  const texts = withoutEmpty(text);
  const isComplete = where !== "" && Object.keys(texts).length > 0;
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
          <Panel title={t.outageNew}>
            <Field
              label={t.area}
              hint={reached === null ? t.areaHint : t.reaches(reached)}
              required
              value={area}
              maxLength={32}
              onInput={setArea}
              testId="outage-area"
            />
            {admin && areas.length > 0 && <Areas t={t} areas={areas} chosen={area} onChoose={setArea} />}
            <TranslatedFields
              shownIn={t.lang}
              label={t.textIn}
              rows={3}
              maxLength={500}
              value={text}
              testId="outage"
              onInput={setText}
            />
          </Panel>
        </EditableProvider>
        <div class="wl-outage-side">
          <CurrentOutages t={t} outages={notices.outages.value} end={admin && ((ended) => publish(ended, null))} />
          <Panel title={t.outagePreview}>
            <p class="wl-banner wl-banner-bad">
              <Picture name="outage" />
              {inLang(texts, t.lang) || t.outagePreviewEmpty}
            </p>
          </Panel>
        </div>
      </div>
      {admin && (
        <div class="wl-form-end" data-unsaved={isComplete}>
          <span class={order.state === "refused" ? "wl-form-said wl-bad" : "wl-form-said"} role="status">
            {status || t.outageNothingSent}
          </span>
          <Button kind="primary" type="submit" disabled={!isComplete || order.state === "sending"}>
            {t.outageTell}
          </Button>
        </div>
      )}
      {isAsking && (
        <Confirm
          t={t}
          area={where}
          reached={reached}
          langs={Object.keys(texts)}
          publish={() => publish(where, texts)}
          onClose={() => setAsking(false)}
        />
      )}
    </form>
  );
}
