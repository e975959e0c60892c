import { type ComponentChildren, Fragment } from "preact";
import { useContext, useId, useState } from "preact/hooks";

import type { AlarmKind, Alarms } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import type { Board, PageProps } from "../state.ts";
import { Newest, Preview, useAlarmPreview } from "./alarm-preview.tsx";
import { DataTable } from "./data-table.tsx";
import { Editable, IfEditable, Switch } from "./field.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { Picture, type PictureName } from "./page-icon.tsx";
import { replaced, SettingForm, without } from "./setting.tsx";
import { TariffForm, written } from "./tariff.tsx";

const WH_PER_KWH = 1000;
/** What the switch proposes: more than a household uses in most hours. */
const FIRST_LIMIT_WH = 9 * WH_PER_KWH;

/** A number's range, and how the form shows it. */
interface NumberForm {
  readonly min: number;
  readonly max: number;
  /** How many of the value's units make one that is shown. */
  readonly per?: number;
  readonly isFraction?: boolean;
  /** Whether the field may be empty. */
  readonly isOptional?: boolean;
}

const ENERGY: NumberForm = { min: 1, max: 1e9, per: WH_PER_KWH };

type NumberName = { [K in keyof Alarms]: Alarms[K] extends number | null ? K : never }[keyof Alarms];

const NUMBERS: Readonly<Record<NumberName, NumberForm>> = {
  times_usual: { min: 1, max: 100, isFraction: true },
  at_least_wh: { ...ENERGY, min: 0 },
  limit_wh: { ...ENERGY, isOptional: true },
  silent_minutes: { min: 10, max: 10_080 },
  storm_meters: { min: 2, max: 100_000 },
};

/** Return the number in a text, null for an empty text that is allowed, undefined for a wrong text. */
function parseNumber(
  text: string,
  { min, max, per = 1, isFraction, isOptional }: NumberForm,
): number | null | undefined {
  if (text.trim() === "") return isOptional ? null : undefined;
  const exact = Number(text.replace(",", ".")) * per;
  const number = isFraction ? exact : Math.round(exact);
  return number >= min && number <= max ? number : undefined;
}

interface PartProps {
  readonly value: Alarms;
  readonly change: (value: Alarms) => void;
  readonly t: PageProps["t"];
}

/** Edit the limits of single clients, which replace the limit for all. */
function Limits({ value, change, t }: PartProps) {
  const limits: readonly (readonly [string, number])[] = Object.entries(value.limits);
  const isEditable = useContext(Editable);
  const put = (next: typeof limits): void => change({ ...value, limits: Object.fromEntries(next) });
  return (
    <Panel
      title={t.alarmsLimits}
      aside={
        <IfEditable>
          <Button onClick={() => put([...limits, ["", WH_PER_KWH]])}>{t.alarmsLimitAdd}</Button>
        </IfEditable>
      }
    >
      {limits.length === 0 ? (
        <p class="wl-hint">{t.alarmNoLimits}</p>
      ) : (
        <DataTable
          label={t.alarmsLimits}
          columns={[
            {
              id: "client",
              label: t.alarmsLimitClient,
              cell: ({ client, wh, place }) => (
                <input
                  class="wl-input wl-input-short"
                  aria-label={t.alarmsLimitClient}
                  value={client}
                  maxLength={32}
                  required
                  disabled={!isEditable}
                  spellcheck={false}
                  autocomplete="off"
                  onInput={(event) => put(replaced(limits, place, [event.currentTarget.value, wh]))}
                />
              ),
            },
            {
              id: "limit",
              label: t.alarmsLimit,
              isNumber: true,
              cell: ({ client, wh, place }) => (
                <InlineNumber
                  t={t}
                  form={ENERGY}
                  label={`${t.alarmsLimitOf}: ${client}`}
                  value={wh}
                  unit="kWh"
                  onChange={(next) => put(replaced(limits, place, [client, next ?? wh]))}
                />
              ),
            },
            {
              id: "remove",
              label: "",
              cell: ({ client, place }) => (
                <IfEditable>
                  <span class="wl-inline wl-inline-end">
                    <Button kind="quiet" icon label={t.removeText(client)} onClick={() => put(without(limits, place))}>
                      <Picture name="close" small />
                    </Button>
                  </span>
                </IfEditable>
              ),
            },
          ]}
          rows={limits.map(([client, wh], place) => ({ client, wh, place }))}
          keyOf={({ place }) => String(place)}
          mark={({ client }) => ({ "data-testid": "limit", "data-client": client })}
        />
      )}
    </Panel>
  );
}

interface InlineNumberProps extends Pick<PageProps, "t"> {
  readonly form: NumberForm;
  readonly label: string;
  readonly value: number | null;
  readonly unit: string;
  readonly onChange: (value: number | null) => void;
}

/** Edit a number within a sentence. A wrong one stays in the field, is marked, and changes nothing. */
function InlineNumber({ t, form, label, value, unit, onChange }: InlineNumberProps) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const isEditable = useContext(Editable);
  const shown = text ?? written(value && value / (form.per ?? 1), t.lang);
  const isWrong = text !== null && parseNumber(text, form) === undefined;
  return (
    <>
      <span class="wl-inline-number">
        <input
          inputMode="decimal"
          aria-label={label}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? id : undefined}
          size={Math.max(2, shown.length)}
          placeholder={form.isOptional ? "–" : ""}
          disabled={!isEditable}
          value={shown}
          autocomplete="off"
          onInput={(event) => {
            const typed = event.currentTarget.value;
            setText(typed);
            const parsed = parseNumber(typed, form);
            if (parsed !== undefined) onChange(parsed);
          }}
          // A switch, a colleague or a removed row changes the value; a typed text would hide it.
          onBlur={() => !isWrong && setText(null)}
        />
        <span>{unit}</span>
      </span>
      {isWrong && (
        <span class="wl-field-error" id={id}>
          {t.alarmRange(written(form.min / (form.per ?? 1), t.lang), t.count(form.max / (form.per ?? 1)))}
        </span>
      )}
    </>
  );
}

