/** Draw consumption: a complete chunk that loads with the first card. */

import { render } from "preact";
import { CardChart, type CardChartProps } from "../ui/card-chart.tsx";
import { Days, type DaysProps } from "./days.tsx";

/** Draw a card into an empty element; return how to remove it. */
export function drawCard(place: HTMLElement, props: CardChartProps): () => void {
  render(<CardChart {...props} />, place);
  return () => render(null, place);
}

/** Draw the list of days; likewise. */
export function drawDays(place: HTMLElement, props: DaysProps): () => void {
  render(<Days {...props} />, place);
  return () => render(null, place);
}
