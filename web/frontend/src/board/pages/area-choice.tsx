import { useContext, useState } from "preact/hooks";

import type { Area } from "../../link/desk-api.ts";
import { areaName } from "../../ui/area-name.ts";
import { Button } from "../../ui/button.tsx";
import type { PageProps } from "../state.ts";
import { Editable } from "./field.tsx";
import { Picture } from "./page-icon.tsx";

/** More areas than these are found by typing. */
const MOST_AREAS = 8;
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/u;

interface AreaChoiceProps {
  readonly t: PageProps["t"];
  readonly areas: readonly Area[];
  readonly chosen: readonly string[];
  /** As the contract has it. */
  readonly most: number;
  /** The areas with an outage now. */
  readonly struck?: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

const matches = (area: string, typed: string): boolean =>
  area.includes(typed) || areaName(area).toLowerCase().includes(typed);

/** Choose areas: the known ones with their clients and silent meters, those chosen before first; a new one by its name. */
export function AreaChoice({ t, areas, chosen, most, struck = [], onChange }: AreaChoiceProps) {
  const [text, setText] = useState("");
  const isEditable = useContext(Editable);
  const typed = text.trim().toLowerCase();
  const unknown = chosen
    .filter((area) => !areas.some((known) => known.area === area))
    .map((area) => ({ area, clients: 0, displays: 0, silent: 0 }));
  // Who ticks an area finds the next one where it was.
  const [before] = useState(chosen);
  const rank = ({ area, silent }: Area): number => (before.includes(area) ? -1e9 : -silent);
  const fitting = [...unknown, ...areas]
    .filter(({ area }) => matches(area, typed))
    .sort((one, other) => rank(one) - rank(other));
  const isNew = NAME.test(typed) && !fitting.some(({ area }) => area === typed);
  const toggle = (area: string): void =>
    onChange(chosen.includes(area) ? chosen.filter((each) => each !== area) : [...chosen, area]);
  const isFull = chosen.length >= most;
  return (
    <div class="wl-area-list" role="group" aria-label={t.outageAreas}>
      <label class="wl-area-find">
        <Picture name="search" small />
        <span class="wl-hidden">{t.outageFind}</span>
        <input
          placeholder={t.outageFind}
          value={text}
          maxLength={32}
          disabled={!isEditable}
          autocomplete="off"
          spellcheck={false}
          data-testid="outage-area"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            const [first] = fitting;
            const area = typed === "" ? undefined : (first?.area ?? (isNew ? typed : undefined));
            if (area === undefined || (isFull && !chosen.includes(area))) return;
            toggle(area);
            setText("");
          }}
        />
      </label>
      {fitting.slice(0, MOST_AREAS).map(({ area, clients, silent }) => (
        <label key={area} class="wl-area">
          <input
            type="checkbox"
            class="wl-checkbox"
            checked={chosen.includes(area)}
            disabled={!isEditable || (isFull && !chosen.includes(area))}
            data-testid={`area-${area}`}
            onChange={() => toggle(area)}
          />
          <span class="wl-area-name">{areaName(area)}</span>
          {struck.includes(area) && <span class="wl-mark wl-mark-bad">{t.incidentOn}</span>}
          {silent > 0 && <span class="wl-mark wl-mark-bad">{t.silentMeters(silent)}</span>}
          <span class="wl-number">{t.clientCount(clients)}</span>
        </label>
      ))}
      {isNew && !isFull && (
        <Button
          kind="quiet"
          onClick={() => {
            toggle(typed);
            setText("");
          }}
        >
          <Picture name="add" small />
          {t.outageAddArea(areaName(typed))}
        </Button>
      )}
      {fitting.length > MOST_AREAS && <p class="wl-hint">{t.outageMoreAreas(fitting.length - MOST_AREAS)}</p>}
    </div>
  );
}