interface RuleProps {
  readonly picture: PictureName;
  readonly title: string;
  /** With each field's name in braces. A line break stands where it is best broken. */
  readonly sentence: string;
  readonly fields: Readonly<Record<string, ComponentChildren>>;
  /** Whether many of one area become a notice instead. */
  readonly isStorm?: boolean;
  readonly t: PageProps["t"];
  readonly told: string;
  /** The rule's switch. */
  readonly children?: ComponentChildren;
}

/** Draw one kind of alarm: its rule as a sentence with fields, what follows, what it would have told, and whether it is on. */
const Rule = ({ picture, title, sentence, fields, isStorm = false, t, told, children }: RuleProps) => (
  <div class="wl-rule">
    <Picture name={picture} />
    <div>
      <h2>{title}</h2>
      <p class="wl-rule-says">
        {sentence.split("\n").map((clause) => (
          <Fragment key={clause}>
            <span class="wl-clause">
              {clause.split(/\{(\w+)\}/u).map((part, place) => (place % 2 === 0 ? part : fields[part]))}
            </span>{" "}
          </Fragment>
        ))}
      </p>
      <p class="wl-muted wl-rule-then wl-dotted">
        <span>
          {t.alarmThen} <strong>{isStorm ? t.alarmDoesStorm : t.alarmDoes}</strong>
        </span>
        <span>{told}</span>
      </p>
      {isStorm && <p class="wl-hint">{t.alarmStormCovers}</p>}
    </div>
    {children}
  </div>
);

/** Draw the rules of the meter alarms beside what they would have told. */
function AlarmFields({ board, value, change, t }: PartProps & { readonly board: Board }) {
  const load = useAlarmPreview(board, value);
  const number = (name: NumberName, label: string, unit: string) => (
    <InlineNumber
      key={name}
      t={t}
      form={NUMBERS[name]}
      label={label}
      value={value[name]}
      unit={unit}
      onChange={(next) => change({ ...value, [name]: next })}
    />
  );
  const told = (kind: AlarmKind): string => {
    if (load.state !== "loaded") return t.alarmComputing;
    const { alarms, clients } = load.value.kinds[kind];
    return t.alarmTold(alarms, clients);
  };
  return (
    <>
      <PageHead title={t.pageAlarms} sub={t.alarmsHint}>
        <span class="wl-inline">
          {t.alarmsOn}
          <Switch label={t.alarmsOn} checked={value.on} onChange={(on) => change({ ...value, on })} />
        </span>
      </PageHead>
      <div class="wl-page-pair">
        <section class="wl-box wl-rules">
          <Rule
            t={t}
            picture="reports"
            title={t.alarmsUsual}
            sentence={t.alarmSaysUsual}
            fields={{
              times: number("times_usual", t.alarmsTimes, "×"),
              least: number("at_least_wh", t.alarmsAtLeast, "kWh"),
            }}
            told={told("usual")}
          >
            <Switch
              label={t.alarmsUsualOn}
              checked={value.times_usual !== null}
              onChange={(on) => change({ ...value, times_usual: on ? 3 : null })}
            />
          </Rule>
          <Rule
            t={t}
            picture="gauge"
            title={t.alarmsLimit}
            sentence={t.alarmSaysLimit}
            fields={{ limit: number("limit_wh", t.alarmsLimitAll, "kWh") }}
            told={told("limit")}
          >
            <Switch
              label={t.alarmsLimit}
              checked={value.limit_wh !== null}
              onChange={(on) => change({ ...value, limit_wh: on ? FIRST_LIMIT_WH : null })}
            />
          </Rule>
          <Rule
            t={t}
            picture="hours"
            title={t.alarmsSilent}
            sentence={t.alarmSaysSilent}
            fields={{
              minutes: number("silent_minutes", t.alarmsSilentAfter, "min"),
              storm: number("storm_meters", t.alarmsStorm, ""),
            }}
            isStorm
            told={told("silent")}
          >
            <Switch label={t.alarmsSilent} checked={value.silent} onChange={(on) => change({ ...value, silent: on })} />
          </Rule>
          <Rule
            t={t}
            picture="warning"
            title={t.alarmTamper}
            sentence={t.alarmSaysTamper}
            fields={{}}
            told={told("tamper")}
          >
            <Switch label={t.alarmTamper} checked={value.tamper} onChange={(on) => change({ ...value, tamper: on })} />
          </Rule>
        </section>
        <div class="wl-side">
          <Preview board={board} t={t} load={load} value={value} />
          <Panel title={t.alarmMeans}>
            <p class="wl-hint">{t.alarmMeansText}</p>
          </Panel>
        </div>
      </div>
      <Limits value={value} change={change} t={t} />
      {load.state === "loaded" && <Newest board={board} t={t} found={load.value} />}
    </>
  );
}

/** Drop limits without a client. */
const clean = (value: Alarms): Alarms => ({
  ...value,
  limits: Object.fromEntries(Object.entries(value.limits).filter(([client]) => client.trim() !== "")),
});

/** Edit when a client gets a message about a meter, and what its energy costs. */
export const AlarmsPage = (props: PageProps) => (
  <>
    <SettingForm {...props} name="alarms" clean={clean}>
      {(value, change) => <AlarmFields board={props.board} value={value} change={change} t={props.t} />}
    </SettingForm>
    <TariffForm {...props} />
  </>
);
