import type { Alarms } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import type { PageProps } from "../state.ts";
import { Check, Field, IfEditable, Pair, ParsedField } from "./field.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { replaced, SettingForm, without } from "./setting.tsx";

const WH_PER_KWH = 1000;

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

interface NumberFieldProps {
  readonly form: NumberForm;
  readonly label: string;
  readonly hint?: string;
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
  readonly t: PageProps["t"];
}

const NumberField = ({ form, value, t, ...field }: NumberFieldProps) => (
  <ParsedField
    {...field}
    value={value === null ? "" : String(value / (form.per ?? 1))}
    parse={(text) => parseNumber(text, form)}
    wrong={t.alarmsWrong}
  />
);

interface PartProps {
  readonly value: Alarms;
  readonly change: (value: Alarms) => void;
  readonly t: PageProps["t"];
}

/** Edit the limits of single clients, which replace the limit for all. */
function Limits({ value, change, t }: PartProps) {
  const limits: readonly (readonly [string, number])[] = Object.entries(value.limits);
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
      {limits.map(([client, wh], place) => (
        <Pair key={place}>
          <Field
            label={t.alarmsLimitClient}
            value={client}
            maxLength={32}
            required
            onInput={(id) => put(replaced(limits, place, [id, wh]))}
          />
          <NumberField
            form={ENERGY}
            label={t.alarmsLimitOf}
            value={wh}
            t={t}
            onChange={(next) => put(replaced(limits, place, [client, next ?? wh]))}
          />
          <IfEditable>
            <Button kind="quiet" onClick={() => put(without(limits, place))}>
              {t.remove}
            </Button>
          </IfEditable>
        </Pair>
      ))}
    </Panel>
  );
}

/** Draw the fields of the meter alarms. */
function AlarmFields({ value, change, t }: PartProps) {
  const number = (name: NumberName, label: string, hint = "") => (
    <NumberField
      form={NUMBERS[name]}
      label={label}
      hint={hint}
      value={value[name]}
      t={t}
      onChange={(next) => change({ ...value, [name]: next })}
    />
  );
  return (
    <>
      <PageHead title={t.pageAlarms} sub={t.alarmsHint} />
      <Panel>
        <Check label={t.alarmsOn} checked={value.on} onChange={(on) => change({ ...value, on })} />
      </Panel>
      <Panel title={t.alarmsUsual}>
        <Check
          label={t.alarmsUsualOn}
          checked={value.times_usual !== null}
          onChange={(on) => change({ ...value, times_usual: on ? 2 : null })}
        />
        {value.times_usual !== null && number("times_usual", t.alarmsTimes, t.alarmsTimesHint)}
        {number("at_least_wh", t.alarmsAtLeast)}
      </Panel>
      <Panel title={t.alarmsLimit}>{number("limit_wh", t.alarmsLimitAll, t.alarmsLimitHint)}</Panel>
      <Limits value={value} change={change} t={t} />
      <Panel title={t.alarmsSilent}>
        {number("silent_minutes", t.alarmsSilentAfter)}
        {number("storm_meters", t.alarmsStorm, t.alarmsStormHint)}
      </Panel>
    </>
  );
}

/** Drop limits without a client. */
const clean = (value: Alarms): Alarms => ({
  ...value,
  limits: Object.fromEntries(Object.entries(value.limits).filter(([client]) => client.trim() !== "")),
});

/** Edit when a client gets a message about a meter. */
export const AlarmsPage = (props: PageProps) => (
  <SettingForm {...props} name="alarms" clean={clean}>
    {(value, change) => <AlarmFields value={value} change={change} t={props.t} />}
  </SettingForm>
);
