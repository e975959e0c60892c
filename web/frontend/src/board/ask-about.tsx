/** The question about a period of a client's consumption: what is selected, and the button that sends it. */

import type { ComponentChildren, Ref } from "preact";

import type { Step } from "../link/rest.ts";
import { Button } from "../ui/button.tsx";
import { cardTitle, energy, hourRange, shortDays, shortMonth, type Zone } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { Lang } from "../ui/messages.ts";
import type { ClientViewProps } from "./state.ts";

/** A period that the agent selected on a chart. Times in ms. */
export interface SelectedPeriod {
  readonly from: number;
  readonly to: number;
  readonly wh: number;
}

/** The steps of a chart of which a period can be asked about. */
export type AskedStep = Extract<Step, "hour" | "day" | "month">;

/** Name a period on a button, briefly: "17:00–21:00" of the day that the chart shows, "28 Nov", "27–28 Nov", "Nov 2026". */
function askedName(lang: Lang, step: AskedStep, { from, to }: SelectedPeriod, zone: Zone): string {
  if (step === "hour") return hourRange(lang, { from, to }, zone);
  if (step === "day") return shortDays(lang, from, to, zone);
  const [first, last] = [shortMonth(lang, from, zone), shortMonth(lang, to - 1, zone)];
  return first === last ? first : `${first} – ${last}`;
}

interface AskProps extends Omit<ClientViewProps, "words"> {
  readonly step: AskedStep;
  /** None: nothing can be asked about. */
  readonly meter: string | undefined;
  readonly selection: SelectedPeriod | null;
  /** What stands out, while nothing is selected. */
  readonly suggested: SelectedPeriod | null;
  readonly onDone: () => void;
  readonly place?: Ref<HTMLDivElement>;
  /** The comparison, beside the button while nothing is selected. */
  readonly children?: ComponentChildren;
}

/**
 * Show a button that sends the selected period, or else what stands out, to the client as a card. What is selected has its
 * sum in the comparison's place: nothing below moves.
 */
export function Ask({ board, t, client, step, meter, selection, suggested, onDone, place, children }: AskProps) {
  const { tz } = board.config;
  const asked = selection ?? suggested;
  const card = asked && meter !== undefined && { meter, from: asked.from, to: asked.to };
  return (
    <div ref={place ?? null} class="wl-chart-acts">
      {selection && card ? (
        <div class="wl-asking" data-testid="asking">
          <strong class="wl-number" role="status">
            <span class="wl-hidden">{cardTitle(t.lang, card, tz)}: </span>
            {energy(t.lang, selection.wh).replace(" ", "\u00a0")}
          </strong>
          <Button kind="quiet" icon label={t.cancel} onClick={onDone}>
            <Icon name="close" />
          </Button>
        </div>
      ) : (
        children
      )}
      {card && (
        <Button
          class="wl-button-soft"
          data-testid="ask"
          onClick={() => {
            board.desk.open(client).share({ kind: "card", card });
            onDone();
          }}
        >
          {t.askAbout(askedName(t.lang, step, asked, tz))}
        </Button>
      )}
    </div>
  );
}
