import { useState } from "preact/hooks";

import type { NoticeState } from "../../link/desk-notices.ts";
import { inLang, type Translated, withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import { languageName } from "../../ui/format.ts";
import { LANGS, whyNot } from "../../ui/messages.ts";
import { Field, Pair } from "./field.tsx";
import { type PageProps, useLoad } from "./loaded.tsx";

/** Tell an area of an outage, or of its end, in every language at once. */
export function OutagePage({ board, t }: PageProps) {
  const { admin } = board.config.me;
  const [area, setArea] = useState("");
  const [text, setText] = useState<Translated>({});
  const [sent, setSent] = useState<string | null>(null);
  const told: NoticeState = sent === null ? { state: "resting" } : board.desk.notices.state(sent).value;
  const tell = (words: Translated | null): void => setSent(board.desk.notices.order(area.trim(), words));
  const said = {
    resting: "",
    sending: t.saving,
    done: t.outageDone,
    refused: told.state === "refused" ? whyNot(t.lang, told.why, told.text) : "",
  }[told.state];
  const running = Object.entries(board.desk.notices.outages.value);
  const areas = useLoad(() => board.desk.api.areas(), "areas").load;
  const where = area.trim();
  /** Null while it is not known. */
  const reached =
    areas.state !== "loaded" || where === "" ? null : (areas.value.find((each) => each.area === where)?.clients ?? 0);
  /** The area that was confirmed although nobody is known to live there. */
  const [confirmed, setConfirmed] = useState<string | null>(null);
  const isAsked = reached === 0 && confirmed === where;
  const notice = isAsked && told.state !== "sending" ? t.outageNobody(where) : said;
  const texts = withoutEmpty(text);
  const complete = where !== "" && Object.keys(texts).length > 0;
  return (
    <form
      class="wl-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!complete) return;
        if (reached === 0 && !isAsked) setConfirmed(where);
        else tell(texts);
      }}
    >
      <p class="wl-muted">{t.outageHint}</p>
      {running.length > 0 && (
        <ul class="wl-table" aria-label={t.outagesNow}>
          {running.map(([where, outage]) => (
            <li key={where} data-testid="outage" data-area={where}>
              <strong>{where}</strong>
              <span>{outage.text && inLang(outage.text, t.lang)}</span>
              {admin && (
                <span class="wl-actions">
                  <Button
                    onClick={() => {
                      setArea(where);
                      setSent(board.desk.notices.order(where, null));
                    }}
                  >
                    {t.outageEnd}
                  </Button>
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      <Field
        label={t.area}
        hint={reached === null ? t.areaHint : t.reaches(reached)}
        required
        value={area}
        maxLength={32}
        disabled={!admin}
        onInput={setArea}
        testId="outage-area"
      />
      <Pair>
        {LANGS.map((lang) => (
          <Field
            key={lang}
            label={t.textIn(languageName(t.lang, lang))}
            lang={lang}
            rows={3}
            maxLength={500}
            value={text[lang] ?? ""}
            disabled={!admin}
            testId={`outage-${lang}`}
            onInput={(words) => setText({ ...text, [lang]: words })}
          />
        ))}
      </Pair>
      {admin && (
        <div class="wl-form-end">
          <span class={told.state === "refused" ? "wl-form-said wl-bad" : "wl-form-said"} role="status">
            {notice}
          </span>
          <Button disabled={area.trim() === "" || told.state === "sending"} onClick={() => tell(null)}>
            {t.outageEnd}
          </Button>
          <Button kind="primary" type="submit" disabled={!complete || told.state === "sending"}>
            {isAsked ? t.outageTellNobody : t.outageTell}
          </Button>
        </div>
      )}
    </form>
  );
}
