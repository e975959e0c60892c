/** Draws consumption: a chunk that comes when the first card is seen. Whole in itself, so that the panel stays in one. */

import { render } from "preact";
import { CardChart, type CardChartProps } from "../ui/card-chart.tsx";
import { Days, type DaysProps } from "./days.tsx";

/** Draws a card into a place that is nobody else's; the answer takes it away. */
export function drawCard(place: HTMLElement, props: CardChartProps): () => void {
  render(<CardChart {...props} />, place);
  return () => render(null, place);
}

/** Draws the days to choose one from; likewise. */
export function drawDays(place: HTMLElement, props: DaysProps): () => void {
  render(<Days {...props} />, place);
  return () => render(null, place);
}
