import { useState } from "preact/hooks";

import type { NoticeState } from "../../link/desk-notices.ts";
import type { Outage } from "../../protocol/payloads.ts";
import { inLang, type Translated, withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import { whyNot } from "../../ui/messages.ts";
import { useRequest } from "../request.tsx";
import type { PageProps } from "../state.ts";
import { EditableProvider, Field, TranslatedFields } from "./field.tsx";

interface CurrentOutagesProps extends Pick<PageProps, "t"> {
  readonly outages: Readonly<Record<string, Outage>>;
  /** End an area's outage; false: the agent may not. */
  readonly end: ((area: string) => void) | false;
}

function CurrentOutages({ t, outages, end }: CurrentOutagesProps) {
  const areas = Object.entries(outages);
  if (areas.length === 0) return null;
  return (
    <ul class="wl-table" aria-label={t.outagesNow}>
      {areas.map(([area, outage]) => (
        <li key={area} data-testid="outage" data-area={area}>
          <strong>{area}</strong>
          <span>{outage.text && inLang(outage.text, t.lang)}</span>
          {end && (
            <span class="wl-actions">
              <Button onClick={() => end(area)}>{t.outageEnd}</Button>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Publish an outage notice to an area, or its end, in every language at once. */
export function OutagePage({ board, t }: PageProps) {
  const { admin } = board.config.me;
  const { notices } = board.desk;
  const [area, setArea] = useState("");
  const [text, setText] = useState<Translated>({});
  const [sent, setSent] = useState<string | null>(null);
  /** The area that the agent confirmed although no client is known there. */
  const [confirmed, setConfirmed] = useState<string | null>(null);
  const order: NoticeState = sent === null ? { state: "resting" } : notices.state(sent).value;
  const publish = (area: string, texts: Translated | null): void => setSent(notices.order(area, texts));
  const { load } = useRequest({ key: "areas", ask: () => board.desk.api.areas() });
  const where = area.trim();
  /** Null if it is unknown. */
  const reached =
    load.state !== "loaded" || where === "" ? null : (load.value.find((each) => each.area === where)?.clients ?? 0);
  const isConfirmed = reached === 0 && confirmed === where;
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
        if (!isComplete) return;
        if (reached === 0 && !isConfirmed) setConfirmed(where);
        else publish(where, texts);
      }}
    >
      <p class="wl-muted">{t.outageHint}</p>
      <CurrentOutages
        t={t}
        outages={notices.outages.value}
        end={
          admin &&
          ((where) => {
            setArea(where);
            publish(where, null);
          })
        }
      />
      <EditableProvider value={admin}>
        <Field
          label={t.area}
          hint={reached === null ? t.areaHint : t.reaches(reached)}
          required
          value={area}
          maxLength={32}
          onInput={setArea}
          testId="outage-area"
        />
        <TranslatedFields
          shownIn={t.lang}
          label={t.textIn}
          rows={3}
          maxLength={500}
          value={text}
          testId="outage"
          onInput={setText}
        />
      </EditableProvider>
      {admin && (
        <div class="wl-form-end">
          <span class={order.state === "refused" ? "wl-form-said wl-bad" : "wl-form-said"} role="status">
            {isConfirmed && order.state !== "sending" ? t.outageNobody(where) : status}
          </span>
          <Button disabled={where === "" || order.state === "sending"} onClick={() => publish(where, null)}>
            {t.outageEnd}
          </Button>
          <Button kind="primary" type="submit" disabled={!isComplete || order.state === "sending"}>
            {isConfirmed ? t.outageTellNobody : t.outageTell}
          </Button>
        </div>
      )}
    </form>
  );
}
