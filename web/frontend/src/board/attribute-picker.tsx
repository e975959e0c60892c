import { fetchAttributes } from "../link/attributes-api.ts";
import type { Facet } from "../link/desk-api.ts";
import { pageTextsFor } from "../ui/page-messages.ts";
import { parseAttribute } from "./attributes.ts";
import { attributeName, attributeText } from "./context-pane.tsx";
import { partsOf, toggled } from "./list-choice.ts";
import { type Choice, Picker } from "./picker.tsx";
import { useRequest } from "./request.tsx";
import { folded } from "./search.ts";
import type { ViewProps } from "./state.ts";

/** Filter the list by an attribute of the clients: a value that they have, or another one of a name that they have. */
export function AttributePicker({ board, t: texts, words, onClose }: ViewProps & { readonly onClose: () => void }) {
  const t = pageTextsFor(texts.lang);
  const list = board.filter.value;
  const { load } = useRequest({ key: list, ask: () => fetchAttributes(board.desk.rest, list) });
  const offered = load.state === "loaded" ? load.value : [];
  /** Args: facet: `attribute:plan:Solar`. */
  const choiceOf = (facet: Facet): Choice => {
    const [kind, value] = partsOf(facet);
    return {
      key: facet,
      label: attributeText(texts, value),
      group: attributeName(kind.slice("attribute:".length)),
      run: () => void (board.facets.value = toggled(board.facets.value, facet)),
    };
  };
  const choices = (text: string): readonly Choice[] => {
    const wanted = folded(text).split(/[\s=:]+/u);
    const fitting = offered
      .flatMap(({ name, values }) => values.map((value) => choiceOf(`attribute:${name}:${value}`)))
      .filter(({ key, label, group }) => wanted.every((word) => folded(`${key} ${label} ${group}`).includes(word)));
    const typed = parseAttribute(text);
    const value = text.trim();
    const isNew = value !== "" && fitting.length === 0;
    const others = typed ? [typed] : isNew ? offered.map(({ name }) => `${name}:${value}`) : [];
    const isOffered = ({ key }: Choice): boolean => fitting.some((one) => one.key === key);
    return [...fitting, ...others.map((other) => choiceOf(`attribute:${other}`)).filter((other) => !isOffered(other))];
  };
  const nothing = { loading: words.loading, failed: t.attributeFailed, loaded: t.attributeNone }[load.state];
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
