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

/** Return the price in a text, null for an empty text, undefined for a wrong text. */
function parsePrice(text: string): number | null | undefined {
  if (text.trim() === "") return null;
  const price = Number(text.replace(",", "."));
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
          value={price === null ? "" : String(price)}
          parse={parsePrice}
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
