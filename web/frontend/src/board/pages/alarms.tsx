import { type ComponentChildren, Fragment } from "preact";

import { useState } from "preact/hooks";
import type { AlarmKind, Alarms } from "../../link/desk-api.ts";
import type { PageProps } from "../state.ts";
import { Newest, Preview, useAlarmPreview } from "./alarm-preview.tsx";
import { Switch } from "./field.tsx";
import { ENERGY, InlineNumber, type NumberForm, WH_PER_KWH } from "./inline-number.tsx";
import { Limits } from "./limits.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { Picture, type PictureName } from "./page-icon.tsx";
import { SettingForm } from "./setting.tsx";
import { TariffForm } from "./tariff.tsx";

/** What the switch proposes: more than a household uses in most hours. */
const FIRST_LIMIT_WH = 9 * WH_PER_KWH;

type NumberName = { [K in keyof Alarms]: Alarms[K] extends number | null ? K : never }[keyof Alarms];

const NUMBERS: Readonly<Record<NumberName, NumberForm>> = {
  times_usual: { min: 1, max: 100, isFraction: true },
  at_least_wh: { ...ENERGY, min: 0 },
  limit_wh: { ...ENERGY, isOptional: true },
  silent_minutes: { min: 10, max: 10_080 },
  storm_meters: { min: 2, max: 100_000 },
};

/** Count the thresholds, the switches and the list of single clients' limits that differ. */
function changesIn(t: PageProps["t"], before: Alarms, now: Alarms): string {
  const names = Object.keys(now) as (keyof Alarms)[];
  const { length } = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  return length === 0 ? "" : t.alarmsChanged(length);
}

interface FieldsProps extends PageProps {
  readonly value: Alarms;
  readonly change: (value: Alarms) => void;
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
  /** Whether the preview is of this rule alone. */
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  /** The rule's switch. */
  readonly children?: ComponentChildren;
}

/** Draw one kind of alarm: its rule as a sentence with fields, what follows, what it would have told, and whether it is on. */
const Rule = ({
  picture,
  title,
  sentence,
  fields,
  isStorm = false,
  t,
  told,
  isChosen,
  onChoose,
  children,
}: RuleProps) => (
  <div class="wl-rule" data-chosen={isChosen}>
    <Picture name={picture} />
    <div>
      <h2>
        <button type="button" class="wl-rule-name" aria-pressed={isChosen} title={t.alarmPreviewOf} onClick={onChoose}>
          {title}
        </button>
      </h2>
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
function AlarmFields({ board, words, value, change, t }: FieldsProps) {
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
  const [chosen, setChosen] = useState<AlarmKind | null>(null);
  const told = (kind: AlarmKind): string => {
    if (load.state !== "loaded") return "…"; // the card beside says that it is computed
    const { alarms, clients } = load.value.kinds[kind];
    return t.alarmTold(alarms, clients);
  };
  const previewed = (kind: AlarmKind) => ({
    told: told(kind),
    isChosen: chosen === kind,
    onChoose: () => setChosen(chosen === kind ? null : kind),
  });
  return (
    <>
      <PageHead title={t.pageAlarms} sub={t.alarmsHint}>
        <span class="wl-inline">
          {t.alarmsOn}
          <Switch label={t.alarmsOn} checked={value.on} onChange={(on) => change({ ...value, on })} />
        </span>
      </PageHead>
      <div class="wl-page-pair">
        <section class="wl-box wl-rules" data-off={!value.on}>
          {!value.on && (
            <p class="wl-banner" role="status">
              <Picture name="alarms" />
              {t.alarmsOff}
            </p>
          )}
          <Rule
            t={t}
            picture="reports"
            title={t.alarmsUsual}
            sentence={t.alarmSaysUsual}
            fields={{
              times: number("times_usual", t.alarmsTimes, "×"),
              least: number("at_least_wh", t.alarmsAtLeast, "kWh"),
            }}
            {...previewed("usual")}
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
            {...previewed("limit")}
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
            {...previewed("silent")}
          >
            <Switch label={t.alarmsSilent} checked={value.silent} onChange={(on) => change({ ...value, silent: on })} />
          </Rule>
          <Rule
            t={t}
            picture="warning"
            title={t.alarmTamper}
            sentence={t.alarmSaysTamper}
            fields={{}}
            {...previewed("tamper")}
          >
            <Switch label={t.alarmTamper} checked={value.tamper} onChange={(on) => change({ ...value, tamper: on })} />
          </Rule>
        </section>
        <div class="wl-side">
          <Preview {...{ board, t, load, value, chosen }} onAll={() => setChosen(null)} />
          <Panel title={t.alarmMeans}>
            <p class="wl-hint">{t.alarmMeansText}</p>
          </Panel>
        </div>
      </div>
      <Limits {...{ board, t, words, value, change }} />
      {load.state === "loaded" && <Newest {...{ board, t, chosen }} found={load.value} />}
    </>
  );
}

/** Edit when a client gets a message about a meter, and what its energy costs. */
export const AlarmsPage = (props: PageProps) => (
  <>
    <SettingForm {...props} name="alarms" says={(before, now) => changesIn(props.t, before, now)}>
      {(value, change) => <AlarmFields {...props} value={value} change={change} />}
    </SettingForm>
    <TariffForm {...props} />
  </>
);
