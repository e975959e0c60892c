import { useEffect, useState } from "preact/hooks";

import type { Incident } from "../../link/desk-api.ts";
import { inLang, type Translated, withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import { languageName } from "../../ui/format.ts";
import type { Lang } from "../../ui/messages.ts";
import { useRequest } from "../request.tsx";
import type { Board, PageProps } from "../state.ts";
import { TranslatedField } from "./field.tsx";
import { beganOf, endOf } from "./incident-times.ts";
import { Confirm, Preview, reachOf } from "./notice-form.tsx";
import { NoticeTimesFields, readTimes, timesWritten } from "./notice-times.tsx";
import { Panel } from "./page-head.tsx";

type T = PageProps["t"];

interface ClientsSeeProps {
  readonly board: Board;
  readonly t: T;
  readonly incident: Incident;
  readonly canChange: boolean;
}

/** Show the notice as clients read it; administrators publish a newer text, which they see as clients will. */
export function ClientsSee({ board, t, incident, canChange }: ClientsSeeProps) {
  const { text, until, ended, areas } = incident;
  const notice = board.desk.notices.outages.value[ended === null ? (areas[0] ?? "") : ""];
  const { update } = board.route.value;
  const [isChanging, setChanging] = useState(update === true);
  useEffect(() => {
    if (update) setChanging(true); // the address was opened from the page itself
  }, [update]);
  if (isChanging && canChange)
    return (
      <Panel title={t.outagePreview}>
        <Update {...{ board, t, incident }} onClose={() => setChanging(false)} />
      </Panel>
    );
  return (
    <Panel
      title={ended === null ? t.incidentSee : t.incidentSaw}
      aside={canChange && <Button onClick={() => setChanging(true)}>{t.incidentUpdate}</Button>}
    >
      {ended !== null && <strong data-testid="incident-end">{endOf(t, incident, board.now.value)}</strong>}
      <Preview
        lang={t.lang}
        areas={areas}
        text={inLang(text, t.lang)}
        until={until}
        zone={board.config.tz}
        now={board.now.value}
        at={notice?.at ?? null}
        isOver={ended !== null}
      />
      <p class="wl-hint">{t.outageLangs(Object.keys(text).map((lang) => languageName(t.lang, lang)))}</p>
    </Panel>
  );
}

interface UpdateProps {
  readonly board: Board;
  readonly t: T;
  readonly incident: Incident;
  readonly onClose: () => void;
}

/** Publish another text in the areas where the outage goes on. */
function Update({ board, t, incident, onClose }: UpdateProps) {
  const { notices, api } = board.desk;
  const [text, setText] = useState<Translated>(incident.text);
  const [typed, setTyped] = useState(() => timesWritten(incident));
  const [lang, setLang] = useState<Lang>(t.lang);
  const [isAsking, setAsking] = useState(false);
  const { load } = useRequest({ key: "areas", ask: () => api.areas() });
  const areas = incident.areas.filter((area) => area in notices.outages.value);
  const texts = withoutEmpty(text);
  const { times, wrong, isRight } = readTimes(t, typed, board.now.value);
  const isComplete = areas.length > 0 && Object.keys(texts).length > 0 && isRight;
  const preview = (
    <Preview
      {...{ lang, areas, now: board.now.value, at: board.now.value }}
      text={inLang(texts, lang)}
      until={times.until ?? null}
      zone={board.config.tz}
    />
  );
  return (
    <form
      class="wl-wizard"
      onSubmit={(event) => {
        event.preventDefault();
        setAsking(isComplete);
      }}
    >
      {preview}
      <NoticeTimesFields
        {...{ t, wrong, typed }}
        onInput={setTyped}
        now={board.now.value}
        began={beganOf(incident)}
        testId="update"
      />
      <TranslatedField
        {...{ t, lang, setLang }}
        value={text}
        onInput={setText}
        label={t.outageMessage}
        hint={t.outageHint}
        maxLength={500}
        testId="update"
      />
      <div class="wl-inline wl-inline-end">
        <Button onClick={onClose}>{t.cancel}</Button>
        <Button kind="primary" type="submit" disabled={!isComplete}>
          {t.outageTell}
        </Button>
      </div>
      {isAsking && (
        <Confirm
          t={t}
          areas={areas}
          reached={load.state === "loaded" ? reachOf(load.value, areas) : null}
          langs={Object.keys(texts)}
          {...{ times, now: board.now.value }}
          zone={board.config.tz}
          publish={() => {
            notices.order(areas, texts, times);
            onClose();
          }}
          onClose={() => setAsking(false)}
        >
          {preview}
        </Confirm>
      )}
    </form>
  );
}
