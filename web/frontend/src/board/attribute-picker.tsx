import { fetchAttributes } from "../link/attributes-api.ts";
import type { Facet } from "../link/desk-api.ts";
import { pageTextsFor } from "../ui/page-messages.ts";
import { parseAttribute } from "./attributes.ts";
import { attributeName } from "./context-pane.tsx";
import { toggled } from "./list-choice.ts";
import { Picker } from "./picker.tsx";
import { useRequest } from "./request.tsx";
import { folded } from "./search.ts";
import type { ViewProps } from "./state.ts";

/** "Last bill = 58.20": the name as the client's details have it. */
const inWords = (attribute: string): string => {
  const [name = "", ...value] = attribute.split(":");
  return `${attributeName(name)} = ${value.join(":")}`;
};

/** Filter the list by an attribute of the clients: one that they have, or one that is typed. */
export function AttributePicker({ board, t: { lang }, words, onClose }: ViewProps & { readonly onClose: () => void }) {
  const t = pageTextsFor(lang);
  const list = board.filter.value;
  const { load } = useRequest({ key: list, ask: () => fetchAttributes(board.desk.rest, list) });
  const offered =
    load.state === "loaded" ? load.value.flatMap(({ name, values }) => values.map((value) => `${name}:${value}`)) : [];
  const choices = (text: string) => {
    const typed = parseAttribute(text);
    const wanted = folded(text).split(/[\s=:]+/u);
    const fitting = offered.filter((one) => wanted.every((word) => folded(`${one} ${inWords(one)}`).includes(word)));
    return [...fitting, ...(typed === undefined || fitting.includes(typed) ? [] : [typed])].map((one) => {
      const facet: Facet = `attribute:${one}`;
      return {
        key: one,
        label: inWords(one),
        run: () => void (board.facets.value = toggled(board.facets.value, facet)),
      };
    });
  };
  const nothing = { loading: words.loading, failed: t.attributeFailed, loaded: t.attributeHint }[load.state];
  return (
    <Picker
      label={t.attributeFilter}
      placeholder={t.attributeFind}
      testId="attribute-picker"
      nothing={nothing}
      onClose={onClose}
      choices={choices}
    />
  );
}
