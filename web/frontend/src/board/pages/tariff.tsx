import type { Tariff } from "../../link/desk-api.ts";
import type { Lang } from "../../ui/messages.ts";
import type { PageProps } from "../state.ts";
import { Pair, ParsedField, Select } from "./field.tsx";
import { Panel } from "./page-head.tsx";
import { SettingForm } from "./setting.tsx";

const MOST = 1_000_000;

/** Return the currencies that the browser knows, each with its code. */
function currencies(lang: Lang): [code: string, name: string][] {
  const names = new Intl.DisplayNames(lang, { type: "currency" });
  return Intl.supportedValuesOf("currency").map((code) => [code, `${code} – ${names.of(code)}`]);
}

const decimalSign = (lang: Lang): string => (lang === "en" ? "." : ",");
/** Return a number as a field shows it, with the language's decimal sign. */
export const written = (price: number | null, lang: Lang): string =>
  String(price ?? "").replace(".", decimalSign(lang));

/**
 * Return the price in a text, null for an empty text, undefined for a wrong text.
 *
 * Both signs are decimal signs. The one that is not the language's may also group thousands, so "1,250" is wrong in
 * English, and "1.250" in Romanian and German.
 */
export function parsePrice(text: string, lang: Lang): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (/^[1-9]\d{0,2}[.,]\d{3}$/.test(trimmed) && !trimmed.includes(decimalSign(lang))) return undefined;
  const price = Number(trimmed.replace(",", "."));
  return price > 0 && price <= MOST ? price : undefined;
}

interface PartProps {
  readonly value: Tariff;
  readonly change: (value: Tariff) => void;
  readonly t: PageProps["t"];
}

const Fields = ({ value: { currency, price }, change, t }: PartProps) => (
  <Panel title={t.tariffTitle}>
    <p class="wl-hint">{t.tariffHint}</p>
    <Pair>
      <Select
        label={t.tariffCurrency}
        choices={[["", t.tariffNone], ...currencies(t.lang)]}
        value={currency ?? ""}
        onChange={(code) => change(code ? { currency: code, price } : { currency: null, price: null })}
      />
      {currency && (
        <ParsedField
          label={t.tariffPrice}
          hint={t.tariffPriceHint}
          value={written(price, t.lang)}
          parse={(text) => parsePrice(text, t.lang)}
          wrong={t.tariffPriceWrong}
          onChange={(next) => change({ currency, price: next })}
        />
      )}
    </Pair>
  </Panel>
);

/** Edit what a kWh costs. */
export const TariffForm = (props: PageProps) => (
  <SettingForm {...props} name="tariff">
    {(value, change) => <Fields value={value} change={change} t={props.t} />}
  </SettingForm>
);
